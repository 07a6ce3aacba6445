// Activations: the control records that make a model active in every partition of a system, each at its own position.
import type { OutRecord } from '../protocol/record.ts'
import type { Codec } from '../ports/codec.ts'
import { encodeEnvelope } from '../partition/envelope.ts'
import type { TypePlan } from '../partition/topology.ts'

/** One for each partition of each actor type. The artifact must stand in the store before they are appended. */
export function activationRecords(plans: Iterable<TypePlan>, codec: Codec, model: { readonly name: string; readonly version: number; readonly hash: string }, nowMs: number): readonly OutRecord[] {
  const value = encodeEnvelope(codec, { kind: 'activation', model: model.name, version: model.version, hash: model.hash, timeMs: nowMs })
  return [...plans].flatMap((plan) => Array.from({ length: plan.partitions }, (_, partition) => ({ topic: plan.inbox, partition, key: null, value, headers: [], timestampMs: nowMs })))
}
