// defineSystem: the graph of tells (S1), names and topics (S2), models.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import type { ActorDefinition } from '../../../../system/authoring/definition.ts'
import { infer } from '../../../../system/authoring/effects.ts'
import { defineSystem } from '../../../../system/authoring/system.ts'
import type { SystemOptions } from '../../../../system/authoring/system.ts'
import { defineModel } from '../../../../system/models/definition.ts'
import { planSystem, topicSpecs } from '../../../../system/partition/topology.ts'
import { DefinitionError } from '../../../../system/protocol/failures.ts'
import { deedSchema, defineActor } from '../../../support/partition/bench.ts'

type Tells = Readonly<Record<string, 'forward' | 'feedback'>>
const actor = (name: string, tells: Tells = {}, more: object = {}): ActorDefinition => defineActor({ name, version: 1, machine: createMachine({}) as never, tells, ...more })
const reading = (topic: string): object => ({ sources: { [topic.replaceAll('.', '-')]: { topic, schema: deedSchema, key: () => 'x' } } })

function problems(options: Partial<SystemOptions>): readonly string[] {
  try {
    defineSystem({ name: 'app', actors: [], ...options })
  } catch (thrown) {
    assert.ok(thrown instanceof DefinitionError)
    return thrown.problems
  }
  return []
}

test('an unknown target and an unknown model are refused by name', () => {
  const asking = defineActor({ name: 'one', version: 1, machine: createMachine({ on: { go: { actions: infer('fraud', [1]) } } }) as never })
  assert.deepEqual(problems({ actors: [actor('one', { two: 'forward' })] }), ["one: it tells 'two', which is no actor type of system 'app'"])
  assert.deepEqual(problems({ actors: [asking] }), ["one: it infers 'fraud', which is no model of system 'app'. Add it to models."])
  const fraud = defineModel({ name: 'fraud', version: 1, kind: 'linear', features: ['x'], weights: [1], bias: 0 })
  assert.deepEqual(problems({ actors: [asking], models: [fraud] }), [])
  assert.deepEqual(problems({ models: [fraud, fraud] }), ["two models are called 'fraud'"])
})

test('S1: a cycle of tells is refused with its path and the edge to declare, and runs when one edge is feedback', () => {
  const cycle = [actor('a', { b: 'forward' }), actor('b', { c: 'forward' }), actor('c', { a: 'forward' })]
  assert.deepEqual(problems({ actors: cycle }), ["tells form a cycle: a -> b -> c -> a. Declare the edge that closes it: c: tells: { 'a': 'feedback' }."])
  assert.deepEqual(problems({ actors: [actor('a', { a: 'forward' })] }).length, 1)
  assert.deepEqual(problems({ actors: [...cycle.slice(0, 2), actor('c', { a: 'feedback' })] }), [])
  assert.deepEqual(problems({ actors: [actor('a', { b: 'forward', c: 'forward' }), actor('b', { c: 'forward' }), actor('c')] }), [], 'two ways to one target are no cycle')
})

test('bad names, numbers of partitions and names used twice are refused', () => {
  assert.equal(problems({ name: 'My App' }).length, 1)
  for (const partitions of [0, 1.5, 1001, NaN]) assert.equal(problems({ partitions }).length, 1)
  for (const partitions of [1, 1000]) assert.deepEqual(problems({ partitions }), [])
  assert.deepEqual(problems({ actors: [actor('a'), actor('a')] }), ["two actor types are called 'a'"])
})

test('S2: no source reads and no output writes what the system keeps for itself', () => {
  for (const topic of ['app.a.inbox', 'app.b.journal', 'app.a.state', 'app.models']) {
    assert.equal(problems({ actors: [actor('a', {}, reading(topic)), actor('b')] }).length, 1, topic)
    assert.equal(problems({ actors: [actor('a', {}, { outputs: { out: topic } }), actor('b')] }).length, 1, topic)
    assert.equal(problems({ actors: [actor('a', {}, { late: { output: topic } }), actor('b')] }).length, 1, topic)
  }
  assert.equal(problems({ actors: [actor('a', {}, { ...reading('deeds'), outputs: { out: 'deeds.dlq' } })] }).length, 1)
  assert.deepEqual(problems({ actors: [actor('a', {}, { ...reading('deeds'), outputs: { out: 'outs' } }), actor('b', {}, reading('outs'))] }), [], 'one type may read what another writes')
})

test('T1: a type has watermarks if it orders or times by event time, or tells one that does; feedback does not count', () => {
  const plans = planSystem(defineSystem({ name: 'app', partitions: 2, actors: [
    actor('first', { second: 'forward' }), actor('second', { third: 'forward', first: 'feedback' }), actor('third', { first: 'feedback' }, { order: 'eventTime' }), actor('timed', {}, { timers: 'event' }), actor('plain', { third: 'feedback' }),
  ] }))
  assert.deepEqual([...plans.values()].filter((plan) => plan.usesEventTime).map((plan) => plan.definition.name), ['first', 'second', 'third', 'timed'])
  assert.deepEqual(plans.get('third')?.senders, ['app.second/0', 'app.second/1'])
  assert.deepEqual(plans.get('first')?.senders, [])
  assert.deepEqual([...(plans.get('second')?.targets ?? [])].map(([name, { wantsWatermark, feedback }]) => [name, wantsWatermark, feedback]), [['third', true, false], ['first', false, true]])
})

test('every topic of the system is specified once, states and models compacted', () => {
  const specs = topicSpecs(planSystem(defineSystem({ name: 'app', partitions: 3, actors: [actor('a', {}, { ...reading('deeds'), outputs: { out: 'outs' }, late: { output: 'late' } }), actor('b', {}, reading('deeds'))] })))
  const names = specs.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  for (const name of ['deeds', 'deeds.dlq', 'app.a.inbox', 'app.a.inbox.dlq', 'app.a.journal', 'app.a.state', 'outs', 'late', 'app.b.inbox', 'app.models']) assert.ok(names.includes(name), name)
  assert.deepEqual(specs.filter(({ cleanup }) => cleanup === 'compact').map(({ name }) => name).sort(), ['app.a.state', 'app.b.state', 'app.models'])
  assert.deepEqual(specs.filter(({ partitions }) => partitions !== 3).map(({ name }) => name), ['app.models'])
})
