import assert from 'node:assert/strict'
import { test } from 'node:test'
import { and, assign, createActor, createMachine, emit, enqueueActions, fromPromise, not, raise, sendTo, setup, spawnChild, stateIn, stopChild } from 'xstate'
import { compiledEngine } from '../../../../adapters/xstate/compiled.ts'
import { engineText, interpretedLines } from '../../../../adapters/cli/engine-words.ts'
import { actorDefiner } from '../../../../system/authoring/actor.ts'
import { defineSystem } from '../../../../system/authoring/system.ts'
import { CONFIGURATIONS_MAX } from '../../../../system/protocol/limits.ts'
import { Drive, preparedBy } from '../../../contract/engine.ts'
import { Chance } from '../../../support/statecharts/chance.ts'
import { bothOf, Duel, seen } from '../../../support/statecharts/duel.ts'
import { difference } from '../../../support/statecharts/same.ts'
import { SPECIMENS } from '../../../contract/engine-machines.ts'
import { accountMachine } from '../../../bench/w1/machine.ts'

const TRANSITION = { type: 'go' }

function reasonFor(machine: unknown): string | undefined {
  return preparedBy(compiledEngine, machine).interpreted
}

test('machines of every feature are compiled', () => {
  for (const { machine } of SPECIMENS) assert.equal(reasonFor(machine), undefined)
  assert.equal(reasonFor(accountMachine), undefined)
})

test('what is not covered runs on the interpreter, with a reason', () => {
  const b = { on: { go: 'a' } }
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [createMachine({ id: 'm', initial: 'past', states: { a: {}, past: { type: 'history' } } }), /the initial state of m is a history state/],
    [createMachine({ id: 'm', initial: 'a', states: { a: { id: 'same', on: { go: 'b' } }, b: { id: 'same', ...b } } }), /two of its states have the same id/],
    [createMachine({ options: { maxIterations: 5 }, on: { go: {} } } as never), /a bound of iterations of its own/],
    [createMachine({ on: { go: { guard: 'alias' } } }, { guards: { alias: 'other', other: () => true } } as never), /the guard of machine.on.go stands for another/],
    [createMachine({ on: { go: { guard: not('self') } } }, { guards: { self: not('self') } } as never), /the guard of machine.on.go stands for another, holds itself/],
    [createMachine({ on: { go: { guard: stateIn('#gone') } } }), /names a state that there is not/],
    [createMachine({ type: 'parallel', initial: 'a', states: { a: {}, b: {} } } as never), /has an initial state and is not compound/],
    [createMachine({ id: 'm', initial: '#a', states: { '#a': {} } }), /m.#a has a state called '#a'/],
    [createMachine({ id: 'm', type: 'parallel', states: {} }), /m is parallel and has no states/],
    [createMachine({ id: 'm', history: true } as never), /m is a history state without a parent/],
    [createMachine({ id: 'm', initial: 'a', states: { a: {}, past: { type: 'history', states: { in: {} } } } } as never), /the history state m.past has states/],
    [createMachine({ id: 'm', initial: 'a', states: { a: {}, past: { type: 'history', id: 'constructor' } } }), /the history state m.past has an id that every object has/],
  ]
  for (const [machine, reason] of refused) assert.match(reasonFor(machine) ?? 'compiled', reason)
})

test('a machine that is not compiled steps as the interpreter does', () => {
  const drive = new Drive(compiledEngine, createMachine({ id: 'm', initial: 'a', states: { a: { id: 'same', on: { go: 'b' } }, b: { id: 'same' } } })).send(TRANSITION)
  assert.equal(drive.at(), 'b')
})

test('the command line names who runs on the interpreter, and why', () => {
  const define = actorDefiner(compiledEngine, true)
  const system = defineSystem({ name: 's', actors: [
    define({ name: 'fast', version: 1, machine: createMachine({ on: { go: {} } }) }),
    define({ name: 'slow', version: 1, machine: createMachine({ initial: 'past', states: { a: {}, past: { type: 'history' } } }) }),
  ] })
  assert.deepEqual(interpretedLines(system), ["slow runs on XState's interpreter, which is slower: the initial state of machine is a history state"])
  assert.equal(engineText(system), "1 statechart compiled; slow runs on XState's interpreter, which is slower: the initial state of machine is a history state")
})

