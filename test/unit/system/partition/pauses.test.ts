// Looks amid a fold: while somebody looks it gives way after each slice of time, and all that is seen then is what the commit before it left (I12).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, fromPromise, setup } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { systemClock } from '../../../../adapters/node/clock.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { commandRecord } from '../../../../system/node/commands.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { answerQuery } from '../../../../system/node/queries.ts'
import type { QueryAnswer } from '../../../../system/node/questions.ts'
import type { Partition } from '../../../../system/partition/partition.ts'
import { Pauses } from '../../../../system/partition/pauses.ts'
import { planSystem, topicSpecs } from '../../../../system/partition/topology.ts'
import type { Clock } from '../../../../system/ports/clock.ts'
import type { Telemetry } from '../../../../system/ports/telemetry.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { deedSchema, entityId } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'

const START_MS = 1_000_000
const AWAY_MS = 100

/** Each reading takes a millisecond, so that a slice is over whenever that is asked. Who gives way is away for AWAY_MS. */
class Restless implements Clock {
  aheadMs = 0
  onAway = (): void => {}
  #atMs = 0

  nowMs(): number {
    return START_MS + this.aheadMs
  }

  monotonicMs(): number {
    this.#atMs += 1
    return this.#atMs
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms > 0) return systemClock.sleep(ms, signal)
    this.onAway()
    this.#atMs += AWAY_MS
    await systemClock.sleep(0)
  }
}

const machine = setup({
  types: { context: {} as { n: number }, events: {} as Deed },
  actors: { work: fromPromise(() => new Promise(() => {})) },
  delays: { long: 1000 },
}).createMachine({
  context: { n: 0 },
  initial: 'idle',
  states: {
    idle: { on: { deed: 'busy' } },
    busy: { entry: assign({ n: ({ context }) => context.n + 1 }), invoke: { id: 'work', src: 'work' }, after: { long: 'idle' }, on: { deed: { target: 'busy', reenter: true } } },
  },
})

const source = { schema: deedSchema, key: (deed: Deed) => deed.who, outOfOrder: 1000 }
/** Holds what comes until the watermark has passed it. */
const patient = defineSystem({ name: 'q', actors: [defineActor({ name: 'one', version: 1, machine, order: 'eventTime', timers: 'event', sources: { deeds: source } })], partitions: 1 })
/** Takes commands, and has timers of processing time. */
const prompt = defineSystem({ name: 'q', actors: [defineActor({ name: 'one', version: 1, machine })], partitions: 1 })

const deed = (who: string, time: number): OutRecord => ({ topic: 'deeds', partition: 0, key: utf8Encode(who), value: utf8Encode(JSON.stringify({ type: 'deed', who, time })), headers: [], timestampMs: time })

interface Amid {
  readonly before: readonly OutRecord[]
  /** Taken in one batch, after somebody has looked. */
  readonly then: readonly OutRecord[]
  /** So much later. */
  readonly aheadMs?: number
}

