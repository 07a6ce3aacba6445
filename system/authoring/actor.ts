// `defineActor`: an actor type around an XState machine. Everything that can be wrong is refused here, all problems at once.
import { DefinitionError } from '../protocol/failures.ts'
import type { Directive, FailureClass } from '../protocol/failures.ts'
import { isName, isTopicName } from '../protocol/ids.ts'
import { ENTITY_BYTES_MAX, FUTURE_MS_MAX, HELD_PER_ENTITY_MAX, RECORD_BYTES_MAX, SKEW_MS_MAX, SNAPSHOT_EVERY_MS, STATE_BYTES_MAX, TIMERS_PER_ENTITY_MAX } from '../protocol/limits.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { Engine, PreparedMachine, StoredMachine } from '../ports/engine.ts'
import type { AnyStateMachine, EventFromLogic } from 'xstate'
import type { ActorDefinition, ActorLimits, LatePolicy, OutputDefinition, SourceDefinition, SourceFormat, TypedActor } from './definition.ts'
import type { QualityRule } from './quality.ts'
import type { OutputOf, StandardSchemaV1 } from './standard-schema.ts'
import { parseDuration } from './duration.ts'
import type { Duration } from './duration.ts'

export interface SourceOptions<S extends StandardSchemaV1> {
  /** Any Standard Schema; its output is the machine's event: `type`, and `time` unless `time` is given here. */
  readonly schema: S
  /** Entity id that the payload names; must equal the record's key. Leave it out where only the record's key names the entity. */
  readonly key?: (event: OutputOf<S>) => string
  /** Event time, ms since the epoch. Default: the field `time`. */
  readonly time?: (event: OutputOf<S>) => number
  /** Id given upstream; with it, duplicates made upstream are dropped within the dedup window. */
  readonly id?: (event: OutputOf<S>) => string
  /** Topic name; default: the source's name. */
  readonly topic?: string
  /**
   * What the schema is given: the value parsed as JSON (default) or CBOR, or with `bytes` the value itself as Uint8Array, for Protobuf, Avro or
   * a fixed layout: such a schema makes the event out of the bytes, which it must not change or keep. E.g. with zod:
   * `z.instanceof(Uint8Array).transform(readReading)`.
   */
  readonly format?: SourceFormat
  readonly rules?: readonly QualityRule<OutputOf<S>>[]
  /** How far behind the newest event a record may come. Default 0. */
  readonly outOfOrder?: Duration
  /** How far ahead of the clock an event may be dated. Default one day. */
  readonly future?: Duration
  /** Counts as idle after this long without records; default never. */
  readonly idleAfter?: Duration
}

export interface OutputOptions {
  readonly topic: string
  /**
   * The record's value: Protobuf, Avro or a fixed layout. The same event must give the same bytes, at any time and on any runtime, each time in an array of
   * their own. What it throws refuses
   * the input (class `action`). Default: the event as JSON.
   */
  readonly value?: (event: never) => Uint8Array
  /** `none`: records without headers, for readers that want the value alone. Default `cloudevents`: id, type, source and time. */
  readonly headers?: 'cloudevents' | 'none'
}

