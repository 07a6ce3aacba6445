// Feature set: a named, versioned list of features over the events of one entity. The same code runs live, in backfill and for training.
//
// Owns: definition, hash, fold and vector. Does not know who keeps the state or orders the events.
//
// F1. `fold` and `vector` are pure: they change no argument, read no clock, and give the same bits on every runtime (I11).
// F2. Windows are (t - w, t], t being the newest event time seen. Of events with equal time the later arrival counts as later.
// F3. An event older than the newest is put at its own time; nothing that has left a window comes back.
// F4. Every value of a vector is finite and never -0; what would not be is a FeatureError.
import type { OutputOf, StandardSchemaV1 } from '../authoring/standard-schema.ts'
import { isStandardSchema } from '../authoring/standard-schema.ts'
import { DefinitionError } from '../protocol/failures.ts'
import { isName } from '../protocol/ids.ts'
import { sha256Hex } from '../protocol/sha256.ts'
import type { EventRecord } from './compute.ts'
import type { NumberExpression } from './expression.ts'
import { nodeOf } from './expression.ts'
import { compileSources } from './evidence.ts'
import { FeatureError } from './failure.ts'
import { folder } from './folder.ts'
import { knowSet } from './known-sets.ts'
import { FEATURES_MAX, SAMPLES_MAX } from './limits.ts'
import type { Node } from './node.ts'
import { Plan } from './plan.ts'
import { compileFeature } from './reader.ts'
import type { FeatureState } from './state.ts'
import { eventView } from './view.ts'
import type { EventView } from './view.ts'

export type Definition = Readonly<Record<string, NumberExpression | readonly NumberExpression[]>>

export interface FeatureOptions {
  /** Samples kept per entity and event kind (10,000 unless given). Full: the oldest leaves early, counted in the state. */
  readonly samplesMax?: number
}

/** The values of a set at one moment, with the definition they come from. */
export interface FeatureVector {
  readonly set: string
  readonly version: number
  readonly hash: string
  readonly values: readonly number[]
}

export interface FeatureSet<Event = EventRecord> {
  readonly name: string
  readonly version: number
  /** sha256 hex over the canonical definition: name, version, features, bounds. Not over source text. */
  readonly hash: string
  /** The names of the values, in their order. A list makes `name.0`, `name.1` ... */
  readonly names: readonly string[]
  /** The state of an entity without events. */
  readonly empty: FeatureState
  /** For `typeof set.State`; the value is `empty`. */
  readonly State: FeatureState
  /** The state after one more event. The event time is `event.time` unless given. Throws FeatureError, and then `state` is as it was. */
  fold(state: FeatureState, event: Event, timeMs?: number): FeatureState
  /** The values at `timeMs`, but not before the newest event: a set does not look back. Throws FeatureError. */
  vector(state: FeatureState, timeMs?: number): FeatureVector
  /** As `vector`, the numbers alone. */
  values(state: FeatureState, timeMs?: number): number[]
}

type Schemas = Readonly<Record<string, StandardSchemaV1>>
type Envelope<Type> = { readonly type: Type; readonly time?: unknown }

/** One schema, or schemas by event type. */
export type EventSource = StandardSchemaV1 | Schemas

/** What `fold` takes. */
export type EventOf<Source extends EventSource> =
  Source extends StandardSchemaV1 ? OutputOf<Source> & Partial<Envelope<unknown>>
  : Source extends Schemas ? { [Kind in keyof Source & string]: OutputOf<Source[Kind]> & Envelope<Kind> }[keyof Source & string]
  : never

/** What the definition is written over: the view of the one kind, or the views of all kinds by type. */
export type ViewOf<Source extends EventSource> =
  Source extends StandardSchemaV1 ? EventView<OutputOf<Source>>
  : Source extends Schemas ? { readonly [Kind in keyof Source & string]: EventView<OutputOf<Source[Kind]>> }
  : never

/**
 * Defines a feature set over events of one schema, or over several kinds of events by their type.
 * `version` is the author's: raise it when the meaning of a feature changes. Throws DefinitionError.
 */
