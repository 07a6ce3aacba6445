// Snapshots: P1, P2.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assign, createMachine } from 'xstate'
import { isBlank } from '../../../../system/partition/entity.ts'
import type { Entity } from '../../../../system/partition/entity.ts'
import { emptyMemory } from '../../../../system/partition/memory.ts'
import type { Memory } from '../../../../system/partition/memory.ts'
import { sentPlan, Snapshots } from '../../../../system/partition/snapshots.ts'
import type { SnapshotPlan } from '../../../../system/partition/snapshots.ts'
import { keyedStateStore } from '../../../../system/partition/state-store.ts'
import type { StateStore } from '../../../../system/partition/state-store.ts'
import { Escalation } from '../../../../system/partition/supervision.ts'
import type { EngineState } from '../../../../system/ports/engine.ts'
import { FOLD_INPUTS_MIN, SNAPSHOT_BYTES_PER_COMMIT_MAX } from '../../../../system/protocol/limits.ts'
import { utf8Decode } from '../../../../system/protocol/utf8.ts'
import { codec, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'
import { testSeed } from '../../../support/seed.ts'

const machine = createMachine({ context: { text: '' }, on: { fill: { actions: assign({ text: ({ event }) => 'x'.repeat(event['n'] as number) }) } } } as never)

function make(options: Readonly<Record<string, unknown>> = {}, buckets = 0): { readonly memory: Memory; readonly snapshots: Snapshots } {
  const plan = planOf([defineActor({ name: 'one', version: 1, machine: machine as never, snapshotEvery: 100, ...options })], 'one')
  const memory = emptyMemory(plan, 0)
  memory.life = 'life'
  const keyed = keyedStateStore({ get: async () => [], armed: async () => [] }, codec, plan, 0)
  const store: StateStore = { ...keyed, buckets, bucketOf: (id) => id.charCodeAt(0) % Math.max(1, buckets) }
  return { memory, snapshots: new Snapshots(memory, codec, store, []) }
}

function touch(memory: Memory, id: string, seq: number, nowMs: number, size = 1): Entity {
  const entity = memory.entities.use(entityId(id))
  const { machine: prepared } = memory.plan.definition
  const made = entity.machine === undefined ? prepared.initial({ id }, 0) : { kind: 'ok' as const, state: entity.machine }
  assert.equal(made.kind, 'ok')
  const filled = prepared.step((made as { state: EngineState }).state, { type: 'fill', n: size }, 0)
  assert.equal(filled.kind, 'ok')
  entity.machine = (filled as { state: EngineState }).state
  memory.entities.touch(entity, seq, nowMs)
  return entity
}

const written = (plan: SnapshotPlan): readonly string[] => plan.snapshots.map(({ record }) => utf8Decode(record.key ?? new Uint8Array()) ?? '')

test('P1: states are written once they are dirty for the time the type says, oldest first', () => {
  const { memory, snapshots } = make()
  touch(memory, 'a', 1, 1000)
  touch(memory, 'b', 2, 1050)
  assert.equal(snapshots.isDue(1099), false)
  assert.deepEqual(written(snapshots.plan(3, 1099, 9, 'steady')), [])
  assert.equal(snapshots.isDue(1100), true)
  assert.deepEqual(written(snapshots.plan(3, 1100, 9, 'steady')), ['a'])
  assert.deepEqual(written(snapshots.plan(3, 1150, 9, 'steady')), ['a', 'b'])
  assert.deepEqual(written(snapshots.plan(3, 1000, 9, 'drain')), ['a', 'b'])
})

test('P1: while more input waits states that are only old wait longer, but not without end; what the floor or the memory needs out does not wait', () => {
  const { memory, snapshots } = make()
  touch(memory, 'a', 1, 1000)
  snapshots.journalled(1, 0, 1)
  assert.deepEqual([written(snapshots.plan(2, 1399, 9, 'steady')), written(snapshots.plan(2, 1399, 9, 'busy')), written(snapshots.plan(2, 1400, 9, 'busy'))], [['a'], [], ['a']])
  snapshots.journalled(2, 1, FOLD_INPUTS_MIN)
  assert.deepEqual(written(snapshots.plan(3, 1001, 9, 'busy')), ['a'])
  const small = make({ limits: { entityBytesMax: 1 } })
  touch(small.memory, 'b', 1, 1000)
  assert.deepEqual(written(small.snapshots.plan(2, 1001, 9, 'busy')), ['b'])
})

test('P1: one commit writes states up to its bytes; the rest waits for the next', () => {
  const { memory, snapshots } = make({ snapshotEvery: 0 })
  for (const id of ['a', 'b', 'c']) touch(memory, id, 1, 0, SNAPSHOT_BYTES_PER_COMMIT_MAX / 2)
  const plan = snapshots.plan(2, 0, 9, 'steady')
  assert.deepEqual(written(plan), ['a', 'b'])
  assert.deepEqual(plan.floor.seq, 1, 'c is not written yet')
  snapshots.settled(sentPlan(plan))
  assert.deepEqual(written(snapshots.plan(3, 0, 9, 'steady')), ['c'])
})

test('P1: a commit that touched few entities writes few states, however many are due; one that touched many writes some more than that', () => {
  const [batch, dueBytes] = [200, 1000]
  const due = (): ReturnType<typeof make> => {
    const made = make({ snapshotEvery: 5000 })
    for (let n = 0; n < 1000; n += 1) touch(made.memory, `old${n}`, 1, 0, dueBytes)
    sentPlan(made.snapshots.plan(2, 0, 9, 'steady'))
    return made
  }
  const few = due()
  touch(few.memory, 'new', 2, 9000)
  const count = few.snapshots.plan(2, 9000, 9, 'steady').snapshots.length
  assert.ok(count * dueBytes > 16_000 && count * dueBytes < 48_000, `${count} states of ${dueBytes} bytes`)
  const many = due()
  for (let n = 0; n < batch; n += 1) touch(many.memory, `new${n}`, 2, 9000)
  const more = many.snapshots.plan(2, 9000, 9, 'steady').snapshots.length
  assert.ok(more > batch && more < 1.5 * batch, `${more} states`)
})

test('P1: a recovery that would fold too much, and memory over its bound, press states out before their time', () => {
  const folded = make()
  touch(folded.memory, 'a', 1, 1000)
  folded.snapshots.journalled(1, 0, FOLD_INPUTS_MIN)
  assert.deepEqual(written(folded.snapshots.plan(2, 1000, 9, 'steady')), [])
  folded.snapshots.journalled(2, 1, 1)
  assert.deepEqual(written(folded.snapshots.plan(3, 1000, 9, 'steady')), ['a'])
  const full = make({ limits: { entityBytesMax: 1024 } })
  touch(full.memory, 'a', 1, 1000)
  assert.deepEqual(written(full.snapshots.plan(2, 1000, 9, 'steady')), [])
  touch(full.memory, 'b', 1, 1000)
  assert.deepEqual(written(full.snapshots.plan(2, 1000, 9, 'steady')), ['a', 'b'])
})

const LARGE = 50_000

/** Batches that touch more bytes of large states than are pressed out in one commit; after each, the bytes of states in memory and what a recovery would fold. */
function flooded(limits: Readonly<Record<string, number>>, entities: number): { readonly liveBytes: number; readonly behind: number } {
  const [batch, commits] = [120, 12]
  const { memory, snapshots } = make({ snapshotEvery: 5000, limits })
  let [liveBytes, behind] = [0, 0]
  for (let seq = 1; seq <= commits; seq += 1) {
    for (let n = 0; n < batch; n += 1) touch(memory, `e${(seq * batch + n) % entities}`, seq, seq * 50, LARGE)
    const plan = snapshots.plan(seq, seq * 50, seq, 'busy')
    snapshots.journalled(seq, seq, batch, { ms: 20, bytes: 1 << 20 })
    snapshots.settled(sentPlan(plan))
    memory.entities.evict(memory.plan.definition.limits.entityBytesMax, () => true)
    liveBytes = Math.max(liveBytes, memory.entities.size * LARGE)
    behind = Math.max(behind, (seq - plan.floor.seq + 1) * batch)
  }
  return { liveBytes, behind }
}

test('I9: memory and what a recovery folds stay near their bounds however large states are and however many a batch touches', () => {
  const [entityBytesMax, foldInputsMax] = [8 << 20, 120]
  const fresh = flooded({ entityBytesMax, foldInputsMax }, Infinity)
  assert.ok(fresh.liveBytes < 2 * entityBytesMax, `${fresh.liveBytes} bytes of states that are touched once`)
  assert.ok(fresh.behind < 3 * foldInputsMax, `${fresh.behind} inputs to states that are touched once`)
  const again = flooded({ foldInputsMax }, 240)
  assert.ok(again.behind < 3 * foldInputsMax, `${again.behind} inputs to states that are touched again and again`)
})

test('I9: many states that were left by a wide load do not hold the floor back once a few entities take all inputs', () => {
  const [foldInputsMax, batch, bytes] = [1000, 100, 1000]
  const { memory, snapshots } = make({ snapshotEvery: 1e9, limits: { foldInputsMax, entityBytesMax: 1 << 30 } })
  let furthest = 0
  for (let seq = 1; seq <= 400; seq += 1) {
    const isWide = seq <= 40
    for (let n = 0; n < (isWide ? batch : 1); n += 1) touch(memory, isWide ? `wide${seq * batch + n}` : 'hot', seq, seq, bytes)
    const plan = snapshots.plan(seq, seq, seq, 'steady')
    // The wide load is not journalled: nothing presses until the narrow one comes.
    snapshots.journalled(seq, seq, isWide ? 0 : batch)
    snapshots.settled(sentPlan(plan))
    if (!isWide) furthest = Math.max(furthest, (seq - Math.max(plan.floor.seq, 40)) * batch)
  }
  assert.ok(furthest < 2 * foldInputsMax, `${furthest} inputs behind`)
})

test('P2: the floor stands at the oldest change that is not written, and never past the commit itself', () => {
  const { memory, snapshots } = make()
  for (const [seq, offset] of [[1, 10], [2, 12], [3, 13]] as const) snapshots.journalled(seq, offset, 1)
  touch(memory, 'a', 2, 1000)
  assert.deepEqual(snapshots.plan(4, 1000, 15, 'steady').floor, { seq: 2, offset: 12 })
  touch(memory, 'b', 3, 2000)
  const plan = snapshots.plan(4, 1500, 15, 'steady')
  assert.deepEqual(plan.floor, { seq: 3, offset: 13 })
  snapshots.settled(sentPlan(plan))
  assert.deepEqual(snapshots.plan(5, 9999, 16, 'drain').floor, { seq: 5, offset: 16 })
})

test('the partition record is written when it changed long enough ago, holds the floor until then, and names the buckets written', () => {
  const { memory, snapshots } = make({ snapshotEvery: 0 }, 4)
  touch(memory, 'a', 1, 0)
  touch(memory, 'e', 1, 0)
  touch(memory, 'b', 1, 0)
  const plan = snapshots.plan(2, 0, 9, 'steady')
  assert.deepEqual(plan.saved, [1, 2])
  assert.notEqual(plan.partition, undefined)
  snapshots.settled(sentPlan(plan))
  assert.equal(snapshots.isClean, true)
  const slow = make({ snapshotEvery: 50 })
  slow.snapshots.touchPartition(3, 1000)
  assert.equal(slow.snapshots.isClean, false)
  assert.deepEqual(slow.snapshots.plan(5, 1049, 9, 'steady').floor.seq, 3)
  assert.equal(slow.snapshots.plan(5, 1049, 9, 'steady').partition, undefined)
  const due = slow.snapshots.plan(5, 1050, 9, 'steady')
  assert.notEqual(due.partition, undefined)
  assert.equal(due.floor.seq, 5)
})

test('a blank entity is written as a tombstone', () => {
  const { memory, snapshots } = make({ snapshotEvery: 0 })
  const entity = touch(memory, 'a', 1, 0)
  entity.machine = undefined
  assert.equal(isBlank(entity), true)
  assert.equal(snapshots.plan(2, 0, 0, 'steady').snapshots[0]?.record.value, null)
})

test('a state over its limit, or one that cannot be stored, asks for parking by name', () => {
  const { memory, snapshots } = make({ snapshotEvery: 0, limits: { stateBytesMax: 500 } })
  touch(memory, 'a', 1, 0, 100)
  assert.equal(snapshots.plan(2, 0, 0, 'steady').snapshots.length, 1)
  touch(memory, 'a', 1, 0, 600)
  assert.throws(() => snapshots.plan(2, 0, 0, 'steady'), (thrown: unknown) => thrown instanceof Escalation && thrown.directive === 'park' && thrown.failure.class === 'size' && thrown.message.includes("'a'"))
})

const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const commits = fc.array(fc.record({
  touched: fc.array(ids, { maxLength: 3 }), partition: fc.boolean(), inputs: fc.nat(5), size: fc.constantFrom(1, SNAPSHOT_BYTES_PER_COMMIT_MAX), passedMs: fc.constantFrom(0, 20, 100), isDone: fc.constantFrom(true, true, true, false), pace: fc.constantFrom('steady' as const, 'steady' as const, 'drain' as const),
}), { maxLength: 40, size: 'max' })

test('P2: over random commits, done or not, the floor never passes a change that is not written, nor goes back', () => {
  fc.assert(fc.property(commits, (list) => {
    const { memory, snapshots } = make({}, 3)
    const unwritten = new Map<string, number>()
    let [seq, nowMs, journalEnd, floor] = [0, 0, 0, 0]
    for (const { touched, partition, inputs, size, passedMs, isDone, pace } of list) {
      seq += 1
      nowMs += passedMs
      const note = (name: string): unknown => (unwritten.has(name) ? undefined : unwritten.set(name, seq))
      for (const id of touched) {
        touch(memory, id, seq, nowMs, size)
        note(id)
      }
      if (partition) {
        snapshots.touchPartition(seq, nowMs)
        note('*')
      }
      const plan = snapshots.plan(seq, nowMs, journalEnd, pace)
      if (plan.saved.length > 0) note('*')
      if (!isDone) return
      for (const id of written(plan)) unwritten.delete(id)
      if (plan.partition !== undefined) unwritten.delete('*')
      snapshots.journalled(seq, journalEnd, inputs)
      journalEnd += 1 + (seq % 3)
      snapshots.settled(sentPlan(plan))
      assert.equal(plan.floor.seq, Math.min(seq, ...unwritten.values()))
      assert.ok(plan.floor.seq >= floor && plan.floor.offset <= journalEnd)
      floor = plan.floor.seq
    }
  }), { seed: testSeed(), numRuns: 200 })
})
