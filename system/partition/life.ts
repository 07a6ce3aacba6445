// Life: the statechart of a partition on its owner, as a table. Observable: every move is told to telemetry.
//
//   assigned -> fencing -> recovering -> live -> draining -> released
//                  ^           |          |
//                  +- waiting <-+----------+   (drops its memory, acquires again)
//   fenced, failed and position-moved are ends: another owner, or an operator, goes on.
import type { Outline } from '../ports/outline.ts'

export type LifeState = 'assigned' | 'fencing' | 'recovering' | 'live' | 'draining' | 'released' | 'waiting' | 'fenced' | 'failed' | 'position-moved'

export type LifeEvent = 'acquire' | 'held' | 'recovered' | 'drain' | 'released' | 'lost' | 'restart' | 'give-up' | 'moved'

const LIFE: Readonly<Record<LifeState, Partial<Record<LifeEvent, LifeState>>>> = {
  assigned: { acquire: 'fencing', drain: 'released', lost: 'fenced' },
  fencing: { held: 'recovering', lost: 'fenced', drain: 'draining', restart: 'waiting', 'give-up': 'failed' },
  recovering: { recovered: 'live', lost: 'fenced', drain: 'draining', restart: 'waiting', 'give-up': 'failed', moved: 'position-moved' },
  live: { drain: 'draining', lost: 'fenced', restart: 'waiting', 'give-up': 'failed' },
  draining: { released: 'released', lost: 'fenced', restart: 'released', 'give-up': 'failed' },
  waiting: { acquire: 'fencing', drain: 'released', lost: 'fenced', 'give-up': 'failed' },
  released: {},
  fenced: {},
  failed: {},
  'position-moved': {},
}

/** The next state; undefined: the event means nothing there. */
export function lifeAfter(state: LifeState, event: LifeEvent): LifeState | undefined {
  return LIFE[state][event]
}

/** True for the states that a partition does not leave by itself. */
export function isEnd(state: LifeState): boolean {
  return Object.keys(LIFE[state]).length === 0
}

/** States in which it has the lease, or is after it; drawn within one, which has what all of them have. */
const HOLDING: readonly LifeState[] = ['fencing', 'recovering', 'live', 'draining', 'waiting']

/** The table as a statechart, for diagrams. */
export function lifeOutline(): Outline {
  const states = Object.keys(LIFE) as LifeState[]
  const [root, holding] = ['partition', 'holding'] as const
  const places = [root, holding, ...HOLDING, ...states.filter((state) => !HOLDING.includes(state))]
  const placeOf = (name: string): number => places.indexOf(name as LifeState)
  const shared = Object.entries(LIFE.live).filter(([event, to]) => HOLDING.every((state) => LIFE[state][event as LifeEvent] === to))
  const isShared = (from: LifeState, event: string): boolean => HOLDING.includes(from) && shared.some(([one]) => one === event)
  const moves = [...shared.map(([event, to]) => [holding, event, to] as const), ...states.flatMap((from) => Object.entries(LIFE[from]).filter(([event]) => !isShared(from, event)).map(([event, to]) => [from, event, to] as const))]
  const plain = { entry: [], exit: [], tasks: [], tags: [] }
  const begin = (state: LifeState) => ({ kind: 'compound' as const, initial: { target: placeOf(state), actions: [] } })
  return {
    id: root,
    states: [
      { id: root, key: root, path: [], ...begin('assigned'), ...plain },
      { id: holding, key: holding, path: [holding], parent: 0, ...begin('fencing'), ...plain },
      ...places.slice(2).map((name) => {
        const state = name as LifeState
        const isWithin = HOLDING.includes(state)
        return { id: state, key: state, path: isWithin ? [holding, state] : [state], kind: isEnd(state) ? 'final' as const : 'atomic' as const, parent: isWithin ? 1 : 0, ...plain }
      }),
    ],
    transitions: moves.map(([from, event, to]) => ({ id: `${from}.${event}`, source: placeOf(from), targets: [placeOf(to)], reenter: false, trigger: { kind: 'event' as const, descriptor: event }, actions: [] })),
  }
}
