// Stored entities: N1, N2, migrations, and bytes that do not fit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine, emit } from 'xstate'
import type { ActorDefinition } from '../../../../system/authoring/definition.ts'
import { compareHeld, duesOf } from '../../../../system/partition/dues.ts'
import { blankEntity, decodeEntity, encodeEntity, isBlank } from '../../../../system/partition/entity.ts'
import type { Entity, Held } from '../../../../system/partition/entity.ts'
import type { EngineState, StepResult, StoredMachine } from '../../../../system/ports/engine.ts'
import { codec, defineActor, entityId } from '../../../support/partition/bench.ts'

const machine = createMachine({
  context: { n: 1 }, initial: 'one',
  states: { one: { on: { go: { target: 'two', actions: assign({ n: ({ context }) => context.n + 1 }) } } }, two: { on: { go: 'one' }, entry: emit({ type: 'two' }) } },
})
const define = (version: number, migrate: Readonly<Record<number, (stored: StoredMachine) => StoredMachine>> = {}): ActorDefinition =>
  defineActor({ name: 'thing', version, machine: machine as never, outputs: { two: 'outs' }, migrate })
const definition = define(1)

function stateOf(result: StepResult): EngineState {
  assert.equal(result.kind, 'ok')
  return (result as { state: EngineState }).state
}

const held = (timeMs: number, rank = 0, source = 's', id = 'o', topic = 't', offset = 0): Held => ({ timeMs, rank, origin: { source, id }, topic, partition: 0, offset, event: { type: 'go' } })

function rich(): Entity {
  return blankEntity(entityId('x'), {
    machine: stateOf(definition.machine.initial({ id: 'x' }, 0)), stopped: true, seq: 9, savedSeq: 9, bytes: 0,
    timers: new Map([['u', { generation: '1.1', dueMs: 5, event: { type: 'go', deep: [1] } }], ['t', { generation: '1.2', dueMs: 6, event: { type: 'go' } }]]),
    tasks: new Map([['call', { key: 'k', src: 's', input: { a: 1 }, attempt: 2, dueMs: 7 }]]),
    holds: [held(1), held(2)], seen: [{ key: 'a', timeMs: 1 }, { key: 'command/1', timeMs: 2, reply: null }, { key: 'command/2', timeMs: 3, reply: { ok: true } }, { key: 'command/3', timeMs: 4, sum: 7 }, { key: 'command/4', timeMs: 4, reply: null, sum: 0xffff_ffff }], expireAtMs: 99,
  })
}

const read = (bytes: Uint8Array, by = definition): ReturnType<typeof decodeEntity> => decodeEntity(codec, by, entityId('x'), 9, bytes)

test('N1: everything of an entity comes back, has the same bytes again, and steps the same', () => {
  const entity = rich()
  const bytes = encodeEntity(codec, definition, entity).slice()
  const back = read(bytes)
  assert.equal(back.kind, 'ok')
  if (back.kind !== 'ok') return
  const { machine: restored, bytes: size } = back.entity
  const { machine: original } = entity
  const parts = ({ id, stopped, seq, savedSeq, dirtySeq, tasks, holds, seen, expireAtMs, parked, timers }: Entity) => ({ id, stopped, seq, savedSeq, dirtySeq, tasks, holds, seen, expireAtMs, parked, timers: new Map([...timers].sort()) })
  assert.deepEqual(parts(back.entity), parts(entity))
  assert.ok(size > bytes.length)
  assert.deepEqual(encodeEntity(codec, definition, back.entity), bytes)
  const next = (state: EngineState | undefined): unknown => {
    const result = definition.machine.step(state as EngineState, { type: 'go', time: 1 }, 1)
    return result.kind === 'ok' ? [definition.machine.store(result.state), result.effects] : result
  }
  assert.deepEqual(next(restored), next(original))
})

test('the order in which timers were armed does not show in the bytes', () => {
  const entity = rich()
  const other = rich()
  other.timers = new Map([...entity.timers].reverse())
  assert.deepEqual(encodeEntity(codec, definition, other).slice(), encodeEntity(codec, definition, entity).slice())
})

