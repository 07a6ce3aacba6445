import assert from 'node:assert/strict'
import { test } from 'node:test'
import { and, assign, createActor, createMachine, enqueueActions, fromPromise, raise, sendTo, setup, spawnChild } from 'xstate'
import { checkedEngine } from '../../../support/statecharts/checked-engine.ts'
import { Drive, failedOf, preparedBy } from '../../../contract/engine.ts'

test('a delayed raise without id re-arms one timer for each event type; with an id it has that id', () => {
  const machine = createMachine({
    on: {
      a: { actions: [raise({ type: 'x' }, { delay: 5 }), raise({ type: 'x' }, { delay: -3 })] },
      b: { actions: [raise({ type: 'x' }, { delay: 5, id: 'own' }), sendTo(({ self }) => self, { type: 'y' }, { delay: 1 })] },
    },
  })
  const drive = new Drive(checkedEngine, machine)
  assert.deepEqual(drive.send({ type: 'a' }).effects, [
    { kind: 'schedule', timer: 'raise.x', delayMs: 5, event: { type: 'x' } },
    { kind: 'schedule', timer: 'raise.x', delayMs: 0, event: { type: 'x' } },
  ])
  assert.deepEqual(drive.send({ type: 'b' }).effects, [
    { kind: 'schedule', timer: 'own', delayMs: 5, event: { type: 'x' } },
    { kind: 'schedule', timer: 'raise.y', delayMs: 1, event: { type: 'y' } },
  ])
})

test('an event of the machine to itself is taken after the step that sent it, within the same bound', () => {
  const machine = createMachine({
    context: { trail: '' },
    on: {
      go: { actions: [sendTo(({ self }) => self, { type: 'self' }), raise({ type: 'raised' }), assign({ trail: 'go' })] },
      raised: { actions: assign({ trail: ({ context }) => `${context.trail} raised` }) },
      self: { actions: assign({ trail: ({ context }) => `${context.trail} self` }) },
      forever: { actions: sendTo(({ self }) => self, { type: 'forever' }) },
    },
  })
  const drive = new Drive(checkedEngine, machine).send({ type: 'go' })
  assert.deepEqual(drive.machine.context(drive.state), { trail: 'go raised self' })
  assert.equal(failedOf(drive.try({ type: 'forever' })).class, 'timeout')
})

test('a guard inside and, not and named guards is told by its place, with its own stack', () => {
  const machine = setup({ guards: { broken: () => { throw new RangeError('off by one') } } }).createMachine({
    id: 'm', initial: 'a', states: { a: { on: { go: [{ guard: 'broken', target: 'a' }], inline: { guard: () => { throw new RangeError('inline') } } }, always: { guard: ({ event }) => event.type === 'eventless' && (() => { throw new RangeError('always') })() } } },
  })
  const drive = new Drive(checkedEngine, machine)
  const go = failedOf(drive.try({ type: 'go' }))
  assert.equal(go.message, 'm.guards.broken: off by one')
  assert.match(go.stack, /RangeError: off by one/)
  assert.equal(failedOf(drive.try({ type: 'inline' })).message, 'm.a.on.inline: inline')
  assert.equal(failedOf(drive.try({ type: 'eventless' })).message, 'm.a.always: always')
})

test('params of a guard that are a method look at the guard they stand in, also inside and, as they do in XState', () => {
  const isOver = { type: 'isOver', end: 3, params(this: { readonly end: number }) { return this.end } }
  const machine = createMachine({
    context: { n: 5 }, initial: 'a',
    states: { a: { on: { alone: { guard: isOver, target: 'b' }, both: { guard: and([isOver, () => true] as never), target: 'b' } } }, b: {} },
  } as never, { guards: { isOver: ({ context }: { readonly context: { readonly n: number } }, end: number) => context.n > end } } as never)
  for (const type of ['alone', 'both']) {
    const actor = createActor(machine).start()
    actor.send({ type })
    assert.equal(actor.getSnapshot().value, 'b')
    assert.equal(new Drive(checkedEngine, machine).send({ type }).at(), 'b')
  }
})

