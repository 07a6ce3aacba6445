import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createActor, createMachine, emit, enqueueActions, forwardTo, fromCallback, fromObservable, fromPromise, fromTransition, raise, sendParent, sendTo, setup, spawnChild } from 'xstate'
import { checkedEngine } from '../../../support/statecharts/checked-engine.ts'
import { EffectExecuted, tell } from '../../../../system/authoring/effects.ts'
import { Drive, failedOf, preparedBy } from '../../../contract/engine.ts'

function problemsOf(machine: unknown): readonly string[] {
  const result = checkedEngine.prepare(machine, { version: 1, strict: true })
  return result.kind === 'refused' ? result.problems : []
}

const SIDE_EFFECT = 'has a side effect; steps must be pure. Emit an event, or make it a task (invoke: fromPromise).'

test('all problems are told at once, each with its place, its action and the cure', () => {
  const machine = createMachine({
    id: 'card',
    initial: 'open',
    entry: function notify() {},
    states: {
      open: { on: { go: { target: 'blocked', actions: ['audit', { type: 'count', params: { by: 1 } }] } } },
      blocked: { after: { coolingOff: { target: 'open', actions: 'notifyAll' } }, always: { guard: 'isOld', target: 'open' } },
    },
  }, { actions: { notifyAll: () => {} } })
  assert.deepEqual(problemsOf(machine), [
    `card.entry: the action 'notify' ${SIDE_EFFECT}`,
    "card.open.on.go: the action 'audit' has no implementation. Give it one in setup({ actions }): ours or XState's, since steps must be pure.",
    "card.open.on.go: the action 'count' has no implementation. Give it one in setup({ actions }): ours or XState's, since steps must be pure.",
    `card.blocked.after.coolingOff: the action 'notifyAll' ${SIDE_EFFECT}`,
    "card.blocked.always: the guard 'isOld' has no implementation. Give it one in setup({ guards }).",
    "card.blocked.after.coolingOff: the delay 'coolingOff' has no value. Give it one in setup({ delays }), in milliseconds.",
  ])
})

test('only a promise may be invoked or spawned', () => {
  const child = createMachine({})
  for (const src of [child, fromCallback(() => {}), fromObservable(() => ({ subscribe: () => ({ unsubscribe() {} }) })), fromTransition((state) => state, {})]) {
    const problems = [...problemsOf(createMachine({ id: 'm', invoke: { id: 'x', src } })), ...problemsOf(createMachine({ id: 'm', entry: spawnChild(src, { id: 'x' }) }))]
    assert.equal(problems.length, 2, problems.join('\n'))
    for (const problem of problems) assert.match(problem, /runs a machine, callback, observable or transition logic.*Use another actor type/)
  }
  const work = fromPromise(async () => 1)
  assert.deepEqual(problemsOf(createMachine({ id: 'm', invoke: { id: 'x', src: work }, entry: spawnChild(work, { id: 'y' }) })), [])
})

test('names that only a running actor has are refused', () => {
  const work = fromPromise(async () => 1)
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [createMachine({ id: 'm', invoke: { id: 'x', src: work, systemId: 's' } }), /m\.invoke\.x: the invoke has a systemId/],
    [createMachine({ id: 'm', invoke: { id: 'x', src: 'gone' } }), /the invoke of 'gone' has no implementation/],
    [createMachine({ id: 'm', invoke: { id: 'x', src: work, onSnapshot: {} } }), /a task has no snapshots/],
    [createMachine({ id: 'm', entry: spawnChild(work) }), /m\.entry: the action 'spawnChild' has no literal id/],
    [createMachine({ id: 'm', entry: sendParent({ type: 'up' }) }), /'sendParent' needs a parent/],
    [createMachine({ id: 'm', entry: sendTo('other', { type: 'x' }) }), /'sendTo' has the target 'other'/],
    [createMachine({ id: 'm', on: { x: { actions: forwardTo('other') } } }), /m\.on\.x: the action 'sendTo'/],
    [createMachine({ id: 'm', context: { when: { at: new Map() } } }), /m\.context\.when\.at: it is an instance of Map/],
    [{ id: 'm' }, /no XState 5 machine/],
  ]
  for (const [machine, message] of refused) assert.match(problemsOf(machine).join('\n'), message)
})

test('a machine without an id has places without one', () => {
  assert.deepEqual(problemsOf(createMachine({ initial: 'a', states: { a: { entry: () => {} } } })).map((each) => each.split(':')[0]), ['a.entry'])
})

test('parallel and eventless machines, named effects and built-in guards are pure', () => {
  const machine = setup({ actions: { told: tell('other', 'id', { type: 'x' }) } }).createMachine({
    type: 'parallel', states: { a: { entry: 'told', always: { guard: () => false, actions: emit({ type: 'y' }) } }, b: { exit: raise({ type: 'z' }) } },
  })
  assert.deepEqual(problemsOf(machine), [])
})

test('what the definition does not show fails the step, by name', () => {
  const work = fromPromise(async () => 1)
  const machine = createMachine({
    id: 'm',
    context: {},
    on: {
      hidden: { actions: enqueueActions(({ enqueue }) => enqueue(function notify() {})) },
      spawn: { actions: assign({ child: ({ spawn }) => spawn(work, { id: 'kid' }).id }) },
      child: { actions: enqueueActions(({ enqueue }) => enqueue.spawnChild(work)) },
      self: { actions: assign({ me: ({ self }) => self }) },
      send: { actions: assign(({ self }) => { self.send({ type: 'x' }); return {} }) },
      parent: { actions: sendTo(() => createActor(work), { type: 'x' }) },
    },
  })
  const drive = new Drive(checkedEngine, machine)
  const messages: readonly (readonly [string, RegExp])[] = [
    ['hidden', /the action 'notify' has a side effect/],
    ['spawn', /spawned in an assign or in the context \('kid'\)/],
    ['child', /'spawnChild' starts something other than a task/],
    ['self', /context\.me is an instance of SelfStandIn/],
    ['send', /'self\.send' is called inside a step/],
    ['parent', /'sendTo' has a target other than the machine itself/],
  ]
  for (const [type, message] of messages) {
    const failure = failedOf(drive.try({ type }))
    assert.equal(failure.class, 'action')
    assert.match(failure.message, message)
  }
})

test('spawn in the context fails the initial step', () => {
  const work = fromPromise(async () => 1)
  const machine = createMachine({ id: 'm', context: ({ spawn }) => ({ child: spawn(work, { id: 'kid' }).id }) })
  assert.match(failedOf(preparedBy(checkedEngine, machine).initial(undefined, 0)).message, /spawned in an assign or in the context/)
})

test('a task that reaches for its actor says what to do instead', async () => {
  const machine = setup({ actors: { work: fromPromise(async ({ self }) => self.id) } }).createMachine({ invoke: { src: 'work' } })
  await assert.rejects(preparedBy(checkedEngine, machine).runTask('work', 1, new AbortController().signal, 'k'), /the task 'work' uses 'self'.*Return a value/)
})

test('an effect that is executed by XState itself says where it belongs', () => {
  const told = tell('other', 'id', { type: 'x' }) as unknown as () => void
  assert.throws(told, (error: unknown) => error instanceof EffectExecuted && error.message.includes('runs inside statelog only'))
})