/** What is told of 'a' and 'b' before the second batch, each time that it gives way, and after it; and what it cost, ms. */
async function lookedAt(system: typeof patient, { before, then, aheadMs = 0 }: Amid): Promise<{ readonly rested: readonly QueryAnswer[]; readonly amid: readonly (readonly QueryAnswer[])[]; readonly after: readonly QueryAnswer[]; readonly costMs: number | undefined }> {
  const clock = new Restless()
  const log = memoryLog({ keyed: true })
  const plans = planSystem(system)
  await log.ensureTopics(topicSpecs(plans))
  const plan = plans.get('one')
  assert.ok(plan !== undefined)
  let taken = Promise.withResolvers<void>()
  let left = 0
  const batch: Telemetry['batch'] = ({ inputs }) => {
    left -= inputs
    if (left === 0) taken.resolve()
  }
  const node = new StatelogNode({ system, log, codec: cborCodec, clock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 }, telemetry: { ...silent, batch } })
  const take = async (records: readonly OutRecord[]): Promise<void> => {
    taken = Promise.withResolvers()
    left = records.length
    await log.append(records)
    await taken.promise
  }
  await node.start()
  await take(before)
  const partition = node.partition('one', 0) as Partition
  const committer = partition.live?.parts.committer
  assert.ok(committer !== undefined)
  const look = (): Promise<readonly QueryAnswer[]> => Promise.all(['a', 'b'].map((id) => answerQuery(plan, partition, cborCodec, clock, Infinity, entityId(id))))
  const rested = await look()
  const amid: Promise<readonly QueryAnswer[]>[] = []
  let isOver = false
  clock.onAway = () => {
    if (!isOver) amid.push(look())
  }
  clock.aheadMs = aheadMs
  const commit = committer.commit.bind(committer)
  let costMs: number | undefined
  committer.commit = async (batch) => {
    costMs ??= batch.cost?.ms
    const result = await commit(batch)
    // It gives way after it, too.
    isOver = true
    return result
  }
  await take(then)
  const after = await look()
  await node.stop()
  return { rested, amid: await Promise.all(amid), after, costMs }
}

const seqOf = (answer: QueryAnswer | undefined): number => (answer?.kind === 'state' ? answer.at.seq : -1)

/** Shown was, each time, all of what had been committed last, and the time of others is not the batch's. */
function assertUnmoved({ rested, amid, after, costMs = Infinity }: Awaited<ReturnType<typeof lookedAt>>): void {
  for (const answers of amid) assert.deepEqual(answers, rested)
  assert.ok(after.every((answer, index) => seqOf(answer) === seqOf(rested[index]) + 1))
  assert.ok(costMs < AWAY_MS, `${costMs} ms`)
}

const PLENTY = Array.from({ length: 200 }, (_, index) => index)

test('a batch of many inputs gives way between them; those whom it has stepped, held events of and made are shown as before', async () => {
  const before = [1000, 2000, 3000, 4000, 5000].map((time) => deed('a', time))
  const looked = await lookedAt(patient, { before, then: PLENTY.map((index) => deed(index % 2 === 0 ? 'a' : 'b', 4500 + 10 * index)) })
  const [rested] = looked.rested
  assert.ok(rested?.kind === 'state')
  assert.deepEqual([rested.entity?.timers.length, rested.entity?.tasks.length, rested.entity?.held.length, rested.watermarkMs], [1, 1, 2, 4000])
  assert.ok(looked.amid.length >= 3)
  assertUnmoved(looked)
})

test('what an input releases gives way as well', async () => {
  const looked = await lookedAt(patient, { before: PLENTY.map((index) => deed('a', 1000 + index)), then: [deed('b', 10_000)] })
  assert.ok(looked.amid.length >= 3)
  assertUnmoved(looked)
})

test('so do timers that are due', async () => {
  const plan = planSystem(prompt).get('one')
  assert.ok(plan !== undefined)
  const command = (id: string): OutRecord => commandRecord(cborCodec, plan, id, { type: 'deed' }, `command-${id}`, START_MS)
  const before = ['a', ...PLENTY.map((index) => `b${index}`)].map(command)
  const looked = await lookedAt(prompt, { before, then: [command('c')], aheadMs: 2000 })
  assert.ok(looked.amid.length >= 3)
  assertUnmoved(looked)
})

test('a slice lasts for a millisecond; whoever watches is told that nothing runs while others do', async () => {
  let [atMs, rests] = [0, 0]
  const clock: Clock = { nowMs: () => 0, monotonicMs: () => atMs, sleep: async () => void (atMs += 7) }
  const pauses = new Pauses(clock, { running: () => {}, resting: () => (rests += 1) }, 0)
  atMs = 0.9
  assert.equal(pauses.next(), undefined)
  atMs = 1
  await pauses.next()
  assert.deepEqual([pauses.awayMs, rests], [7, 1])
  atMs = 8.9
  assert.equal(pauses.next(), undefined)
})
