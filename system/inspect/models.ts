// Models: which are active in a partition, as its next batch would score. From the log alone; commits nothing.
import { OperationError } from '../protocol/failures.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import { recover } from '../partition/recovery.ts'
import type { ModelRef, TypePlan } from '../partition/topology.ts'
import { entityId, statesOf } from './query.ts'
import { silentTelemetry } from './silence.ts'

/** By name. Throws OperationError: history gone, or a log that cannot be read by key. */
export async function activeModels(log: Log, codec: Codec, plan: TypePlan, partition: number): Promise<ReadonlyMap<string, ModelRef>> {
  // Activations concern no entity: watching any one keeps the others from being loaded and stepped.
  const recovery = await recover({ log, codec, plan, partition, states: statesOf(log, codec, plan, partition), telemetry: silentTelemetry, watch: { entity: entityId('-') } })
  if (recovery.kind === 'history-gone') throw new OperationError('history-gone', recovery.reason)
  return recovery.last === undefined ? plan.models : recovery.memory.models
}