test('what a step meets uncompiled it leaves to the interpreter: the same refusals, the same states', () => {
  const work = fromPromise(async () => 1)
  const machine = setup({ actors: { work } }).createMachine({
    id: 'm', context: { n: 0 }, initial: 'a',
    states: { a: { on: { go: 'b', later: { actions: assign({ n: 1 }) } }, invoke: { id: 'task', src: 'work' } }, b: {} },
    on: {
      hidden: { actions: enqueueActions(({ enqueue }) => enqueue(function notify() {})) },
      nameless: { actions: enqueueActions(({ enqueue }) => enqueue('gone' as never)) },
      odd: { actions: enqueueActions(({ enqueue }) => enqueue({ type: 'xstate.emit' } as never)) },
      spawn: { actions: assign({ n: ({ spawn }) => spawn('work', { id: 'kid' }).id.length }) },
      child: { actions: enqueueActions(({ enqueue }) => enqueue.spawnChild(work as never)) },
      systemId: { actions: enqueueActions(({ enqueue }) => enqueue.spawnChild('work', { id: 'x', systemId: 's' })) },
      self: { actions: assign({ n: ({ self }) => self as never }) },
      send: { actions: assign(({ self }) => { self.send({ type: 'x' }); return {} }) },
      other: { actions: sendTo(() => createActor(work) as never, { type: 'x' } as never) },
      named: { actions: sendTo(() => 'gone' as never, { type: 'x' } as never) },
      guard: { actions: enqueueActions(({ check }) => void check('gone' as never)) },
      text: { actions: enqueueActions(({ enqueue }) => enqueue.raise('x' as never)) },
      stop: { actions: stopChild(() => ({ id: 7 }) as never) },
      prototype: { actions: stopChild('toString') },
      self2: { actions: sendTo(({ self }) => self, { type: 'xstate.stop' }) },
      raised: { actions: raise({ type: 'xstate.stop' } as never) },
      event: { actions: emit((() => 7) as never) as never },
      spawned: { actions: spawnChild('work', { id: 'one', input: ({ context }) => context }) },
    },
  })
  for (const strict of [true, false]) {
    const duel = new Duel(...bothOf(machine, strict))
    duel.begin(undefined)
    const types = [...Object.keys(machine.config.on ?? {}), '*', 'xstate.init', 'later', 'spawned', 'xstate.error.actor.gone']
    for (const type of types) {
      duel.take({ type })
      if (!duel.isActive) duel.begin(undefined)
      duel.swap()
    }
    duel.take({ type: 'xstate.stop' })
    assert.ok(!duel.isActive)
  }
})

test('what hardly anyone writes steps alike: routes, keys that are numbers, several defaults, outputs that are values, transitions that are forbidden', () => {
  const machine = createMachine({
    id: 'm', initial: 'a', output: { over: true },
    states: {
      a: { id: 'first', route: {}, on: { go: 'numbers', none: {}, empty: { target: [] as never } } },
      numbers: {
        type: 'parallel', on: { back: 'a', past: '.past', out: 'held' },
        states: {
          10: { initial: 'y', states: { x: { on: { turn: 'y' } }, y: { on: { turn: 'x', none: {} } } } },
          2: { initial: 'y', states: { x: { on: { turn: 'y', swap: { target: ['#m.numbers.10.x', '#m.numbers.2.y'] } } }, y: { on: { turn: 'x' } }, end: { type: 'final', output: 7 } } },
          past: { type: 'history', history: 'deep', target: '#m.numbers.10.x' },
        },
      },
      held: { on: { past: '#m.numbers.past', end: 'over', none: { target: '#first', guard: stateIn({ held: {} } as never) } } },
      over: { type: 'final', output: 'done' },
    },
  } as never)
  const duel = new Duel(...bothOf(machine, true))
  duel.begin(undefined)
  const types = ['go', 'turn', 'swap', 'out', 'past', 'back', 'none', 'empty', 'end']
  const chance = new Chance(7)
  for (let at = 0; at < 1000; at += 1) {
    const type = chance.is(5) ? 'xstate.route' : chance.pick(types)
    duel.take({ type, ...(type === 'xstate.route' ? { to: '#first' } : {}) })
    if (!duel.isActive) duel.begin(undefined)
    if (chance.is(10)) duel.swap()
  }
})

const nothing = { context: { n: 0, m: 0 } }
type Loose = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>
interface Collects { readonly enqueue: Loose & ((written: unknown) => void); readonly check: (guard: unknown) => boolean }
const collecting = (collect: (args: Collects) => void): object => ({ actions: enqueueActions(collect as never) })
const swallowing = (run: () => unknown): void => {
  try {
    run()
  } catch {
    // As users do.
  }
}

