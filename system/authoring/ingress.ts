// `defineIngress`: re-keys topics that are not keyed by the entity, into inboxes. The same machinery as an actor type, without actors:
// positions, tells and journal commit together, so every event reaches its entity exactly once, with the sender's watermark.
//
// G1. Events of one partition of a source reach one entity in their order.
// G2. An event without a route has no effect; one whose route throws is a dead letter, class `action`.
import { sha256Hex } from '../protocol/sha256.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { Engine, EngineState, PreparedMachine, StepResult } from '../ports/engine.ts'
import type { Outline } from '../ports/outline.ts'
import { actorDefiner } from './actor.ts'
import type { ActorOptions, SourceOptions } from './actor.ts'
import type { ActorDefinition } from './definition.ts'
import type { OutputOf, StandardSchemaV1 } from './standard-schema.ts'
import type { AnyStateMachine } from 'xstate'

/** Where an event goes: an entity of an actor type. `event`: what it is told; default the event itself. */
export interface Route {
  readonly target: string
  readonly id: string
  readonly event?: { readonly type: string; readonly [field: string]: unknown }
}

export interface IngressOptions<Sources extends Record<string, StandardSchemaV1>> {
  /** Durable: part of topic names and the consumer group. a-z, 0-9, '-'. */
  readonly name: string
  /** Topics to read; their records need no key. */
  readonly sources: { readonly [K in keyof Sources]: Omit<SourceOptions<Sources[K]>, 'key'> }
  /** Pure: the same event always takes the same routes. */
  readonly route: (event: OutputOf<Sources[keyof Sources]>) => Route | readonly Route[] | undefined
  /** Every actor type that a route may name. */
  readonly tells: readonly string[]
}

/** The one entity of each partition of an ingress. */
const ENTITY = 'ingress'

/** Throws DefinitionError with every problem found. */
export function defineIngress<Sources extends Record<string, StandardSchemaV1>>(options: IngressOptions<Sources>): ActorDefinition {
  const sources = Object.fromEntries(Object.entries(options.sources).map(([name, source]) => [name, { ...source, key: () => ENTITY }]))
  const definition = actorDefiner(routingEngine(options.name, options.tells, options.route as RouteOf), false)({
    name: options.name, version: 1, sources, machine: {} as AnyStateMachine,
    tells: Object.fromEntries(options.tells.map((target) => [target, 'forward'])),
  } as ActorOptions<AnyStateMachine, Record<string, StandardSchemaV1<unknown, never>>>)
  return { ...definition, entityOfAll: ENTITY }
}

type RouteOf = (event: MachineEvent) => Route | readonly Route[] | undefined

const STATE = Object.freeze({ brand: 'EngineState' }) as EngineState

/** Its one transition, which every event takes. */
const ALL: readonly number[] = [0]

const transitionOf = (name: string): string => `${name}:*:0`

/** A machine with one state and no context, whose only effects are tells. */
function routingEngine(name: string, targets: readonly string[], routeOf: RouteOf): Engine {
  const machine: PreparedMachine = {
    hash: sha256Hex(`ingress/${name}/1`),
    tells: [], emits: [], infers: [], lookups: [], states: [name], transitions: [transitionOf(name)],
    outline: () => outlineOf(name, targets),
    initial: () => ({ kind: 'ok', state: STATE, effects: [] }),
    step: (_, event, _nowMs, wantTaken) => routed(routeOf, event, wantTaken === true ? ALL : undefined),
    store: () => ({ value: {}, context: null, status: 'active' }),
    restore: () => STATE,
    status: () => 'active',
    configuration: () => '',
    context: () => null,
    runTask: () => Promise.reject(new TypeError('an ingress has no tasks')),
  }
  return { name: 'ingress', prepare: () => ({ kind: 'ok', machine }) }
}

function outlineOf(name: string, targets: readonly string[]): Outline {
  return {
    id: name,
    states: [{ id: name, key: name, path: [], kind: 'atomic', entry: [], exit: [], tasks: [], tags: [] }],
    transitions: [{ id: transitionOf(name), source: 0, targets: [], reenter: false, trigger: { kind: 'event', descriptor: '*' }, actions: targets.map((target) => ({ kind: 'tell', name: target })) }],
  }
}

function routed(routeOf: RouteOf, event: MachineEvent, taken: readonly number[] | undefined): StepResult {
  try {
    const routes = routeOf(event) ?? []
    const list = Array.isArray(routes) ? (routes as readonly Route[]) : [routes as Route]
    return { kind: 'ok', state: STATE, effects: list.map((route) => ({ kind: 'tell', target: route.target, id: route.id, event: route.event ?? event })), ...(taken === undefined ? {} : { taken }) }
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return { kind: 'failed', class: 'action', message: `the route threw: ${message}`, stack: thrown instanceof Error ? thrown.stack ?? message : message }
  }
}
