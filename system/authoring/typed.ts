// Typed: what the compiler knows of a system that is looked at from outside: names, events, contexts and states of its actor types. Types alone.
import type { AnyStateMachine, ContextFrom, EventFromLogic, StateValueFrom } from 'xstate'
import type { SystemDefinition } from './system.ts'
import type { TypedActor } from './definition.ts'

/** Machine by actor type. */
export type MachinesOf<System extends SystemDefinition> = {
  readonly [Actor in System['actors'][number] as Actor['name']]: Actor extends TypedActor<string, infer Machine> ? Machine extends AnyStateMachine ? Machine : AnyStateMachine : AnyStateMachine
}

type Reserved = `${'xstate' | 'inference' | 'lookup'}.${string}`

/** Events that may come from outside; the runtime says at what time they came. */
export type SendableEvent<Machine extends AnyStateMachine> = Sendable<EventFromLogic<Machine>>

type Sendable<Event> = Event extends { readonly type: infer Type } ? Type extends Reserved ? never : Timeless<Event> : never
type Timeless<Event> = string extends keyof Event ? Event : 'time' extends keyof Event ? Omit<Event, 'time'> & { readonly time?: number } : Event

/** Its context as it comes out of JSON. */
export type ContextJson<Machine extends AnyStateMachine> = AsJson<ContextFrom<Machine>>

/** Bytes, dates and bigints come as text. */
export type AsJson<T> =
  T extends string | number | boolean | null | undefined ? T
    : T extends bigint | Uint8Array | Date ? string
      : T extends (...args: never) => unknown ? never
        : T extends object ? { readonly [Key in keyof T]: AsJson<T[Key]> } : T

/** Active states, as XState writes them. */
export type StateValue<Machine extends AnyStateMachine> = StateValueFrom<Machine>

/** Paths of states, such as 'open' and 'open.ajar'. */
export type StatePath<Machine extends AnyStateMachine> = PathsOf<StateValueFrom<Machine>>

/** A machine whose states the compiler does not know has any. */
type PathsOf<Value> = Value extends string ? Value : Value extends object ? string extends keyof Value ? string : { [Key in keyof Value & string]: Key | `${Key}.${PathsOf<NonNullable<Value[Key]>>}` }[keyof Value & string] : never
