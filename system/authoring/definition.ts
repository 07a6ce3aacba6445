// What an actor type is once defined: plain values, every policy resolved. `defineActor` makes it; the runtime only reads it.
import type { Directive, FailureClass } from '../protocol/failures.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { PreparedMachine, StoredMachine } from '../ports/engine.ts'
import type { QualityRule } from './quality.ts'
import type { StandardSchemaV1 } from './standard-schema.ts'

/** How a source's values become what its schema is given. */
export type SourceFormat = 'json' | 'cbor' | 'bytes'

export interface SourceDefinition {
  /** The topic's name in the log. */
  readonly topic: string
  readonly format: SourceFormat
  readonly schema: StandardSchemaV1<unknown, MachineEvent>
  /** The entity id that the payload names, which must equal the record's key; undefined: the payload names none. */
  readonly key: ((event: MachineEvent) => string) | undefined
  /** Event time, ms since the epoch. */
  readonly time: (event: MachineEvent) => number
  /** Id given upstream, for duplicates made there; undefined: no dedup for this source. */
  readonly id: ((event: MachineEvent) => string) | undefined
  readonly rules: readonly QualityRule<MachineEvent>[]
  /** How far behind the newest event a record of this source may come, ms. */
  readonly outOfOrderMs: number
  /** Further ahead of the clock than this: class `semantic`, ms. */
  readonly futureMs: number
  /** After how long without records the source counts as idle, ms; undefined: never. Exactness is not promised with idleness. */
  readonly idleAfterMs: number | undefined
}

export interface OutputDefinition {
  readonly topic: string
  /** The record's value; undefined: the event as JSON. */
  readonly value: ((event: MachineEvent) => Uint8Array) | undefined
  /** Whether records carry CloudEvents headers: id, type, source and time. */
  readonly isCloudEvent: boolean
}

export interface ActorLimits {
  readonly stateBytesMax: number
  readonly heldMax: number
  readonly timersMax: number
  readonly recordBytesMax: number
  /** Memory for entities of one partition, estimated bytes. */
  readonly entityBytesMax: number
  readonly skewMs: number
  /**
   * Inputs that a recovery of one partition may have to fold: lower recovers sooner, higher writes fewer states when much comes. Undefined: what is folded in
   * half a second, from 20,000 inputs to 200,000.
   */
  readonly foldInputsMax: number | undefined
}

export interface DedupWindow {
  readonly count: number
  readonly withinMs: number
}

export type LatePolicy = { readonly kind: 'apply' } | { readonly kind: 'drop' } | { readonly kind: 'output'; readonly topic: string }

export interface Migration {
  readonly from: number
  readonly migrate: (stored: StoredMachine) => StoredMachine
}

/** An actor type as the compiler knows it: its name, and the machine it was defined with. Of `types` nothing is there when it runs. */
export interface TypedActor<Name extends string, Machine> extends ActorDefinition {
  readonly name: Name
  readonly types?: Machine
}

export interface ActorDefinition {
  readonly name: string
  readonly version: number
  readonly machine: PreparedMachine
  readonly sources: readonly SourceDefinition[]
  /** By emitted type. */
  readonly outputs: ReadonlyMap<string, OutputDefinition>
  /** Actor types this one tells; feedback edges carry no watermark. */
  readonly tells: ReadonlyMap<string, 'forward' | 'feedback'>
  readonly timers: 'processing' | 'event'
  readonly order: 'arrival' | 'eventTime'
  /** Event type -> rank among events of equal time; undeclared types come last. */
  readonly rank: ReadonlyMap<string, number>
  readonly late: LatePolicy
  readonly dedup: DedupWindow
  readonly onFailure: Readonly<Record<FailureClass, Directive>>
  /** Model name -> score used when there is none. */
  readonly fallbacks: ReadonlyMap<string, number>
  /** How long a stopped entity's final state stays, ms. */
  readonly keepStoppedMs: number
  readonly snapshotEveryMs: number
  readonly limits: ActorLimits
  readonly migrations: readonly Migration[]
  /** Input of the machine for a new entity. */
  readonly input: (id: string) => unknown
  /** An ingress: all records of a partition belong to this one entity, whatever their key. */
  readonly entityOfAll?: string
}
