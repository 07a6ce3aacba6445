// What every engine keeps to: E1-E3 and the meaning of each effect.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, emit, fromPromise, raise, setup } from 'xstate'
import { infer, reply, tell } from '../../system/authoring/effects.ts'
import type { Effect, Engine, EngineState, PreparedMachine, StepResult } from '../../system/ports/engine.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import { MICROSTEPS_MAX } from '../../system/protocol/limits.ts'
import { SPECIMENS } from './engine-machines.ts'

type Ok = Extract<StepResult, { kind: 'ok' }>
type Failed = Extract<StepResult, { kind: 'failed' }>

export function okOf(result: StepResult): Ok {
  assert.equal(result.kind, 'ok', result.kind === 'failed' ? `${result.class}: ${result.message}` : '')
  return result as Ok
}

export function failedOf(result: StepResult): Failed {
  assert.equal(result.kind, 'failed')
  return result as Failed
}

export function preparedBy(engine: Engine, machine: unknown, strict = true, version = 1): PreparedMachine {
  const result = engine.prepare(machine, { version, strict })
  assert.equal(result.kind, 'ok', result.kind === 'refused' ? result.problems.join('\n') : '')
  return (result as { machine: PreparedMachine }).machine
}

/** A prepared machine and where it is: what a test drives. */
export class Drive {
  readonly machine: PreparedMachine
  state: EngineState
  effects: readonly Effect[]

  constructor(engine: Engine, machine: unknown, strict = true) {
    this.machine = preparedBy(engine, machine, strict)
    const { state, effects } = okOf(this.machine.initial(undefined, 0))
    this.state = state
    this.effects = effects
  }

  try(event: MachineEvent): StepResult {
    return this.machine.step(this.state, event, 0, true)
  }

  send(event: MachineEvent): this {
    const { state, effects } = okOf(this.try(event))
    this.state = state
    this.effects = effects
    return this
  }

  at(): string {
    return this.machine.configuration(this.state)
  }

  reload(): this {
    const restored = this.machine.restore(structuredClone(this.machine.store(this.state)))
    assert.ok(restored !== undefined)
    this.state = restored
    return this
  }
}

const types = { context: {} as { n: number; list: number[] }, events: {} as { type: string; n: number } }
const context = { n: 0, list: [1] }
const event = (type: string, n = 1): MachineEvent => ({ type, n })

const effects = setup({
  types,
  delays: { later: ({ context }) => 1000 * context.n },
  actors: { call: fromPromise(async ({ input, signal }: { input: number; signal: AbortSignal }) => [input, signal.aborted]) },
}).createMachine({
  id: 'm',
  context,
  initial: 'a',
  states: {
    a: {
      on: {
        go: {
          target: 'b',
          actions: [
            assign({ n: ({ event }) => event.n }),
            emit(({ context }) => ({ type: 'out', n: context.n })),
            tell('other', ({ event }) => `id-${event.n}`, ({ context, event }) => ({ type: 'hi', n: context.n + event.n })),
            assign({ n: 9 }),
            infer('fraud', ({ context }) => [context.n]),
            reply({ done: true }),
          ],
        },
      },
    },
    b: { after: { later: 'a' }, invoke: { id: 'job', src: 'call', input: ({ context }) => context.n, onDone: 'a', onError: { target: 'a', actions: emit({ type: 'failed' }) } } },
  },
})

const after: MachineEvent = { type: 'xstate.after.later.m.b' }

const failing = setup({ types }).createMachine({
  id: 'm',
  context,
  initial: 'a',
  on: {
    guard: { guard: () => { throw new TypeError('no guard') }, actions: [] },
    assign: { actions: assign(() => { throw new TypeError('no assign') }) },
    mutate: { actions: assign(({ context }) => { context.list.push(2); return {} }) },
    delay: { actions: raise({ type: 'x', n: 1 }, { delay: () => NaN }) },
    always: '.first',
    raise: { actions: raise({ type: 'raise', n: 1 }) },
    fine: { actions: assign({ n: ({ context }) => context.n + 1 }) },
  },
  states: { a: {}, first: { always: 'second' }, second: { always: 'first' } },
})