/** What was once answered in another way than the interpreter does. */
const EDGES: Readonly<Record<string, unknown>> = {
  'a check after enqueueActions has returned sees the context at its start': createMachine({ ...nothing, on: { go: collecting(({ enqueue, check }) => {
    enqueue['assign']?.({ n: 5 })
    enqueue['assign']?.({ m: () => (check(({ context }: { readonly context: { readonly n: number } }) => context.n === 5) ? 1 : 2) })
  }) } } as never),
  'an enqueued action is read when it runs': createMachine({ ...nothing, on: { go: collecting(({ enqueue }) => {
    const action = { type: 'add', params: { by: 1 } }
    enqueue(action)
    action.params = { by: 2 }
  }) } } as never, { actions: { add: assign({ n: (_, params) => (params as { by: number }).by }) } } as never),
  'an action without a name': createMachine({ on: { go: collecting(({ enqueue }) => enqueue({ type: '' })) } } as never),
  'a child that is spawned with null': createMachine({ on: { go: collecting(({ enqueue }) => enqueue['spawnChild']?.('work', null)) } } as never),
  'a check that is not covered, where the user catches what it throws': createMachine({ on: { go: collecting(({ enqueue, check }) => swallowing(() => check(and([])) && enqueue['emit']?.({ type: 'yes' }))) } } as never),
  'a spawn in an assign that is caught': createMachine({ ...nothing, on: { go: { actions: assign(({ spawn }) => {
    swallowing(() => spawn(fromPromise(async () => 1) as never))
    return { n: 1 }
  }) } } } as never),
  'an event to an actor without a name': createMachine({ on: { go: { actions: sendTo((() => '') as never, { type: 'x' } as never) } } }),
  'params that look at their action': createMachine({ ...nothing, on: { go: { actions: [{ type: 'add', by: 3, params(this: { by: number }) { return { by: this.by } } }] } } } as never, { actions: { add: assign({ n: (_, params) => (params as { by: number }).by }) } } as never),
  'an eventless transition that changes nothing but what is remembered is taken again': createMachine({ id: 'm', initial: 'in', states: {
    in: { initial: 'a', always: { guard: ({ event }: { readonly event: { readonly type: string } }) => event.type === 'go', target: '#m.in', reenter: true }, states: { a: {}, past: { type: 'history' } } },
  } } as never),
  'a history state whose default is another': createMachine({ id: 'm', initial: 'out', states: {
    out: { on: { go: 'in.first' } },
    in: { initial: 'a', states: { a: {}, b: {}, first: { type: 'history', target: 'second' }, second: { type: 'history', target: 'b' } } },
  } } as never),
}

for (const [name, machine] of Object.entries(EDGES)) {
  test(`as the interpreter does: ${name}`, () => {
    const duel = new Duel(...bothOf(machine, false))
    duel.begin(undefined)
    duel.take(TRANSITION)
    duel.swap()
    duel.take(TRANSITION)
  })
}

test('a step that changes nothing gives the state it was given', () => {
  const drive = new Drive(compiledEngine, createMachine({ initial: 'a', states: { a: { on: { go: {} } } } }))
  const result = drive.try(TRANSITION)
  assert.equal(result.kind === 'ok' && result.state, drive.state)
})

test('beyond the bound of configurations that are kept, steps go on and states are stored as before', () => {
  const region = (name: string): object => ({ initial: 'a', states: { a: { on: { [name]: 'b' } }, b: { on: { [name]: 'c' } }, c: { on: { [name]: 'a' } } } })
  const names = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8']
  const drive = new Drive(compiledEngine, createMachine({ type: 'parallel', states: Object.fromEntries(names.map((name) => [name, region(name)])) } as never), false)
  // An odometer: every configuration once.
  for (let at = 1; at <= CONFIGURATIONS_MAX + 500; at += 1) {
    for (let wheel = 0, rest = at; ; wheel += 1, rest /= 3) {
      drive.send({ type: `r${wheel}` })
      if (rest % 3 !== 0) break
    }
  }
  const digits = names.map((name, wheel) => `${name}.${'abc'[Math.floor((CONFIGURATIONS_MAX + 500) / 3 ** wheel) % 3]}`)
  assert.equal(drive.at(), digits.join(','))
  assert.equal(drive.reload().at(), digits.join(','))
})

test('event types from outside are no kinds of their own, however many there are', () => {
  const drive = new Drive(compiledEngine, createMachine({ context: { n: 0 }, on: { 'x.*': { actions: assign({ n: ({ context }) => context.n + 1 }) } } }))
  for (let at = 0; at < 3000; at += 1) drive.send({ type: at % 2 === 0 ? `x.${at}` : `y.${at}` })
  assert.deepEqual(drive.machine.context(drive.state), { n: 1500 })
})

for (const [what, proto] of [['null', null], ['a text', 'text'], ['an object', { inherited: 1 }]] as const) {
  const context = Object.defineProperty({ n: 0 }, '__proto__', { value: proto, enumerable: true, configurable: true, writable: true })
  const on = { go: { actions: assign({ n: ({ context: at }) => (at as { readonly n: number }).n + 1 }) }, put: { actions: assign(({ event }) => event['fields'] as object) } }

  test(`a context that has ${what} under '__proto__' steps as the interpreter's`, () => {
    for (const strict of [true, false]) {
      for (const first of [context, { n: 0 }]) {
        const duel = new Duel(...bothOf(createMachine({ context: first, on } as never), strict))
        duel.begin(undefined)
        duel.take(TRANSITION)
        duel.take({ type: 'put', fields: context })
        duel.take(TRANSITION)
      }
    }
  })

  test(`a stored context that has ${what} under '__proto__' steps as the interpreter's`, () => {
    const [one, two] = bothOf(createMachine({ context: { n: 0 }, on } as never), false).map((machine) => {
      const state = machine.restore({ value: {}, context, status: 'active' })
      return state && seen(machine, machine.step(state, TRANSITION, 0))
    })
    assert.equal(difference(one, two), undefined)
  })
}
