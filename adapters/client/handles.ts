// Handles: what can be asked about an entity, and about a type.
import type { AnyStateMachine } from 'xstate'
import type { SendableEvent, StatePath } from '../../system/authoring/typed.ts'
import type { Ask, Told } from '../../system/gateway/transport.ts'
import type { InspectionEvent } from '../../system/inspect/inspection.ts'
import type { FailureClass } from '../../system/protocol/failures.ts'
import type { ChartJson, EntityJson, HistoryPage, LetterPlace, LettersPage, ListPage, PartitionJson, TypeJson, WholeDeadLetter } from './answers.ts'
import { placeText, standingOf } from './places.ts'
import type { Standing } from './places.ts'
import { DEADLINE_MS_MAX, problemOf } from './session.ts'
import type { Patience, Reading, Session } from './session.ts'
import { inspect } from './inspect.ts'
import type { InspectOptions } from './inspect.ts'
import { watch } from './watch.ts'

/** What became of an event. */
export type Sent =
  /** Applied and committed; `value` is null where the machine replied nothing. */
  | { readonly kind: 'reply'; readonly key: string; readonly value: unknown; readonly at: Standing }
  /** Durable, and not taken in time: sent again with the same key it gets its reply. */
  | { readonly kind: 'waiting'; readonly key: string; readonly reason: string }
  /** The entity refused it: it is a dead letter. */
  | { readonly kind: 'refused'; readonly key: string; readonly class: string; readonly message: string; readonly at: Standing | undefined }
  /** Taken, and no reply is known: the entity is at its end or parked, or has forgotten it. */
  | { readonly kind: 'no-reply'; readonly key: string; readonly at: Standing | undefined }

export type Waited<Machine extends AnyStateMachine> =
  | { readonly kind: 'reached'; readonly entity: EntityJson<Machine> }
  /** As it was seen last; undefined: it did not exist. */
  | { readonly kind: 'not-reached'; readonly entity: EntityJson<Machine> | undefined }

export interface EntityClient<Machine extends AnyStateMachine> {
  readonly id: string
  /** As committed; undefined: it does not exist. */
  get(options?: Patience): Promise<EntityJson<Machine> | undefined>
  /** `key` names the event: sent again with the same key it is applied once. Default: one of its own. */
  send(event: SendableEvent<Machine>, options?: Patience & { readonly key?: string }): Promise<Sent>
  /** Until it is in the state, or in one within it. */
  wait(state: StatePath<Machine>, options?: Patience): Promise<Waited<Machine>>
  /** What it took, newest first; `decided`: only what a model decided about. */
  history(options?: Patience & { readonly limit?: number; readonly before?: string; readonly decided?: boolean }): Promise<HistoryPage<Machine>>
  /** As it is now, and each time it changes; undefined: it does not exist. Ends when nobody takes it any more, or `signal` aborts. */
  watch(options?: { readonly signal?: AbortSignal }): AsyncGenerator<EntityJson<Machine> | undefined, void, undefined>
  /** What it took and takes, in the events of @statelyai/inspect: each is for the adapter of an inspector. Ends as `watch` does. */
  inspect(options?: InspectOptions): AsyncGenerator<InspectionEvent, void, undefined>
}

export interface ListOptions<Machine extends AnyStateMachine> extends Patience {
  readonly state?: StatePath<Machine>
  readonly where?: string
  readonly limit?: number
  readonly after?: string
}

export interface CountsJson {
  readonly type: string
  readonly entities: number
  readonly parked: number
  /** Entities by configuration. */
  readonly states: Readonly<Record<string, number>>
  readonly at: readonly Standing[]
}

export interface ActorClient<Machine extends AnyStateMachine> extends TypeClient<Machine> {
  (id: string): EntityClient<Machine>
}

/** What is asked about many. */
interface TypeClient<Machine extends AnyStateMachine> {
  /** From an index that follows the log: what was just sent may be missing. */
  list(options?: ListOptions<Machine>): Promise<ListPage>
  counts(options?: Patience): Promise<CountsJson>
  /** What entities of the type refused, newest first. */
  deadLetters(options?: Patience & { readonly class?: FailureClass; readonly limit?: number; readonly before?: string }): Promise<LettersPage>
  /** One of them whole; undefined: there is none at that place. */
  deadLetter(place: LetterPlace, options?: Patience): Promise<WholeDeadLetter | undefined>
  /** Its statechart, laid out. */
  chart(options?: Patience): Promise<ChartJson>
}