export function features<Source extends EventSource>(
  name: string, version: number, schema: Source, define: (events: ViewOf<Source>) => Definition, options: FeatureOptions = {},
): FeatureSet<EventOf<Source>> {
  const kinds = isStandardSchema(schema) ? [''] : Object.keys(schema)
  const views = isStandardSchema(schema) ? eventView('') : Object.fromEntries(kinds.map((kind) => [kind, eventView(kind)]))
  const samplesMax = options.samplesMax ?? SAMPLES_MAX
  const problems = [
    ...(isName(name) ? [] : [`'${name}': a feature set's name is a-z, 0-9 and '-', starting with a letter`]),
    ...(Number.isSafeInteger(version) && version > 0 ? [] : [`${name}: the version ${version} is not a whole number above 0`]),
    ...(kinds.length > 0 ? [] : [`${name}: no schemas; give one, or a record of them by event type`]),
    ...(Number.isSafeInteger(samplesMax) && samplesMax > 0 ? [] : [`${name}: samplesMax ${samplesMax} is not a whole number above 0`]),
  ]
  if (problems.length > 0) throw new DefinitionError(problems)
  const listed = listFeatures(name, define(views as ViewOf<Source>))
  const hash = sha256Hex(JSON.stringify({ name, version, kinds, samplesMax, features: listed }))
  return makeSet<EventOf<Source>>({ name, version, hash, kinds, samplesMax, listed })
}

const FEATURE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

function listFeatures(set: string, definition: Definition): readonly (readonly [name: string, node: Node])[] {
  const listed: (readonly [string, Node])[] = []
  for (const [name, feature] of Object.entries(definition)) {
    if (!FEATURE_NAME.test(name)) throw new DefinitionError([`${set}: '${name}' is no feature name; use letters, digits and '_'`])
    const isList = Array.isArray(feature)
    const parts: readonly unknown[] = isList ? feature : [feature]
    parts.forEach((part, i) => {
      const node = nodeOf(part)
      if (!node) throw new DefinitionError([`${set}.${name}: is no feature; write an expression such as sliding('1d').count() or tx.amount`])
      listed.push([isList ? `${name}.${i}` : name, node])
    })
  }
  if (listed.length === 0 || listed.length > FEATURES_MAX) throw new DefinitionError([`${set}: has ${listed.length} features, allowed are 1..${FEATURES_MAX}`])
  return listed
}

interface SetDefinition {
  readonly name: string
  readonly version: number
  readonly hash: string
  readonly kinds: readonly string[]
  readonly samplesMax: number
  readonly listed: readonly (readonly [name: string, node: Node])[]
}

function makeSet<Event>({ name, version, hash, kinds, samplesMax, listed }: SetDefinition): FeatureSet<Event> {
  const plan = new Plan(name, kinds, samplesMax)
  const reads = listed.map(([feature, node]) => compileFeature(node, plan, feature))
  const sources = listed.map(([feature, node]) => compileSources(node, plan, feature))
  const { empty, fold, at } = folder({ name, of: hash.slice(0, 16), kinds, plan: plan.finished() })
  const names = listed.map(([feature]) => feature)
  const values = (state: FeatureState, timeMs?: number): number[] => {
    const standing = at(state, timeMs)
    const nowMs = timeMs === undefined ? state.newestMs : Math.max(timeMs, state.newestMs)
    const result = new Array<number>(reads.length)
    for (let i = 0; i < reads.length; i++) {
      const value = reads[i]!(standing, nowMs)
      if (!Number.isFinite(value)) throw new FeatureError(`${name}.${names[i]}: is ${value}, which is not finite`)
      result[i] = value + 0
    }
    return result
  }
  knowSet(empty.of, { name, version, hash, names, sources, values: (state) => values(state) })
  return {
    name, version, hash, names, empty, State: empty, values,
    fold: (state, event, timeMs) => fold(state, event as EventRecord, timeMs),
    vector: (state, timeMs) => ({ set: name, version, hash, values: values(state, timeMs) }),
  }
}
