// The public entry `statelog/client`: a running system as its own definition describes it, for programs that run no partition of it. Needs fetch and no more:
// Node, Bun, and browsers, where the system is imported as a type.
//
// L1. What a client has seen or sent is in what it reads afterwards (`places.ts`).
// L2. What is expected is a value; what stands in the way is a ClientError (`session.ts`).
import type { AnyStateMachine } from 'xstate'
import type { MachinesOf } from '../../system/authoring/typed.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import type { Transport } from '../../system/gateway/transport.ts'
import { entityHandle, systemHandle, typeHandle } from './handles.ts'
import type { ActorClient, SystemClient } from './handles.ts'
import { overHttp } from './over-http.ts'
import type { HttpAddress } from './over-http.ts'
import { Session } from './session.ts'

export type { ActorClient, CountsJson, EntityClient, ListOptions, Sent, SystemClient, Waited } from './handles.ts'
export type { BytesJson, ChartJson, DeadLetter, EntityJson, HistoryEvent, HistoryPage, LetterPlace, LettersPage, ListPage, PartitionJson, TypeJson, WholeDeadLetter } from './answers.ts'
export type { InspectionEvent } from '../../system/inspect/inspection.ts'
export type { InspectOptions } from './inspect.ts'
export { ClientError } from './session.ts'
export type { Standing } from './places.ts'

/** By name of actor type: `c.card('c1')` is an entity, `c.card.list()` asks for many; `c.$partitions()` for the system itself. */
export type Client<System extends SystemDefinition> = SystemClient & { readonly [Type in keyof MachinesOf<System>]: MachinesOf<System>[Type] extends infer Machine extends AnyStateMachine ? ActorClient<Machine> : never }

/** Over HTTP, or over what else carries it. */
export type ClientOptions = HttpAddress | { readonly transport: Transport }

/** Names that are asked of any object, and are no actor types. */
const NOT_TYPES: readonly string[] = ['then', 'constructor', 'prototype']
const NAME = /^[a-z][a-z0-9-]{0,62}$/

/**
 * A client of the system; nothing is opened until it is used.
 * `client(system, { url, token })` where the definition is at hand, `client<typeof system>({ url })` with `import type` where it is not, as in a browser.
 */
export function client<System extends SystemDefinition>(system: System, options: ClientOptions): Client<System>
export function client<System extends SystemDefinition>(options: ClientOptions): Client<System>
export function client(...given: readonly [SystemDefinition, ClientOptions] | readonly [ClientOptions]): Client<SystemDefinition> {
  const [system, options] = given.length === 2 ? given : [undefined, given[0]]
  const session = new Session('transport' in options ? options.transport : overHttp(options))
  const known = system === undefined ? undefined : new Set(system.actors.map(({ name }) => name))
  const handles = new Map<string, unknown>(Object.entries(systemHandle(session)))
  const handleOf = (type: string): unknown => {
    const found = handles.get(type) ?? Object.assign((id: string) => entityHandle(session, type, id), typeHandle(session, type))
    handles.set(type, found)
    return found
  }
  const ofSystem = new Set(handles.keys())
  const isHere = (name: string): boolean => ofSystem.has(name) || (known === undefined ? NAME.test(name) && !NOT_TYPES.includes(name) : known.has(name))
  return new Proxy({}, { get: (_, name) => (typeof name === 'string' && isHere(name) ? handleOf(name) : undefined), has: (_, name) => typeof name === 'string' && isHere(name) }) as Client<SystemDefinition>
}
