// defineActor: what is refused, all problems at once, and what policies become.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine, emit } from 'xstate'
import { infer, tell } from '../../../../system/authoring/effects.ts'
import { DefinitionError } from '../../../../system/protocol/failures.ts'
import { SNAPSHOT_EVERY_MS, STATE_BYTES_MAX } from '../../../../system/protocol/limits.ts'
import { deedSchema, defineActor } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'

const machine = createMachine({}) as never
const source = { schema: deedSchema, key: (deed: Deed) => deed.who }

/** The problems that a definition is refused with. */
function problems(options: object): readonly string[] {
  try {
    defineActor({ name: 'one', version: 1, machine, ...options } as never)
  } catch (thrown) {
    assert.ok(thrown instanceof DefinitionError)
    return thrown.problems
  }
  return []
}

test('policies that are left out have their defaults', () => {
  const actor = defineActor({ name: 'one', version: 3, machine, sources: { deeds: source } as never })
  assert.deepEqual([actor.timers, actor.order, actor.late, actor.dedup, actor.keepStoppedMs, actor.snapshotEveryMs, actor.limits.stateBytesMax], ['processing', 'arrival', { kind: 'apply' }, { count: 128, withinMs: 86_400_000 }, 604_800_000, SNAPSHOT_EVERY_MS, STATE_BYTES_MAX])
  assert.deepEqual(new Set(Object.values(actor.onFailure)), new Set(['skip']))
  assert.deepEqual(actor.input('x'), { id: 'x' })
  const [deeds] = actor.sources
  assert.deepEqual([deeds?.topic, deeds?.format, deeds?.outOfOrderMs, deeds?.futureMs, deeds?.idleAfterMs, deeds?.id], ['deeds', 'json', 0, 86_400_000, undefined, undefined])
  assert.equal(deeds?.time({ type: 'x', time: 7 }), 7)
})

test('what is given is taken, durations in milliseconds', () => {
  const actor = defineActor({
    name: 'one', version: 1, machine, sources: { deeds: { ...source, topic: 'other', outOfOrder: '5s', future: '1m', idleAfter: '10s', format: 'cbor' } } as never,
    late: { output: 'latecomers' }, dedup: { count: 3, within: '2s' }, onFailure: { model: 'stop' }, keepStopped: '1h', snapshotEvery: 0, limits: { heldMax: 7 }, rank: ['b', 'a'] as never, fallbacks: { m: 0.5 }, timers: 'event', order: 'eventTime', tells: { card: 'feedback' },
  })
  assert.deepEqual([actor.late, actor.dedup, actor.onFailure.model, actor.onFailure.schema, actor.keepStoppedMs, actor.snapshotEveryMs, actor.limits.heldMax], [{ kind: 'output', topic: 'latecomers' }, { count: 3, withinMs: 2000 }, 'stop', 'skip', 3_600_000, 0, 7])
  assert.deepEqual([[...actor.rank], [...actor.fallbacks], [...actor.tells]], [[['b', 0], ['a', 1]], [['m', 0.5]], [['card', 'feedback']]])
  const [deeds] = actor.sources
  assert.deepEqual([deeds?.topic, deeds?.format, deeds?.outOfOrderMs, deeds?.futureMs, deeds?.idleAfterMs], ['other', 'cbor', 5000, 60_000, 10_000])
})

test('bad names and versions are refused, and good ones at the bounds are not', () => {
  for (const name of ['', 'One', '1one', 'one two', 'one.two', 'a'.repeat(64)]) assert.equal(problems({ name }).length, 1, name)
  for (const name of ['a', 'a-1', 'a'.repeat(63)]) assert.deepEqual(problems({ name }), [])
  for (const version of [0, -1, 1.5, NaN]) assert.equal(problems({ version }).length, 1)
})

test('bad topics are refused: of sources, of outputs, of late events, and one topic read twice', () => {
  assert.match(problems({ sources: { 'no topic': source } })[0] ?? '', /'no topic' is no topic name/)
  assert.match(problems({ outputs: { out: 'no topic' } })[0] ?? '', /'no topic'/)
  assert.match(problems({ late: { output: 'no topic' } })[0] ?? '', /'no topic'/)
  assert.match(problems({ sources: { a: { ...source, topic: 'same' }, b: { ...source, topic: 'same' } } })[0] ?? '', /two sources read topic 'same'/)
})

test('an emitted event without an output is refused with the line to add', () => {
  const emitting = createMachine({ on: { go: { actions: emit({ type: 'paid' }) } } }) as never
  assert.deepEqual(problems({ machine: emitting }), ["one: it emits 'paid', which no output takes. Add outputs: { 'paid': '<topic>' }."])
  assert.deepEqual(problems({ machine: emitting, outputs: { paid: 'payments' } }), [])
})

test('policies without sense are refused', () => {
  const bad = { dedup: { count: 0, within: '1s' }, fallbacks: { m: NaN }, limits: { heldMax: -1, timersMax: NaN } }
  assert.equal(problems(bad).length, 4)
  assert.deepEqual(problems({ dedup: { count: 1, within: '1s' }, fallbacks: { m: 0 }, limits: { heldMax: 0 } }), [])
})

test('all problems come at once, those of the machine too', () => {
  const impure = createMachine({ on: { go: { actions: () => {} } } }) as never
  const found = problems({ name: 'One', version: 0, machine: impure, sources: { 'no topic': source } })
  assert.ok(found.length >= 4, found.join('\n'))
})

test('what a machine visibly tells and asks is known without running it', () => {
  const telling = createMachine({ on: { go: { actions: [tell('card', 'x', { type: 'hi' }), infer('fraud', [1])] } } }) as never
  const actor = defineActor({ name: 'one', version: 1, machine: telling })
  assert.deepEqual([[...actor.tells], actor.machine.infers], [[['card', 'forward']], ['fraud']])
  const feedback = defineActor({ name: 'one', version: 1, machine: telling, tells: { card: 'feedback', other: 'forward' } })
  assert.deepEqual([...feedback.tells], [['card', 'feedback'], ['other', 'forward']])
})
