// Models: which are active in a partition, as its next batch would score. From the log alone; commits nothing.
import { OperationError } from '../protocol/failures.ts'
import { recover } from '../partition/recovery.ts'
import type { ModelRef, TypePlan } from '../partition/topology.ts'
import { ownKeys } from './own-keys.ts'
import { entityId } from './query.ts'
import { onceShown, shownStates } from './shown-states.ts'
import type { Looking } from './shown-states.ts'
import { silentTelemetry } from './silence.ts'

/** By name. Throws OperationError: history gone, or a log that cannot be read by key. */
export async function activeModels(looking: Looking, plan: TypePlan, partition: number): Promise<ReadonlyMap<string, ModelRef>> {
  // Activations concern no entity: watching any one keeps the others from being loaded and stepped.
  const { log, codec } = looking
  const nobody = entityId('-')
  const recovery = await onceShown(looking.clock, () => recover({ log, codec, plan, partition, states: shownStates(looking, ownKeys(log, nobody), plan, partition), telemetry: silentTelemetry, watch: { entity: nobody } }))
  if (recovery.kind === 'history-gone') throw new OperationError('history-gone', recovery.reason)
  return recovery.last === undefined ? plan.models : recovery.memory.models
}
