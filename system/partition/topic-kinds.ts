// Topic kinds: what each topic of a system is to recovery, and for how long its records are needed.
//
// K1. The journal is needed for good: a partition at rest writes nothing, and the newest record may be of any age.
// K2. Inputs are needed from the floor on: for as long as states wait to be written, and while the system stands still.
// K3. States and models are the newest record of each key, of any age.
import { modelsTopic } from '../protocol/ids.ts'
import { INPUT_KEPT_BYTES_MIN, STANDSTILL_MS } from '../protocol/limits.ts'
import { topicSpecs } from './topology.ts'
import type { TypePlan } from './topology.ts'

/** `records`: outputs, dead letters, parked and late events: nothing is recovered from them. */
export type TopicKind = 'source' | 'inbox' | 'journal' | 'states' | 'records'

export interface TopicNeed {
  readonly topic: string
  readonly kind: TopicKind
  readonly cleanup: 'delete' | 'compact'
  /** What recovery needs: with less, it may find its history gone. */
  readonly keptMsMin: number
  readonly keptBytesMin: number
}

/** Of every topic of the system. */
export function topicNeeds(plans: ReadonlyMap<string, TypePlan>): readonly TopicNeed[] {
  const kinds = new Map<string, { readonly kind: TopicKind; readonly keptMsMin: number; readonly keptBytesMin: number }>()
  for (const plan of plans.values()) {
    for (const topic of plan.inputs) {
      const keptMsMin = Math.max(kinds.get(topic)?.keptMsMin ?? 0, plan.definition.snapshotEveryMs + STANDSTILL_MS)
      kinds.set(topic, { kind: topic === plan.inbox ? 'inbox' : 'source', keptMsMin, keptBytesMin: INPUT_KEPT_BYTES_MIN })
    }
    kinds.set(plan.journal, { kind: 'journal', keptMsMin: Infinity, keptBytesMin: Infinity })
    for (const topic of [plan.state, modelsTopic(plan.app)]) kinds.set(topic, { kind: 'states', keptMsMin: Infinity, keptBytesMin: Infinity })
  }
  return topicSpecs(plans).map(({ name, cleanup }) => ({ topic: name, cleanup, ...(kinds.get(name) ?? { kind: 'records', keptMsMin: 0, keptBytesMin: 0 }) }))
}
