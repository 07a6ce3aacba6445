// Looks without a lease beside an owner that stores states in every commit: a cluster shows the topics of a commit one after the other.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import type { MemoryLog } from '../../adapters/memory/log.ts'
import { defineActor, defineSystem } from '../../adapters/node/statelog.ts'
import { queryEntity } from '../../system/inspect/query.ts'
import { Tips } from '../../system/inspect/tips.ts'
import { planSystem, topicSpecs } from '../../system/partition/topology.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import { counter } from '../support/counter/counter.system.ts'
import { served } from '../support/gateway.ts'
import { entityId } from '../support/partition/bench.ts'
import { serviceTest } from '../support/services.ts'

const COMMANDS = 150
const system = defineSystem({ name: 'counters', actors: [defineActor({ name: 'counter', version: 1, machine: counter, snapshotEvery: '0s' })], partitions: 1 })

serviceTest('kafka', 'I12: what is told beside a commit is what that commit left', { timeout: 120_000 }, async (brokers, t) => {
  const open = () => openKafkaLog({ brokers, clock: wallClock, namespace })
  const namespace = `${randomUUID().slice(0, 8)}.`
  const [log, other] = [await open(), await open()]
  t.after(() => Promise.all([log.close(), other.close()]))
  const plan = planSystem(system).get('counter') as TypePlan
  assert.deepEqual(await log.ensureTopics(topicSpecs(planSystem(system))), [])
  const { gateway } = await served(t, { system, log: log as unknown as MemoryLog })
  const left = new Map<number, number>()
  let isOver = false
  const commands = (async () => {
    for (let n = 1; n <= COMMANDS; n += 1) {
      const result = await gateway.command('counter', entityId('a'), { type: 'add', by: 1 }, `k${n}`, { deadlineMs: 30_000 })
      assert.ok(result.kind === 'reply', JSON.stringify(result))
      left.set(result.at.seq, n)
      await gateway.command('counter', entityId(`e${n}`), { type: 'add', by: 1 }, 'k', { deadlineMs: 30_000 })
    }
    isOver = true
  })()
  const looking = { log: other, codec: cborCodec, clock: wallClock }
  const looks: (readonly [seq: number, n: number])[] = []
  const tips = new Tips(looking)
  const counts: (readonly [seq: number, entities: number])[] = []
  while (!isOver) {
    const { seq, entity } = await queryEntity(looking, plan, 'a')
    looks.push([seq, (entity?.context as { readonly n: number } | undefined)?.n ?? 0])
    // Each time anew: what is known already is read on from the journal alone.
    const tip = await (looks.length % 2 === 0 ? tips : new Tips(looking)).of(plan, 0)
    if (tip !== undefined) counts.push([tip.last.seq, [...tip.occupancy.values()].reduce((sum, count) => sum + count, 0)])
  }
  await commands
  const before = (seq: number): number => Math.max(0, ...[...left].filter(([at]) => at <= seq).map(([, n]) => n))
  for (const [seq, n] of looks) assert.equal(n, before(seq), `'a' as of ${seq}`)
  // The other entity of a round may be there before its command is answered.
  for (const [seq, entities] of counts) assert.ok([before(seq), before(seq) + 1].includes(entities), `${entities} entities as of ${seq}, where 'a' has ${before(seq)}`)
  console.log(`${looks.length} looks at an entity and ${counts.length} counts beside ${2 * COMMANDS} commits`)
})