export function engineContract(name: string, create: () => Engine): void {
  effectFacts(name, create)
  stateFacts(name, create)
  failureFacts(name, create)
  definitionFacts(name, create)
}

function effectFacts(name: string, create: () => Engine): void {
  test(`${name}: effects stand in the order of the actions, each with the context of its moment`, () => {
    const drive = new Drive(create(), effects).send(event('go', 4))
    assert.deepEqual(drive.effects, [
      { kind: 'emit', event: { type: 'out', n: 4 } },
      { kind: 'tell', target: 'other', id: 'id-4', event: { type: 'hi', n: 8 } },
      { kind: 'infer', model: 'fraud', vector: [9] },
      { kind: 'reply', value: { done: true } },
      { kind: 'schedule', timer: 'xstate.after.later.m.b', delayMs: 9000, event: after },
      { kind: 'task', task: 'job', src: 'call', input: 9 },
    ])
  })

  test(`${name}: leaving a state cancels its timers and stops its tasks, also after a restore`, () => {
    const left = [{ kind: 'cancel', timer: 'xstate.after.later.m.b' }, { kind: 'stopTask', task: 'job' }]
    const engine = create()
    assert.deepEqual(new Drive(engine, effects).send(event('go')).send(after).effects, left)
    assert.deepEqual(new Drive(engine, effects).send(event('go')).reload().send(after).effects, left)
  })

  test(`${name}: a task is stored while it runs; its result is an event, after which there is nothing to stop`, () => {
    const drive = new Drive(create(), effects).send(event('go'))
    assert.deepEqual(drive.machine.store(drive.state).tasks, ['job'])
    drive.reload().send({ type: 'xstate.error.actor.job', error: 'down', actorId: 'job' })
    assert.equal(drive.at(), 'a')
    assert.deepEqual(drive.effects, [{ kind: 'cancel', timer: 'xstate.after.later.m.b' }, { kind: 'emit', event: { type: 'failed' } }])
    assert.equal(drive.machine.store(drive.state).tasks, undefined)
  })

  test(`${name}: a task's implementation runs by its name, and an unknown name rejects`, async () => {
    const machine = preparedBy(create(), effects)
    assert.deepEqual(await machine.runTask('call', 3, AbortSignal.abort(), 'key'), [3, true])
    await assert.rejects(machine.runTask('gone', 3, AbortSignal.abort(), 'key'), /'gone' has no implementation/)
  })
}

function stateFacts(name: string, create: () => Engine): void {
  test(`${name}: E1: a step does not change the state it starts from`, () => {
    const { machine, state } = new Drive(create(), effects)
    const before = structuredClone(machine.store(state))
    const first = okOf(machine.step(state, event('go'), 0))
    assert.deepEqual(machine.store(state), before)
    assert.deepEqual(okOf(machine.step(state, event('go'), 0)).effects, first.effects)
  })

  test(`${name}: E2: a stored form that the machine has no states for is not restored`, () => {
    const machine = preparedBy(create(), effects)
    for (const value of ['c', { a: {} , b: {} }, {}, null, 7, '__proto__', 'toString', { b: 'x' }]) {
      assert.equal(machine.restore({ value, context, status: 'active' }), undefined, JSON.stringify(value))
    }
    assert.equal(machine.restore({ value: 'a', context: undefined, status: 'active' }), undefined)
    assert.equal(machine.restore({ value: 'a', context, status: 'done' }), undefined)
    assert.equal(machine.restore({ value: 'a', context, status: 'active', history: { 'm.a': ['m.gone'] } }), undefined)
  })
}