/** What is asked about all of a system; no actor type is called so. */
export interface SystemClient {
  $types(options?: Patience): Promise<readonly TypeJson[]>
  /** Of all types; one whose owner does not answer in time says so. */
  $partitions(options?: Patience): Promise<readonly PartitionJson[]>
}

const WITHIN_MS = 5000
const WAIT_MS = 30_000
/** A report waits for who does not answer. */
const LOOK_MS = 1000
const ENTITY = '/v1/entities/{type}/{id}'

type Any = AnyStateMachine

export function entityHandle(session: Session, type: string, id: string): EntityClient<Any> {
  const names = { type, id }
  const { places } = session
  const asked = (operation: string, path: string, query: Ask['query'] = {}) => (deadlineMs: number): Ask => {
    const place = places.atLeast(type, id)
    return { operation, method: 'GET', path, names, query: { ...query, deadlineMs, atLeast: place === undefined ? undefined : placeText(place) } }
  }
  return {
    id,
    get: ({ withinMs = WITHIN_MS, signal } = {}) => session.ask(asked('getEntity', ENTITY), withinMs, signal, ofPlace(session, type, id, (told) => {
      if (codeOf(told) === 'entity/not-found') return { value: undefined }
      return isFine(told) ? { value: entityOf(told.body) } : refused(told)
    })),
    send: (event, { key = newKey(), withinMs = WITHIN_MS, signal } = {}) => session.ask((deadlineMs) => ({ operation: 'sendEvent', method: 'POST', path: `${ENTITY}/events`, names, query: { deadlineMs }, key, body: event }), withinMs, signal, (told) => {
      const sent = sentOf(told, key)
      const at = sent === undefined || sent.kind === 'waiting' ? undefined : sent.at
      // Older than what was seen it still is what became of the event.
      if (at !== undefined) places.take(type, id, at)
      return sent === undefined ? refused(told) : { value: sent }
    }),
    wait: async (state, { withinMs = WAIT_MS, signal } = {}) => {
      for (const untilMs = Date.now() + withinMs; ;) {
        const waited = await session.ask<Waited<Any>>(asked('waitForState', `${ENTITY}/wait`, { state }), Math.max(1, untilMs - Date.now()), signal, ofPlace<Waited<Any>>(session, type, id, (told) => {
          if (codeOf(told) === 'wait/deadline') return { value: { kind: 'not-reached', entity: entityOf(errorOf(told)['entity']) } }
          const entity = isFine(told) ? entityOf(told.body) : undefined
          return entity === undefined ? refused(told) : { value: { kind: 'reached', entity } }
        }))
        // A server waits no longer than DEADLINE_MS_MAX.
        if (waited.kind === 'reached' || withinMs <= DEADLINE_MS_MAX || Date.now() >= untilMs) return waited
      }
    },
    history: ({ limit, before, decided, withinMs = WITHIN_MS, signal } = {}) => session.ask((deadlineMs) => ({ operation: 'entityHistory', method: 'GET', path: `${ENTITY}/history`, names, query: { limit, before, decided: decided === undefined ? undefined : String(decided), deadlineMs } }), withinMs, signal, body<HistoryPage<Any>>),
    watch: (options = {}) => watch(session, type, id, options.signal, entityOf),
    inspect: (options = {}) => inspect(session, type, id, options),
  }
}

