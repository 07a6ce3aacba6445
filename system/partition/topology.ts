// Topology: what each actor type of a system reads, writes, sends and waits for, worked out once from the definitions.
//
// T1. A type has watermarks iff it orders by event time, has event-time timers, or tells (forward) a type that has.
// T2. The senders of a type are exactly the partitions of the types that tell it forward; feedback edges carry no watermark.
import { inboxTopic, journalTopic, stateTopic, deadLetterTopic, modelsTopic, parkedTopic } from '../protocol/ids.ts'
import type { TopicSpec } from '../protocol/record.ts'
import type { ActorDefinition } from '../authoring/definition.ts'
import type { SystemDefinition } from '../authoring/system.ts'

export interface TellTarget {
  readonly group: string
  readonly inbox: string
  readonly partitions: number
  readonly feedback: boolean
  /** The target waits for our watermark. */
  readonly wantsWatermark: boolean
}

export interface ModelRef {
  readonly version: number
  /** sha256 hex of the artifact. */
  readonly hash: string
  /** It was activated in place of the model that the code brings, whose hash this is. */
  readonly over?: string
}

export interface TypePlan {
  readonly app: string
  readonly definition: ActorDefinition
  /** `<app>.<type>`: consumer group, and sender name in envelopes. */
  readonly group: string
  readonly partitions: number
  readonly inbox: string
  readonly journal: string
  readonly state: string
  /** Sources, then the inbox: the order is the tie-break of merging. */
  readonly inputs: readonly string[]
  readonly usesEventTime: boolean
  /** `<group>/<index>` of every sender partition that carries a watermark to this type. */
  readonly senders: readonly string[]
  readonly targets: ReadonlyMap<string, TellTarget>
  /** Name@version and hash prefix: which code wrote a snapshot. */
  readonly code: string
  /** Models that the system serves, by name. */
  readonly models: ReadonlyMap<string, ModelRef>
  /** What their vectors hold, in order, by the hash of the artifact. Nothing of a step depends on it. */
  readonly modelInputs: ReadonlyMap<string, readonly string[]>
}

/** Plans of all actor types by name. */
export function planSystem(system: SystemDefinition): ReadonlyMap<string, TypePlan> {
  const models = new Map(system.models.map((model): [string, ModelRef] => [model.name, { version: model.version, hash: model.hash }]))
  const modelInputs = new Map(system.models.map(({ hash, features }) => [hash, features] as const))
  const eventTime = eventTimeTypes(system.actors)
  return new Map(system.actors.map((actor) => [actor.name, planType(system, actor, eventTime, models, modelInputs)]))
}

function eventTimeTypes(actors: readonly ActorDefinition[]): ReadonlySet<string> {
  const found = new Set(actors.filter((actor) => actor.order === 'eventTime' || actor.timers === 'event').map((actor) => actor.name))
  for (let grown = true; grown; ) {
    grown = false
    for (const actor of actors) {
      const needed = [...actor.tells].some(([target, kind]) => kind === 'forward' && found.has(target))
      if (needed && !found.has(actor.name)) {
        found.add(actor.name)
        grown = true
      }
    }
  }
  return found
}

function planType(system: SystemDefinition, actor: ActorDefinition, eventTime: ReadonlySet<string>, models: ReadonlyMap<string, ModelRef>, modelInputs: TypePlan['modelInputs']): TypePlan {
  const app = system.name
  const usesEventTime = eventTime.has(actor.name)
  const senders = system.actors.filter((other) => usesEventTime && other.tells.get(actor.name) === 'forward')
  const targets = [...actor.tells].map(([target, kind]): [string, TellTarget] => [target, {
    group: `${app}.${target}`,
    inbox: inboxTopic(app, target),
    partitions: system.partitions,
    feedback: kind === 'feedback',
    wantsWatermark: kind === 'forward' && eventTime.has(target),
  }])
  const inbox = inboxTopic(app, actor.name)
  return {
    app, definition: actor, group: `${app}.${actor.name}`, partitions: system.partitions, inbox,
    journal: journalTopic(app, actor.name),
    state: stateTopic(app, actor.name),
    inputs: [...actor.sources.map((source) => source.topic), inbox],
    usesEventTime,
    senders: senders.flatMap((sender) => Array.from({ length: system.partitions }, (_, index) => `${app}.${sender.name}/${index}`)),
    targets: new Map(targets),
    code: `${actor.name}@${actor.version}:${actor.machine.hash.slice(0, 12)}`,
    models, modelInputs,
  }
}

/** Every topic that the system needs, with its policy. */
export function topicSpecs(plans: ReadonlyMap<string, TypePlan>): readonly TopicSpec[] {
  const specs = new Map<string, TopicSpec>()
  const add = (name: string, partitions: number, cleanup: TopicSpec['cleanup'] = 'delete'): void => {
    if (!specs.has(name)) specs.set(name, { name, partitions, cleanup })
  }
  for (const plan of plans.values()) {
    for (const input of plan.inputs) {
      add(input, plan.partitions)
      add(deadLetterTopic(input), plan.partitions)
    }
    add(plan.journal, plan.partitions)
    add(plan.state, plan.partitions, 'compact')
    add(parkedTopic(plan.app, plan.definition.name), plan.partitions)
    for (const { topic } of plan.definition.outputs.values()) add(topic, plan.partitions)
    if (plan.definition.late.kind === 'output') add(plan.definition.late.topic, plan.partitions)
    add(modelsTopic(plan.app), 1, 'compact')
  }
  return [...specs.values()]
}