export interface ActorOptions<M extends AnyStateMachine, Sources extends Record<string, StandardSchemaV1>> {
  /** Durable: part of topic names. a-z, 0-9, '-'. */
  readonly name: string
  /** Of the machine and its stored form; raise it with a `migrate` entry when old states must change shape. */
  readonly version: number
  readonly machine: M
  readonly sources?: { readonly [K in keyof Sources]: SourceOptions<Sources[K]> }
  /** Emitted event type -> output topic, or how its records are made. */
  readonly outputs?: Readonly<Record<string, string | OutputOptions>>
  /** Targets that are not visible in the machine, and those that close a cycle: `{ card: 'feedback' }`. */
  readonly tells?: Readonly<Record<string, 'forward' | 'feedback'>>
  /** Whether `after` and delayed events count event time or processing time. Default processing. */
  readonly timers?: 'processing' | 'event'
  readonly order?: 'arrival' | 'eventTime'
  /** Event types in the order in which equal times are stepped. */
  readonly rank?: readonly EventFromLogic<M>['type'][]
  /** Events behind the watermark: apply (default), drop with a count, or write to a topic. */
  readonly late?: 'apply' | 'drop' | { readonly output: string }
  readonly dedup?: { readonly count: number; readonly within: Duration }
  readonly onFailure?: Partial<Record<FailureClass, Directive>>
  /** Score to use, by model, when there is none; without it the input fails with class `model`. */
  readonly fallbacks?: Readonly<Record<string, number>>
  readonly keepStopped?: Duration
  /** Dirty states older than this are written in the next commit; 0 = every commit. Default 5 s. */
  readonly snapshotEvery?: Duration
  readonly limits?: Partial<ActorLimits>
  /** From older versions' stored form to the next one's, by the version they start from. */
  readonly migrate?: Readonly<Record<number, (stored: StoredMachine) => StoredMachine>>
  /** Input of the machine for a new entity. Default `{ id }`. */
  readonly input?: (id: string) => unknown
}

const DIRECTIVES: Readonly<Record<FailureClass, Directive>> = {
  key: 'skip', decode: 'skip', schema: 'skip', semantic: 'skip', guard: 'skip', action: 'skip',
  feature: 'skip', model: 'skip', timeout: 'skip', size: 'skip', crash: 'skip',
}

/** Binds `defineActor` to an engine; composition roots do this once. `strict` freezes contexts (development and tests). */
export function actorDefiner(engine: Engine, strict: boolean) {
  return function defineActor<M extends AnyStateMachine, Sources extends Record<string, StandardSchemaV1<unknown, EventFromLogic<M>>> = Record<never, never>, const Name extends string = string>(
    options: ActorOptions<M, Sources> & { readonly name: Name },
  ): TypedActor<Name, M> {
    const problems: string[] = []
    const at = `actor type '${options.name}'`
    if (!isName(options.name)) problems.push(`${at}: a name is a-z, 0-9 and '-', starts with a letter and has at most 63 characters`)
    if (!Number.isInteger(options.version) || options.version < 1) problems.push(`${at}: version is ${options.version}, must be 1, 2, 3 ...`)
    const prepared = engine.prepare(options.machine, { version: options.version, strict })
    if (prepared.kind === 'refused') problems.push(...prepared.problems.map((problem) => `${options.name}: ${problem}`))
    const sources = Object.entries(options.sources ?? {}).map(([name, source]) => sourceDefinition(name, source as SourceOptions<StandardSchemaV1<unknown, MachineEvent>>))
    for (const source of sources) if (!isTopicName(source.topic)) problems.push(`${at}: '${source.topic}' is no topic name`)
    const topics = sources.map(({ topic }) => topic)
    for (const topic of new Set(topics.filter((one, index) => topics.indexOf(one) !== index))) {
      problems.push(`${at}: two sources read topic '${topic}'. Make them one, with a schema that takes both kinds of events.`)
    }
    problems.push(...policyProblems(at, options as unknown as ActorOptions<AnyStateMachine, Record<string, StandardSchemaV1>>))
    if (prepared.kind === 'refused' || problems.length > 0) throw new DefinitionError(problems)
    checkMachine(options.name, prepared.machine, options.outputs ?? {}, problems)
    if (problems.length > 0) throw new DefinitionError(problems)
    return { ...actorDefinition(options as unknown as ActorOptions<AnyStateMachine, Record<string, StandardSchemaV1>>, prepared.machine, sources), name: options.name }
  }
}

function policyProblems(at: string, options: ActorOptions<AnyStateMachine, Record<string, StandardSchemaV1>>): readonly string[] {
  const problems: string[] = []
  const { late, dedup, fallbacks = {}, limits = {} } = options
  if (typeof late === 'object' && !isTopicName(late.output)) problems.push(`${at}: late.output is '${late.output}', which is no topic name`)
  if (dedup !== undefined && (!Number.isInteger(dedup.count) || dedup.count < 1)) problems.push(`${at}: dedup.count is ${dedup.count}, must be 1, 2, 3 ...`)
  for (const [model, score] of Object.entries(fallbacks)) if (!Number.isFinite(score)) problems.push(`${at}: the fallback of model '${model}' is ${score}, must be a finite number`)
  for (const [limit, value] of Object.entries(limits)) if (!((value ?? (limit === 'foldInputsMax' ? 0 : NaN)) >= 0)) problems.push(`${at}: limits.${limit} is ${value}, must be a number >= 0`)
  return problems
}