test('the user\'s machine is not changed by being prepared', () => {
  const guard = (): boolean => true
  const machine = createMachine({ id: 'm', on: { go: { guard, actions: [] } } }, { guards: { named: guard } })
  preparedBy(checkedEngine, machine)
  assert.equal(machine.root.on['go']?.[0]?.guard, guard)
  assert.equal(machine.implementations.guards['named'], guard)
})

test('tasks spawned inline, visibly, have their place as name', async () => {
  const machine = createMachine({ id: 'm', on: { go: { actions: spawnChild(fromPromise(async ({ input }) => input), { id: 'one', input: 4 }) } } })
  const drive = new Drive(checkedEngine, machine).send({ type: 'go' })
  assert.deepEqual(drive.effects, [{ kind: 'task', task: 'one', src: 'statelog.spawn.m.on.go', input: 4 }])
  assert.equal(await drive.machine.runTask('statelog.spawn.m.on.go', 4, new AbortController().signal, 'k'), 4)
})

test('named tasks may be spawned by enqueueActions, and their result is an event', () => {
  const machine = setup({ actors: { work: fromPromise(async () => 1) } }).createMachine({
    initial: 'a',
    states: { a: { on: { go: { actions: enqueueActions(({ enqueue }) => enqueue.spawnChild('work', { id: 'one' })) }, 'xstate.done.actor.one': 'b' } }, b: {} },
  })
  const drive = new Drive(checkedEngine, machine).send({ type: 'go' })
  assert.deepEqual(drive.effects, [{ kind: 'task', task: 'one', src: 'work', input: undefined }])
  assert.equal(drive.reload().send({ type: 'xstate.done.actor.one', output: 1 }).at(), 'b')
})

test('a failed task that no transition handles ends the machine in error and stops the other tasks', () => {
  const work = fromPromise(async () => 1)
  const drive = new Drive(checkedEngine, createMachine({ invoke: [{ id: 'a', src: work }, { id: 'b', src: work }] }))
  drive.send({ type: 'xstate.error.actor.a', error: 'down', actorId: 'a' })
  assert.equal(drive.machine.status(drive.state), 'error')
  assert.deepEqual(drive.effects, [{ kind: 'stopTask', task: 'b' }])
  assert.equal(drive.machine.status(drive.reload().state), 'error')
})

test('a delay that is undefined fails instead of firing at once', () => {
  const machine = setup({ delays: { soon: () => undefined as unknown as number } }).createMachine({ initial: 'a', states: { a: { on: { go: 'b' } }, b: { after: { soon: 'a' } } } })
  assert.match(failedOf(new Drive(checkedEngine, machine).try({ type: 'go' })).message, /the delay of 'xstate.after.soon.\(machine\).b' is undefined/)
})

test('strict: an event list kept in the context is frozen with it, cycles are refused by path', () => {
  const machine = createMachine({ context: {}, on: { keep: { actions: assign({ kept: ({ event }) => event['list'] }) } } })
  const drive = new Drive(checkedEngine, machine)
  const cycle: unknown[] = []
  cycle.push(cycle)
  assert.match(failedOf(drive.try({ type: 'keep', list: cycle })).message, /nested deeper than 64 \(or a cycle\)/)
  const list = [1]
  drive.send({ type: 'keep', list })
  assert.ok(Object.isFrozen(list))
})

test('a step that XState leaves without a whole configuration fails, for it could not be stored', () => {
  // From inside a parallel state to its own history, XState 5.33 leaves the parallel state and enters only its regions again.
  const machine = createMachine({
    id: 'm', initial: 'a',
    states: { a: { type: 'parallel', states: { x: { on: { back: '#past', stay: {} } }, y: {}, past: { id: 'past', type: 'history' } } } },
  })
  const drive = new Drive(checkedEngine, machine)
  const failed = failedOf(drive.machine.step(drive.state, { type: 'back' }, 0))
  assert.equal(failed.class, 'action')
  assert.match(failed.message, /leaves 'm' .*cannot be stored/)
  assert.deepEqual(drive.machine.configuration(drive.state), 'a.x,a.y')
})