test('N2: an entity is blank when nothing of it would be missed', () => {
  const blank = blankEntity(entityId('x'))
  assert.equal(isBlank(blank), true)
  assert.equal(isBlank(blankEntity(blank.id, { holds: [held(1)] })), false)
  assert.equal(isBlank(blankEntity(blank.id, { seen: [{ key: 'a', timeMs: 1 }] })), false)
  assert.equal(isBlank(blankEntity(blank.id, { stopped: true, expireAtMs: 5 })), false, 'an entity stopped by its first event must stay stopped')
  assert.equal(isBlank(rich()), false)
})

test('an entity that never lived but was stopped stays stopped when it is loaded again', () => {
  const stopped = blankEntity(entityId('x'), { stopped: true, expireAtMs: 5 })
  const back = read(encodeEntity(codec, definition, stopped))
  assert.ok(back.kind === 'ok' && back.entity.stopped && back.entity.expireAtMs === 5 && back.entity.machine === undefined)
})

test('the dues of an entity are its first held event, its timers, its tasks and its end', () => {
  assert.deepEqual(duesOf(rich()).map(({ dueMs, kind, id }) => [dueMs, kind, id]), [[1, 0, ''], [5, 1, 'u'], [6, 1, 't'], [7, 2, 'call'], [99, 3, '']])
})

test('held events are ordered by time, rank, source, id of the outside event, topic, offset', () => {
  const order = [held(1, 9), held(2, 0, 'z'), held(2, 1, 'a', 'b'), held(2, 1, 'b', 'a'), held(2, 1, 'b', 'b', 'a', 9), held(2, 1, 'b', 'b', 'b', 1), held(2, 1, 'b', 'b', 'b', 2)]
  const shuffled = [6, 2, 4, 0, 3, 5, 1].map((at) => order[at] as Held)
  assert.deepEqual(shuffled.sort(compareHeld), order)
})

const stored = encodeEntity(codec, definition, blankEntity(entityId('x'), { machine: stateOf(definition.machine.initial({ id: 'x' }, 0)) })).slice()

test('a chain of migrations leads from an old version to this one, step by step', () => {
  const to = (n: number) => (old: StoredMachine): StoredMachine => ({ ...old, context: { n: (old.context as { n: number }).n * 10 + n } })
  const third = define(4, { 1: to(1), 3: to(3) })
  const back = read(stored, third)
  assert.ok(back.kind === 'ok' && back.entity.machine !== undefined)
  assert.deepEqual(third.machine.context(back.entity.machine), { n: 113 })
})

test('a state that no migration makes fit, one of a newer version, and a migration that throws are unfit, with what to do', () => {
  const broken = define(2, { 1: (old) => ({ ...old, value: 'nowhere' }) })
  const throwing = define(2, { 1: () => { throw new RangeError('no way') } })
  for (const [by, cure] of [[broken, 'Add migrate'], [throwing, 'no way']] as const) {
    const back = read(stored, by)
    assert.ok(back.kind === 'unfit' && back.reason.includes(cure), JSON.stringify(back))
  }
  const newer = encodeEntity(codec, define(5), blankEntity(entityId('x'), { machine: stateOf(definition.machine.initial({ id: 'x' }, 0)) }))
  assert.equal(read(newer, define(4)).kind, 'unfit')
})

test('bytes that are no stored entity are damaged, never a throw', () => {
  for (const value of [null, 7, 'x', [], {}, { v: 2, a: 1 }, { v: 1 }, { v: 1, a: '1' }, { v: 1, a: 1, t: 5 }, { v: 1, a: 1, t: [1] }, { v: 1, a: 1, k: [['a']] }, { v: 1, a: 1, h: [[]] }, { v: 1, a: 1, d: {} }, { v: 1, a: 1, x: 'soon' }]) {
    assert.equal(read(codec.encode(value)).kind, 'damaged', JSON.stringify(value))
  }
  for (let length = 0; length < stored.length; length += 1) assert.equal(read(stored.slice(0, length)).kind, 'damaged')
})