function checkMachine(name: string, machine: PreparedMachine, outputs: Readonly<Record<string, string | OutputOptions>>, problems: string[]): void {
  for (const type of machine.emits) {
    if (outputs[type] === undefined) problems.push(`${name}: it emits '${type}', which no output takes. Add outputs: { '${type}': '<topic>' }.`)
  }
  for (const [type, output] of Object.entries(outputs)) {
    const { topic } = outputDefinition(output)
    if (!isTopicName(topic)) problems.push(`${name}: output '${type}' names '${topic}', which is no topic name`)
  }
}

function sourceDefinition(name: string, options: SourceOptions<StandardSchemaV1<unknown, MachineEvent>>): SourceDefinition {
  return {
    topic: options.topic ?? name,
    format: options.format ?? 'json',
    schema: options.schema,
    key: options.key,
    time: options.time ?? ((event) => event['time'] as number),
    id: options.id,
    rules: options.rules ?? [],
    outOfOrderMs: parseDuration(options.outOfOrder ?? 0),
    futureMs: parseDuration(options.future ?? FUTURE_MS_MAX),
    idleAfterMs: options.idleAfter === undefined ? undefined : parseDuration(options.idleAfter),
  }
}

function outputDefinition(output: string | OutputOptions): OutputDefinition {
  const { topic, value, headers }: OutputOptions = typeof output === 'string' ? { topic: output } : output
  return { topic, value: value as OutputDefinition['value'], isCloudEvent: headers !== 'none' }
}

function latePolicy(late: 'apply' | 'drop' | { readonly output: string } | undefined): LatePolicy {
  if (late === undefined || late === 'apply') return { kind: 'apply' }
  return late === 'drop' ? { kind: 'drop' } : { kind: 'output', topic: late.output }
}

function actorDefinition(options: ActorOptions<AnyStateMachine, Record<string, StandardSchemaV1>>, machine: PreparedMachine, sources: readonly SourceDefinition[]): ActorDefinition {
  const tells = new Map<string, 'forward' | 'feedback'>(machine.tells.map((target) => [target, 'forward']))
  for (const [target, kind] of Object.entries(options.tells ?? {})) tells.set(target, kind)
  return {
    name: options.name,
    version: options.version,
    machine,
    sources,
    outputs: new Map(Object.entries(options.outputs ?? {}).map(([type, output]) => [type, outputDefinition(output)])),
    tells,
    timers: options.timers ?? 'processing',
    order: options.order ?? 'arrival',
    rank: new Map((options.rank ?? []).map((type, rank) => [type, rank])),
    late: latePolicy(options.late),
    dedup: { count: options.dedup?.count ?? 128, withinMs: parseDuration(options.dedup?.within ?? '1d') },
    onFailure: { ...DIRECTIVES, ...options.onFailure },
    fallbacks: new Map(Object.entries(options.fallbacks ?? {})),
    keepStoppedMs: parseDuration(options.keepStopped ?? '7d'),
    snapshotEveryMs: parseDuration(options.snapshotEvery ?? SNAPSHOT_EVERY_MS),
    limits: {
      stateBytesMax: STATE_BYTES_MAX, heldMax: HELD_PER_ENTITY_MAX, timersMax: TIMERS_PER_ENTITY_MAX, recordBytesMax: RECORD_BYTES_MAX,
      entityBytesMax: ENTITY_BYTES_MAX, skewMs: SKEW_MS_MAX, foldInputsMax: undefined, ...options.limits,
    },
    migrations: Object.entries(options.migrate ?? {}).map(([from, migrate]) => ({ from: Number(from), migrate })),
    input: options.input ?? ((id) => ({ id })),
  }
}
