// Two topics of twelve partitions, five members, one of them of an older version that reads one topic: what the group itself says after each of them came.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { wallClock } from '../../adapters/memory/clock.ts'
import type { Log } from '../../system/ports/log.ts'
import { MEMBERSHIP, Owner } from '../contract/log-fixture.ts'
import { DRIVERS, until } from '../support/kafka-app.ts'
import { serviceTest } from '../support/services.ts'

const PARTITIONS = 12
const OLDER = { ...MEMBERSHIP, topics: ['payments'], metadataTopic: 'payments' }
const ALL = Array.from({ length: PARTITIONS }, (_, index) => index)

type Held = Readonly<Record<string, readonly number[]>>

/** Of each member its topics, each with its indices; undefined while the group is between two assignments. */
async function assignments(admin: kafkajs.Admin, group: string): Promise<readonly Held[] | undefined> {
  const { groups: [found] } = await admin.describeGroups([group])
  if (found?.state !== 'Stable') return undefined
  return found.members.map(({ memberAssignment }) => (memberAssignment.length === 0 ? {} : kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}))
}

/** A1 of `assignment.ts`: who has index p has it of each topic, and has it alone. */
function assertUnsplit(members: readonly Held[]): readonly Held[] {
  const held = members.filter((topics) => Object.values(topics).some((indices) => indices.length > 0))
  for (const topics of held) {
    assert.deepEqual(Object.keys(topics).sort(), Object.keys(held[0] ?? {}).sort(), JSON.stringify(held))
    for (const indices of Object.values(topics)) assert.deepEqual(indices, Object.values(topics)[0], JSON.stringify(held))
  }
  const given = held.flatMap((topics) => Object.values(topics)[0] ?? [])
  assert.deepEqual([...given].sort((a, b) => a - b), ALL, JSON.stringify(held))
  return held
}

for (const [driver, open] of Object.entries(DRIVERS)) {
  serviceTest('kafka', `${driver}: five members of two topics of twelve partitions, one of them older, never split an index`, { timeout: 60_000 }, async (kafka) => {
    const namespace = `${randomUUID().slice(0, 8)}.`
    const admin = new kafkajs.Kafka({ brokers: kafka.split(','), logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    const logs: Log[] = []
    const notices: string[] = []
    /** What members hold when there are so many. */
    const held = async (members: number): Promise<readonly Held[]> => {
      for (;;) {
        const found = await assignments(admin, `${namespace}${MEMBERSHIP.group}`)
        if (found !== undefined) assertUnsplit(found)
        if (found?.length === members) return assertUnsplit(found)
        await wallClock.sleep(5)
      }
    }
    try {
      const join = async (reading = MEMBERSHIP): Promise<Owner> => {
        const log = await open({ brokers: kafka, clock: wallClock, namespace, heartbeatMs: 50, notice: (message) => notices.push(message) })
        logs.push(log)
        assert.deepEqual(await log.ensureTopics(['payments', 'app.card.inbox'].map((name) => ({ name, partitions: PARTITIONS, cleanup: 'delete' as const }))), [])
        return Owner.join(log, reading)
      }
      const older = await join(OLDER)
      assert.equal((await held(1)).length, 1)
      const newer: Owner[] = []
      for (let members = 2; members <= 5; members += 1) {
        newer.push(await join())
        // The older one has nothing any more, from the first newer one on.
        const now = await held(members)
        assert.equal(now.length, members - 1)
        for (const topics of now) assert.deepEqual(Object.keys(topics).sort(), MEMBERSHIP.topics.map((topic) => `${namespace}${topic}`).sort())
      }
      await until(() => older.partitions.length === 0 && newer.every(({ partitions }) => partitions.length === 3))
      assert.deepEqual(newer.flatMap(({ partitions }) => partitions).sort((a, b) => a - b), ALL)
      assert.match(notices.join('\n'), /no partitions: reads payments \(12\), most members of the group read app\.card\.inbox \(12\), payments \(12\)/)
    } finally {
      await Promise.all(logs.map((log) => log.close()))
      await admin.disconnect()
    }
  })
}
