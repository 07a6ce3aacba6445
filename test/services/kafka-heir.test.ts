// Static membership: who takes over an instance id takes over what it had, unless it reads other topics.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import type { KafkaLog } from '../../adapters/kafka/log.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { MEMBERSHIP, Owner } from '../contract/log-fixture.ts'
import { serviceTest } from '../support/services.ts'

const PARTITIONS = 4

serviceTest('kafka', 'an heir gets what its predecessor had at once; one that reads other topics is compared first, and gets nothing', { timeout: 60_000 }, async (brokers) => {
  const namespace = `${randomUUID().slice(0, 8)}.`
  const logs: KafkaLog[] = []
  const open = async (instanceId: string, notice?: (message: string) => void): Promise<KafkaLog> => {
    const log = await openKafkaLog({ brokers, clock: wallClock, namespace, instanceId, heartbeatMs: 50, ...(notice === undefined ? {} : { notice }) })
    logs.push(log)
    return log
  }
  try {
    const first = await open('one')
    await first.ensureTopics(MEMBERSHIP.topics.map((name) => ({ name, partitions: PARTITIONS, cleanup: 'delete' as const })))
    await Owner.join(first)
    const other = await Owner.join(await open('two'))
    await other.count(PARTITIONS / 2)

    const heir = await Owner.join(await open('one'))
    await heir.count(PARTITIONS / 2)
    assert.deepEqual([...heir.partitions, ...other.partitions].sort(), [0, 1, 2, 3])

    const notice = Promise.withResolvers<string>()
    const stranger = await Owner.join(await open('one', notice.resolve), { ...MEMBERSHIP, topics: [MEMBERSHIP.metadataTopic] })
    // The group gives all of it to those who read what most read.
    await other.count(PARTITIONS)
    assert.match(await notice.promise, /no partitions: reads app\.card\.inbox \(4\), most members of the group read app\.card\.inbox \(4\), payments \(4\)/)
    assert.deepEqual(stranger.partitions, [])
  } finally {
    for (const log of logs) await log.close()
  }
})