function failureFacts(name: string, create: () => Engine): void {
  for (const [type, kind] of [['guard', 'guard'], ['assign', 'action'], ['delay', 'action'], ['always', 'timeout'], ['raise', 'timeout'], ['mutate', 'action']] as const) {
    test(`${name}: E3: '${type}' fails as ${kind}, and the state is usable afterwards`, () => {
      const drive = new Drive(create(), failing)
      const failure = failedOf(drive.try(event(type)))
      assert.equal(failure.class, kind)
      assert.ok(failure.message.startsWith('m'), failure.message)
      assert.ok(failure.stack.length > 0)
      assert.deepEqual(drive.machine.store(drive.send(event('fine')).state).context, { n: 1, list: [1] })
    })
  }

  test(`${name}: a chain of microsteps up to the bound is a step, one more is not`, () => {
    const chain = setup({ types }).createMachine({
      id: 'm', context, on: { run: { actions: [assign({ n: ({ event }) => event.n }), raise({ type: 'down', n: 0 })] }, down: { guard: ({ context }) => context.n > 0, actions: [assign({ n: ({ context }) => context.n - 1 }), raise({ type: 'down', n: 0 })] } },
    })
    const drive = new Drive(create(), chain)
    assert.equal(drive.try(event('run', MICROSTEPS_MAX - 2)).kind, 'ok')
    assert.equal(failedOf(drive.try(event('run', MICROSTEPS_MAX - 1))).class, 'timeout')
  })
}

function definitionFacts(name: string, create: () => Engine): void {
  test(`${name}: a machine that is done takes no event and has an output`, () => {
    const done = setup({ types }).createMachine({ id: 'm', context, initial: 'a', output: ({ context }) => context.n, states: { a: { on: { end: 'z' } }, z: { type: 'final' } } })
    const drive = new Drive(create(), done).send(event('end'))
    assert.equal(drive.machine.status(drive.state), 'done')
    assert.equal(drive.machine.store(drive.reload().state).output, 0)
    assert.deepEqual(drive.send(event('end')).effects, [])
  })

  test(`${name}: 'taken' says the places of transitions, on request only`, () => {
    const { machine, state } = new Drive(create(), effects)
    const place = machine.transitions.indexOf('m.a:go:0')
    assert.deepEqual(machine.transitions, machine.outline().transitions.map(({ id }) => id))
    assert.deepEqual(okOf(machine.step(state, event('go'), 0, true)).taken, [place])
    assert.equal(okOf(machine.step(state, event('go'), 0)).taken, undefined)
    assert.deepEqual(okOf(machine.step(state, event('other'), 0, true)).taken, [])
  })

  test(`${name}: what the definition shows is listed`, () => {
    const machine = preparedBy(create(), effects)
    assert.deepEqual([machine.tells, machine.emits, machine.infers], [['other'], ['failed'], ['fraud']])
    assert.deepEqual(machine.states, ['m', 'm.a', 'm.b'])
  })

  test(`${name}: the hash follows definition and version, not source text`, () => {
    const engine = create()
    const build = (target: string, guard: (args: { event: { n: number } }) => boolean): unknown =>
      setup({ types, guards: { large: guard } }).createMachine({ id: 'm', context, initial: 'a', states: { a: { on: { go: { guard: 'large', target } } }, b: {}, c: {} } })
    const hash = preparedBy(engine, build('b', ({ event }) => event.n > 1)).hash
    assert.match(hash, /^[0-9a-f]{64}$/)
    assert.equal(preparedBy(engine, build('b', ({ event }) => event.n > 2)).hash, hash)
    assert.notEqual(preparedBy(engine, build('c', ({ event }) => event.n > 1)).hash, hash)
    assert.notEqual(preparedBy(engine, build('b', ({ event }) => event.n > 1), true, 2).hash, hash)
  })

  for (const specimen of SPECIMENS) {
    test(`${name}: ${specimen.name}: each event gives the same from the same state, strict or not`, () => {
      const engine = create()
      const [strict, loose] = [new Drive(engine, specimen.machine, true), new Drive(engine, specimen.machine, false)]
      for (const each of specimen.events) {
        assert.deepEqual(loose.send(each).effects, strict.send(each).effects)
        assert.deepEqual(loose.machine.store(loose.state), strict.machine.store(strict.state))
      }
    })
  }
}
