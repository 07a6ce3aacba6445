// Looks beside a cluster that shows a commit's journal record before the states which it wrote.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryIndex } from '../../../../adapters/memory/entity-index.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { LogGateway } from '../../../../system/gateway/log-gateway.ts'
import { newestHistoryOf } from '../../../../system/inspect/history.ts'
import { activeModels } from '../../../../system/inspect/models.ts'
import { parkedEntities } from '../../../../system/inspect/parked.ts'
import { queryEntity } from '../../../../system/inspect/query.ts'
import type { Looking } from '../../../../system/inspect/shown-states.ts'
import { Tips } from '../../../../system/inspect/tips.ts'
import { verifyPartition } from '../../../../system/inspect/verify.ts'
import { journalRecords } from '../../../../system/partition/survey.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import type { Clock } from '../../../../system/ports/clock.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'
import { ending, showing } from '../../../support/partition/showing.ts'

const IN_TIME = { deadlineMs: 5000 }
const IDS = ['a', 'b', 'c'].map(entityId)
const [A] = IDS
const HOME = partitionOf(utf8Encode('a'), 2)
/** The waits of a look take no time here. */
const WAITS_MAX = 1000

interface Shown {
  readonly log: MemoryLog
  readonly plan: TypePlan
  readonly plans: ReadonlyMap<string, TypePlan>
  /** Shows the journal up to the newest commit that wrote states, and of the states what was there before it; all of it once it is shown. */
  readonly seen: MemoryLog
  show(): void
}

async function halfShown(t: TestContext): Promise<Shown> {
  const log = memoryLog()
  for (const round of [1, 2]) {
    const { gateway, node } = await served(t, { log })
    for (const id of IDS) await gateway.command('counter', id, { type: 'add', by: round }, `k${round}`, IN_TIME)
    await node.stop()
  }
  const { node: { plans } } = await served(t, { log })
  const plan = plans.get('counter') as TypePlan
  const ends: Record<string, number[]> = { [plan.state]: [], [plan.journal]: [] }
  for (const partition of [0, 1]) {
    const end = await log.offsetsAt(plan.journal, partition, 'latest')
    for await (const { record, offset } of journalRecords(log, cborCodec, plan, partition, 0, end)) {
      if (record.saved.length === 0) continue
      ends[plan.journal]?.splice(partition, 1, offset + 1)
      ends[plan.state]?.splice(partition, 1, record.stateFrom)
    }
  }
  return { log, plan, plans, seen: ending(log, ends), show: () => delete ends[plan.state] }
}

/** `sleeping`: what befalls while somebody waits. */
function clockWhere(sleeping: (waits: number) => void): Clock {
  let [nowMs, waits] = [0, 0]
  return {
    ...wallClock, nowMs: () => wallClock.nowMs(), monotonicMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms
      sleeping(waits += 1)
      assert.ok(waits < WAITS_MAX)
    },
  }
}

const LOOKS: readonly (readonly [string, (looking: Looking, shown: Shown) => Promise<unknown>])[] = [
  ['an entity', async (looking, { plan }) => ((await queryEntity(looking, plan, 'a')).entity?.context)],
  ['counts', async (looking, { plan }) => [...(await new Tips(looking).of(plan, HOME))?.occupancy ?? []]],
  ['its newest history', async (looking, { plan }) => (await newestHistoryOf(looking, plan, A ?? entityId('a'), { entriesMax: 9 })).entries.length],
  ['a verification', async (looking, { plan }) => (await verifyPartition(looking, plan, HOME)).stateMismatches],
]

for (const [what, look] of LOOKS) {
  test(`H1: ${what} is told of no states from before the newest commit`, async (t) => {
    const shown = await halfShown(t)
    const looking = (log: MemoryLog, clock: Clock): Looking => ({ log, codec: cborCodec, clock })
    await assert.rejects(look(looking(shown.seen, clockWhere(() => {})), shown), { code: 'log/unreachable' })
    const told = await look(looking(shown.seen, clockWhere((waits) => waits === 3 && shown.show())), shown)
    assert.deepEqual(told, await look(looking(shown.log, wallClock), shown))
  })
}

for (const [what, look] of [
  ...LOOKS.slice(0, 3), ['active models', ((looking, { plan }) => activeModels(looking, plan, HOME))], ['who is parked', (looking, { plan }) => parkedEntities(looking, plan, HOME)],
] satisfies typeof LOOKS) {
  test(`H5: ${what} waits for a journal that says to have more than it shows, and no longer than a while`, async (t) => {
    const shown = await halfShown(t)
    shown.show()
    const end = await shown.log.offsetsAt(shown.plan.journal, HOME, 'latest')
    const part = { topic: shown.plan.journal, end: end - 1 }
    const looking = (sleeping: (waits: number) => void): Looking => ({ log: showing(shown.log, part), codec: cborCodec, clock: clockWhere(sleeping) })
    await assert.rejects(look(looking(() => {}), shown), { code: 'log/unreachable', message: new RegExp(`up to offset ${end - 1} now, and has records up to ${end}`) })
    const told = await look(looking((waits) => waits === 3 && (part.end = end)), shown)
    assert.equal(part.end, end)
    assert.deepEqual(told, await look({ log: shown.log, codec: cborCodec, clock: wallClock }, shown))
  })
}

test('I12: who looks again is not told of an earlier commit, also where the log shows less than before', async (t) => {
  const shown = await halfShown(t)
  shown.show()
  const { log, plan, plans } = shown
  const ends: Record<string, number[]> = {}
  const gateway = new LogGateway({ log: ending(log, ends), codec: cborCodec, clock: wallClock, openIndex: memoryIndex, isAtRest: () => true }, plans)
  const look = async () => [await gateway.get('counter', A ?? entityId('a'), IN_TIME), await gateway.counts('counter', IN_TIME)]
  const told = await look()
  ends[plan.journal] = [3, 3]
  assert.deepEqual(await look(), told)
})
