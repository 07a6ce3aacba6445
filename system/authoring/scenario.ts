// `defineScenario`: a story that drives a system. One value is run, watched, timed and tormented.
import { DefinitionError } from '../protocol/failures.ts'
import { isName } from '../protocol/ids.ts'
import type { SystemDefinition } from './system.ts'

/** An event for a source topic. Written as the source's format says, keyed by `key`. */
export interface FeedEvent {
  readonly topic: string
  readonly key: string
  readonly event: Readonly<Record<string, unknown>>
  /** Event time, ms; paces the feed and becomes the record's timestamp. */
  readonly timeMs: number
}

/** Promises to every partition of a topic that no further event is older. Infinity: the source has ended. */
export interface FeedPromise {
  readonly topic: string
  readonly watermarkMs: number
}

/** Bytes as they are, for sources whose values are bytes, and for hostile input: no schema, no encoding. */
export interface FeedBytes {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timeMs: number
}

export type FeedItem = FeedEvent | FeedPromise | FeedBytes

/** What the command line or a test asked for. */
export interface ScenarioOptions {
  readonly seed: number
  /** File to read instead of generating. */
  readonly data: string | undefined
  /** How much event time or how many events to generate; the scenario says which in `about`. */
  readonly events: number | undefined
  /** The scenario's own flags, by name, as text. */
  readonly flags: ReadonlyMap<string, string>
}

/** Reads the outputs of a finished run. */
export interface OutputReader {
  /** Every record of an output topic, decoded JSON, in partition and offset order. */
  outputs(topic: string): AsyncIterable<{ readonly key: string; readonly event: Record<string, unknown>; readonly partition: number; readonly offset: number }>
}

export interface Expectation {
  readonly compared: number
  readonly different: number
  /** The first differences, for people. */
  readonly examples: readonly string[]
  readonly summary: string
}

export interface ScenarioRun {
  readonly system: SystemDefinition
  /** One line: what is about to happen, where the input comes from. */
  readonly about: string
  /** Expected number of events, for progress; undefined when unknown. */
  readonly total: number | undefined
  /** Deterministic for the same options: a run that continues a data folder skips what was already fed. Chunks of about 500. */
  feed(): AsyncIterable<readonly FeedItem[]>
  /** Compares the outputs with a file of expected values (`--expect`). */
  readonly expect?: (file: string, reader: OutputReader) => Promise<Expectation>
  /** Lines for the final summary, after the runtime's own. */
  readonly conclude?: (reader: OutputReader) => Promise<readonly string[]>
  /** Commands worth trying next, with real ids. */
  readonly tryNext: readonly string[]
}

export interface ScenarioFlag {
  readonly help: string
  /** Allowed values; undefined: any text. */
  readonly values?: readonly string[]
}

export interface ScenarioDefinition {
  readonly name: string
  readonly title: string
  readonly flags: Readonly<Record<string, ScenarioFlag>>
  prepare(options: ScenarioOptions): Promise<ScenarioRun>
  /** The system that `prepare` would run, without looking at the input: what readers of a data folder need. */
  readonly system?: (options: ScenarioOptions) => SystemDefinition
}

/** Throws DefinitionError for a bad name. */
export function defineScenario(definition: ScenarioDefinition): ScenarioDefinition {
  if (!isName(definition.name)) throw new DefinitionError([`scenario '${definition.name}': a name is a-z, 0-9 and '-'`])
  return definition
}