export function typeHandle(session: Session, type: string): TypeClient<Any> {
  const names = { type }
  return {
    list: ({ state, where, limit, after, withinMs = WITHIN_MS, signal } = {}) => session.ask((deadlineMs) => ({ operation: 'listEntities', method: 'GET', path: '/v1/entities/{type}', names, query: { state, where, limit, after, deadlineMs } }), withinMs, signal, body<ListPage>),
    counts: ({ withinMs = WITHIN_MS, signal } = {}) => session.ask<CountsJson>((deadlineMs) => ({ operation: 'countStates', method: 'GET', path: '/v1/types/{type}/states', names, query: { deadlineMs } }), withinMs, signal, (told) => {
      const counts = body<CountsJson>(told).value
      // P1 holds for sums too.
      return counts.at.map((at) => session.places.take(type, undefined, at)).every(Boolean) ? { value: counts } : undefined
    }),
    deadLetters: ({ class: failureClass, limit, before, withinMs = WITHIN_MS, signal } = {}) => session.ask((deadlineMs) => ({ operation: 'listDeadLetters', method: 'GET', path: '/v1/dead-letters', names, query: { type, class: failureClass, limit, before, deadlineMs } }), withinMs, signal, body<LettersPage>),
    deadLetter: ({ topic, partition, offset }, { withinMs = WITHIN_MS, signal } = {}) => {
      const place = { topic, partition: String(partition), offset: String(offset) }
      return session.ask(() => ({ operation: 'getDeadLetter', method: 'GET', path: '/v1/dead-letters/{topic}/{partition}/{offset}', names: place, query: {} }), withinMs, signal, (told) => (codeOf(told) === 'letter/not-found' ? { value: undefined } : body<WholeDeadLetter>(told)))
    },
    chart: ({ withinMs = WITHIN_MS, signal } = {}) => session.ask(() => ({ operation: 'getChart', method: 'GET', path: '/v1/types/{type}/chart', names, query: {} }), withinMs, signal, body<ChartJson>),
  }
}

export function systemHandle(session: Session): SystemClient {
  return {
    $types: ({ withinMs = WITHIN_MS, signal } = {}) => session.ask(() => ({ operation: 'listTypes', method: 'GET', path: '/v1/types', names: {}, query: {} }), withinMs, signal, (told) => ({ value: body<{ readonly types: readonly TypeJson[] }>(told).value.types })),
    $partitions: ({ withinMs = LOOK_MS, signal } = {}) => session.ask((deadlineMs) => ({ operation: 'listPartitions', method: 'GET', path: '/v1/partitions', names: {}, query: { deadlineMs } }), withinMs, signal, (told) => ({ value: body<{ readonly partitions: readonly PartitionJson[] }>(told).value.partitions })),
  }
}

/** P1; a place of a life that is over is forgotten, and the question asked anew. */
function ofPlace<T>({ places }: Session, type: string, id: string, read: Reading<T>): Reading<T> {
  return (told) => {
    if (codeOf(told).startsWith('place/')) {
      places.forget(type, id)
      return undefined
    }
    const error = errorOf(told)
    const at = standingOf(isFine(told) ? told.body : error['at'] ?? error['entity'])
    return at !== undefined && !places.take(type, id, at) ? undefined : read(told)
  }
}

const isFine = ({ status }: Told): boolean => status >= 200 && status < 300

function errorOf({ body: told }: Told): Readonly<Record<string, unknown>> {
  const { error } = (told ?? {}) as { readonly error?: unknown }
  return typeof error === 'object' && error !== null ? error as Readonly<Record<string, unknown>> : {}
}

const codeOf = (told: Told): string => String(errorOf(told)['code'] ?? '')

function refused(told: Told): never {
  throw problemOf(told)
}

function body<T>(told: Told): { readonly value: T } {
  return isFine(told) && typeof told.body === 'object' && told.body !== null ? { value: told.body as T } : refused(told)
}

/** Undefined: there is none. */
function entityOf(told: unknown): EntityJson<Any> | undefined {
  if (typeof told !== 'object' || told === null || !('found' in told) || told.found !== true) return undefined
  const { found: _, ...entity } = told
  return entity as unknown as EntityJson<Any>
}

/** Undefined: none of it became of the event. */
function sentOf(told: Told, key: string): Sent | undefined {
  const { outcome, reply, at, partition } = (told.body ?? {}) as Readonly<Record<string, unknown>>
  if (told.status === 202) return { kind: 'waiting', key, reason: String((partition as { readonly reason?: unknown } | undefined)?.reason ?? '') }
  const stands = standingOf(at)
  if (isFine(told) && outcome === 'reply' && stands !== undefined) return { kind: 'reply', key, value: reply ?? null, at: stands }
  const error = errorOf(told)
  if (codeOf(told) === 'command/refused') return { kind: 'refused', key, class: String(error['class']), message: String(error['message']), at: standingOf(error['at']) }
  return codeOf(told) === 'command/no-reply' ? { kind: 'no-reply', key, at: standingOf(error['at']) } : undefined
}

/** 128 bits of chance. Not `randomUUID`: browsers have it on pages of https alone. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
