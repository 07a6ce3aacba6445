// Life: the statechart of a partition on its owner, as a table. Observable: every move is told to telemetry.
//
//   assigned -> fencing -> recovering -> live -> draining -> released
//                  ^           |          |
//                  +- waiting <-+----------+   (drops its memory, acquires again)
//   fenced, failed and position-moved are ends: another owner, or an operator, goes on.

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

/** The table as a Mermaid state diagram. */
export function lifeDiagram(): string {
  const lines = Object.entries(LIFE).flatMap(([from, moves]) => Object.entries(moves).map(([event, to]) => `  ${from.replace('-', '_')} --> ${to.replace('-', '_')} : ${event}`))
  return ['stateDiagram-v2', '  [*] --> assigned', ...lines].join('\n')
}
