// One machine with everything that a definition can show.
import { and, assign, cancel, createMachine, emit, enqueueActions, fromPromise, log, not, or, raise, sendTo, spawnChild, stateIn, stopChild } from 'xstate'
import { infer, lookup, reply, tell } from '../../../system/authoring/effects.ts'

const isSmall = (): boolean => true
const work = fromPromise(async () => 1)

export const fullMachine: unknown = createMachine({
  id: 'all', description: 'Everything at once.', initial: 'idle', context: {},
  on: { stop: '.done', 'note.*': { actions: ['note', assign({ n: 1, m: 2 }), assign(() => ({}))] } },
  states: {
    idle: {
      description: 'Nothing yet.', tags: ['quiet', 'new'],
      entry: [emit({ type: 'idle' }), emit(() => ({ type: 'x' })), tell('card', 'c1', { type: 'hello' }), infer('fraud', [1]), lookup('shops', 's1'), reply('hi')],
      exit: [cancel('t'), log('bye', 'parting'), raise({ type: 'later' }, { delay: 5, id: 't' }), sendTo(({ self }) => self, { type: 'again' }), spawnChild('work' as never, { id: 'child' } as never), stopChild('child'), enqueueActions(() => undefined)],
      on: {
        go: [
          { guard: 'isReady', target: 'busy', description: 'When ready.' },
          { guard: and(['isReady', not('isLate')]), target: 'busy' },
          { guard: or([isSmall, stateIn('#all.busy')]), target: ['busy.left.a', 'busy.right.b'] },
          { guard: () => true, target: 'idle', reenter: true },
        ],
        never: {},
        here: 'idle',
      },
      after: { 500: 'busy', patience: 'busy', growing: { actions: 'note' } },
    },
    busy: {
      type: 'parallel', onDone: 'done',
      states: {
        left: { initial: 'a', states: { a: { always: { guard: 'isLate', target: 'z' } }, z: { type: 'final' } } },
        right: { initial: 'b', states: { b: { on: { x: 'z' } }, z: { type: 'final' } } },
        past: { type: 'history', history: 'deep' },
        before: { type: 'history', target: ['left.z', '#all.busy.right.b'] },
      },
    },
    asking: {
      initial: 'one', onDone: { target: 'idle', actions: 'note' }, exit: 'note',
      invoke: [{ id: 'charge', src: 'work', onDone: 'done', onError: { target: '.past' } }, { id: 'inline', src: work }],
      states: { one: { on: { end: 'end' } }, end: { type: 'final' }, past: { type: 'history' } },
    },
    done: { type: 'final', id: 'the-end' },
  },
} as never, { actions: { note: assign({}) }, guards: { isReady: isSmall, isLate: isSmall }, delays: { patience: 60_000, growing: () => 5 }, actors: { work } } as never)
