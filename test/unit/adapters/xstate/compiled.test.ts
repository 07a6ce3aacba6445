import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createActor, createMachine, emit, enqueueActions, fromPromise, not, raise, sendTo, setup, spawnChild, stateIn, stopChild } from 'xstate'
import { compiledEngine } from '../../../../adapters/xstate/compiled.ts'
import { engineText, interpretedLines } from '../../../../adapters/cli/engine-words.ts'
import { actorDefiner } from '../../../../system/authoring/actor.ts'
import { defineSystem } from '../../../../system/authoring/system.ts'
import { CONFIGURATIONS_MAX } from '../../../../system/protocol/limits.ts'
import { Drive, preparedBy } from '../../../contract/engine.ts'
import { Chance } from '../../../support/statecharts/chance.ts'
import { bothOf, Duel } from '../../../support/statecharts/duel.ts'
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
    const types = [...Object.keys(machine.config.on ?? {}), 'xstate.init', 'later', 'spawned', 'xstate.error.actor.gone']
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
