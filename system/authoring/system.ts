// `defineSystem`: the actor types and models of one app, and the graph of tells between them.
//
// S1. An edge that closes a cycle of tells is declared `feedback`; it carries no watermark.
// S2. Names are unique; no source or output is a topic that the system keeps for itself.
import { DefinitionError } from '../protocol/failures.ts'
import { deadLetterTopic, inboxTopic, isName, journalTopic, modelsTopic, parkedTopic, stateTopic } from '../protocol/ids.ts'
import type { Model } from '../models/model.ts'
import type { ActorDefinition } from './definition.ts'
import type { Table } from './table.ts'

export interface SystemOptions<Actors extends readonly ActorDefinition[] = readonly ActorDefinition[]> {
  /** Durable: the prefix of the app's own topics. */
  readonly name: string
  readonly actors: Actors
  readonly models?: readonly Model[]
  /** Reference tables that machines look rows up in. */
  readonly tables?: readonly Table[]
  /** Partitions of every actor type, fixed for its life. Default 4. */
  readonly partitions?: number
}

export interface SystemDefinition<Actors extends readonly ActorDefinition[] = readonly ActorDefinition[]> {
  readonly name: string
  readonly actors: Actors
  readonly models: readonly Model[]
  readonly tables: readonly Table[]
  readonly partitions: number
}

/** Throws DefinitionError with every problem: unknown targets, undeclared cycles, unknown models and tables, bad names. */
export function defineSystem<const Actors extends readonly ActorDefinition[]>(options: SystemOptions<Actors>): SystemDefinition<Actors> {
  const problems: string[] = []
  const models = options.models ?? []
  const tables = options.tables ?? []
  const partitions = options.partitions ?? 4
  if (!isName(options.name)) problems.push(`system '${options.name}': a name is a-z, 0-9 and '-', starts with a letter and has at most 63 characters`)
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 1000) problems.push(`system '${options.name}': partitions is ${partitions}, must be 1..1000`)
  problems.push(...duplicates(options.actors.map((actor) => actor.name), 'actor type'), ...duplicates(models.map((model) => model.name), 'model'), ...duplicates(tables.map((table) => table.name), 'table'))
  const types = new Map(options.actors.map((actor) => [actor.name, actor]))
  const modelNames = new Set(models.map((model) => model.name))
  const tableNames = new Set(tables.map((table) => table.name))
  for (const actor of options.actors) {
    for (const target of actor.tells.keys()) {
      if (!types.has(target)) problems.push(`${actor.name}: it tells '${target}', which is no actor type of system '${options.name}'`)
    }
    for (const model of actor.machine.infers) {
      if (!modelNames.has(model)) problems.push(`${actor.name}: it infers '${model}', which is no model of system '${options.name}'. Add it to models.`)
    }
    for (const table of actor.machine.lookups) {
      if (!tableNames.has(table)) problems.push(`${actor.name}: it looks up '${table}', which is no table of system '${options.name}'. Add it to tables.`)
    }
  }
  for (const actor of options.actors) problems.push(...topicProblems(actor, options))
  const cycle = findCycle(types)
  if (cycle !== undefined) {
    const [from, to] = [cycle.at(-2), cycle.at(-1)]
    problems.push(`tells form a cycle: ${cycle.join(' -> ')}. Declare the edge that closes it: ${from}: tells: { '${to}': 'feedback' }.`)
  }
  if (problems.length > 0) throw new DefinitionError(problems)
  return { name: options.name, actors: options.actors, models, tables, partitions }
}

/** The system's own topics belong to its partitions alone: what anyone else wrote there would be taken for state, journal or commands. */
function topicProblems(actor: ActorDefinition, { name: app, actors }: SystemOptions): string[] {
  const own = new Set([modelsTopic(app), ...actors.flatMap(({ name }) => [inboxTopic(app, name), journalTopic(app, name), stateTopic(app, name), parkedTopic(app, name)])])
  const read = actor.sources.map(({ topic }) => topic)
  const written = [...[...actor.outputs.values()].map(({ topic }) => topic), ...(actor.late.kind === 'output' ? [actor.late.topic] : [])]
  const letters = new Set(actors.flatMap((one) => [...one.sources.map(({ topic }) => deadLetterTopic(topic)), deadLetterTopic(inboxTopic(app, one.name))]))
  return [
    ...read.filter((topic) => own.has(topic)).map((topic) => `${actor.name}: its source reads '${topic}', which system '${app}' keeps for itself`),
    ...written.filter((topic) => own.has(topic) || letters.has(topic)).map((topic) => `${actor.name}: it writes to '${topic}', which system '${app}' keeps for itself`),
  ]
}

function duplicates(names: readonly string[], what: string): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index).map((name) => `two ${what}s are called '${name}'`)
}

/** A path of forward edges that ends where an earlier node stands, or undefined. */
function findCycle(types: ReadonlyMap<string, ActorDefinition>): readonly string[] | undefined {
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    if (done.has(name)) return undefined
    for (const [target, kind] of types.get(name)?.tells ?? []) {
      if (kind === 'feedback') continue
      const cycle = visit(target, [...path, name])
      if (cycle !== undefined) return cycle
    }
    done.add(name)
    return undefined
  }
  for (const name of types.keys()) {
    const cycle = visit(name, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}
