// Inspection: an entity in the words of XState's inspection events, as the Stately Inspector takes them.
//
// Owns: nothing. What it makes are the events of @statelyai/inspect: its types say which fields there are, and these are all of them.
//
// Y1. An entity is an actor without a parent. A turn is one event and the snapshot after it; a refused input is an event alone, for nothing came of it.
// Y2. Only what was committed is told, and each event says where it stands (I12), in a field of ours that others pass over.
// Y3. The same history gives the same events: nothing in them is of now.
import type { MachineEvent } from '../protocol/data.ts'
import type { EntityAnswer, EntityView } from '../partition/view.ts'
import type { HistoryEntry } from './history.ts'
import type { HistoryPage } from './history-page.ts'

/** Of the package whose events these are. */
export const INSPECT_VERSION = '0.7.2'

/** Of an entity, or of what it took. */
export interface Standpoint {
  readonly partition: number
  readonly life: string
  readonly seq: number
  /** Of an input: which one of its entity in that commit, and where it came from. */
  readonly n?: number
  readonly cause?: string
  readonly refused?: { readonly class: string; readonly directive: string }
  /** What stood before it is not told. */
  readonly isAfterGap?: true
}

interface Inspected {
  readonly rootId: string
  readonly sessionId: string
  /** Milliseconds since the epoch. */
  readonly createdAt: string
  readonly id: string
  readonly _version: string
  readonly statelog: Standpoint
}

export interface InspectedSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped'
  readonly value?: unknown
  readonly context?: unknown
  readonly output?: unknown
}

export type InspectionEvent = Inspected & (
  | { readonly type: '@xstate.actor'; readonly name: string; readonly snapshot: InspectedSnapshot; readonly definition?: string }
  | { readonly type: '@xstate.event'; readonly event: MachineEvent }
  | { readonly type: '@xstate.snapshot'; readonly event: MachineEvent; readonly snapshot: InspectedSnapshot }
)

/** The machine as JSON, for who draws it; undefined: nobody can. */
export type MachineDefinition = string | undefined

/** A page as it was recorded, oldest first, the actor before all. Where it does not begin with the entity's life, or holds more than is wanted, the oldest entry is the state that the actor is found in: whoever wants `entriesMax` asks for one more. */
export function recorded({ type, id, at, entries, older }: Pick<HistoryPage, 'type' | 'id' | 'at' | 'entries' | 'older'>, definition: MachineDefinition, entriesMax: number): readonly InspectionEvent[] {
  const [first, ...rest] = [...entries].reverse()
  if (first === undefined) return []
  const place = { partition: at.partition, life: at.life }
  const isWhole = older === 'none' && entries.length <= entriesMax
  const actor = actorEvent(type, id, definition, { atMs: first.processedMs, snapshot: isWhole ? { status: 'active' } : snapshotOf(first), statelog: { ...place, seq: first.seq, ...(isWhole ? {} : { n: first.n, isAfterGap: true }) } })
  return [actor, ...(isWhole ? [first, ...rest] : rest).flatMap((entry) => takenEvents(type, id, place, entry))]
}

/** What one input was, and came to. */
export function takenEvents(type: string, id: string, place: Pick<Standpoint, 'partition' | 'life'>, entry: HistoryEntry, isAfterGap = false): readonly InspectionEvent[] {
  const { seq, n, cause, event, processedMs, verdict } = entry
  const refused = verdict === undefined ? {} : { refused: { class: verdict.class, directive: verdict.directive } }
  const statelog = { ...place, seq, n, cause, ...refused, ...(isAfterGap ? { isAfterGap: true as const } : {}) }
  const base = (of: string): Inspected => inspected(type, id, `${of} ${seq}.${n}`, processedMs, statelog)
  const taken: InspectionEvent = { type: '@xstate.event', event, ...base('event') }
  return verdict === undefined ? [taken, { type: '@xstate.snapshot', event, snapshot: snapshotOf(entry), ...base('snapshot') }] : [taken]
}

/** An entity as a look shows it, where its events cannot be told. `nowMs`: of the look. */
export function seenEvent({ type, id, partition, life, seq, entity }: EntityAnswer, nowMs: number): InspectionEvent {
  return { type: '@xstate.snapshot', event: { type: '' }, snapshot: snapshotSeen(entity), ...inspected(type, id, `look ${seq}`, nowMs, { partition, life, seq, isAfterGap: true }) }
}

/** The actor of whom no event can be told. */
export function seenActor({ type, id, partition, life, seq, entity }: EntityAnswer, definition: MachineDefinition, nowMs: number): InspectionEvent {
  return actorEvent(type, id, definition, { atMs: nowMs, snapshot: snapshotSeen(entity), statelog: { partition, life, seq, isAfterGap: true } })
}

function actorEvent(type: string, id: string, definition: MachineDefinition, { atMs, snapshot, statelog }: { readonly atMs: number; readonly snapshot: InspectedSnapshot; readonly statelog: Standpoint }): InspectionEvent {
  return { type: '@xstate.actor', name: sessionOf(type, id), snapshot, ...(definition === undefined ? {} : { definition }), ...inspected(type, id, 'actor', atMs, statelog) }
}

function inspected(type: string, id: string, name: string, atMs: number, statelog: Standpoint): Inspected {
  const sessionId = sessionOf(type, id)
  return { rootId: sessionId, sessionId, createdAt: String(atMs), id: `${sessionId} ${name}`, _version: INSPECT_VERSION, statelog }
}

const sessionOf = (type: string, id: string): string => `${type}/${id}`

function snapshotOf({ machine, context }: HistoryEntry): InspectedSnapshot {
  return machine === undefined ? { status: 'active' } : { status: machine.status, value: machine.value, context, ...(machine.output === undefined ? {} : { output: machine.output }) }
}

/** One that is not there any more has stopped. */
function snapshotSeen(entity: EntityView | undefined): InspectedSnapshot {
  if (entity === undefined) return { status: 'stopped' }
  const { status, value, context } = entity
  return { status: status === 'unborn' ? 'active' : status, ...(value === undefined ? {} : { value, context }) }
}
