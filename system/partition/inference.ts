// Inference: what an entity is told of a score that it asked for.
import type { MachineEvent } from '../protocol/data.ts'
import type { Score } from '../ports/models.ts'
import type { ModelRef, TypePlan } from './topology.ts'

/** `models`: active now. Undefined: there is no score, and the type has nothing in its place. */
export function inferenceEvent({ definition }: TypePlan, models: ReadonlyMap<string, ModelRef>, timeMs: number, model: string, answer: Score): MachineEvent | undefined {
  const served = models.get(model)
  const base = { type: `inference.${model}`, time: timeMs, model, version: served?.version ?? 0, hash: served?.hash ?? '' }
  if (answer.kind === 'score') return { ...base, score: answer.score }
  const fallback = definition.fallbacks.get(model)
  return fallback === undefined ? undefined : { ...base, score: fallback, fallback: answer.reason }
}
