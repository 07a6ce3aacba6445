// Queries: the committed state of one entity, asked of the owner of its partition.
//
// I12. An answer carries (partition, life, epoch, seq), shows committed state only, and is refused once the last proof of ownership is
// older than half the session timeout, checked after the answer is computed.
import { OperationError } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import { Unsettled } from '../partition/cycle.ts'
import type { PartitionParts } from '../partition/parts.ts'
import { decodeEntity } from '../partition/entity.ts'
import type { Entity } from '../partition/entity.ts'
import type { Partition } from '../partition/partition.ts'
import type { TypePlan } from '../partition/topology.ts'
import { entityView } from '../partition/view.ts'
import type { EntityView } from '../partition/view.ts'

export interface Standing {
  readonly partition: number
  readonly life: string
  readonly epoch: number
  readonly seq: number
}

export type QueryAnswer =
  | { readonly kind: 'state'; readonly at: Standing; readonly entity: EntityView | undefined }
  /** Who was asked does not own the partition, or not yet, or can no longer prove it. Ask again: the owner may be another by now. */
  | { readonly kind: 'moved'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }

/** Answers for one partition. `sessionMs`: session timeout of the group; half of it is how old a proof may be. */
export async function answerQuery(plan: TypePlan, partition: Partition, codec: Codec, clock: Clock, sessionMs: number, id: EntityId): Promise<QueryAnswer> {
  const glance = partition.live
  if (glance === undefined) return { kind: 'moved', reason: `partition ${partition.lease.partition} of '${plan.definition.name}' is ${partition.state}${partition.reason === '' ? '' : `: ${partition.reason}`}` }
  try {
    const seen = await look(plan, glance, codec, id)
    if (seen === undefined) return { kind: 'refused', reason: `'${id}' changes faster than it can be read` }
    // Last, so that a pause of this process cannot stand between the proof and the answer.
    if (clock.monotonicMs() - partition.lease.provenAtMs() > sessionMs / 2) return { kind: 'moved', reason: 'the last proof of ownership is too old' }
    return { kind: 'state', at: { partition: partition.lease.partition, ...seen.at }, entity: seen.entity }
  } catch (thrown) {
    if (thrown instanceof Unsettled) return { kind: 'moved', reason: thrown.message }
    throw thrown
  }
}

interface Seen {
  readonly at: Omit<Standing, 'partition'>
  readonly entity: EntityView | undefined
}

/** Loads that meet a state newer than the look are tried again so often. */
const LOOKS_MAX = 10

/** Undefined: no load kept up with the commits. */
async function look(plan: TypePlan, glance: NonNullable<Partition['live']>, codec: Codec, id: EntityId): Promise<Seen | undefined> {
  const { memory, states }: PartitionParts = glance.parts
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const seen = await glance.atRest(() => {
      const entity = memory.entities.peek(id)
      const at = { life: memory.life, epoch: memory.epoch, seq: memory.seq }
      return { at, isHere: entity !== undefined, entity: entity === undefined ? undefined : entityView(plan.definition, entity) }
    })
    if (seen.isHere) return seen
    // Not in memory: its newest state is stored, and is what it was at the look unless a later commit wrote it meanwhile.
    const stored = (await states.load([id])).get(id)
    // It is not stored, nor was it in memory: at the look too, unless a commit since then ended it.
    if (stored === undefined && memory.seq === seen.at.seq && memory.entities.peek(id) === undefined) return { at: seen.at, entity: undefined }
    if (stored !== undefined && stored.seq <= seen.at.seq) return { at: seen.at, entity: entityView(plan.definition, restored(plan, codec, id, stored.seq, stored.value)) }
  }
  return undefined
}

function restored(plan: TypePlan, codec: Codec, id: EntityId, seq: number, bytes: Uint8Array): Entity {
  const read = decodeEntity(codec, plan.definition, id, seq, bytes)
  if (read.kind === 'ok') return read.entity
  throw new OperationError('state/unfit', `${plan.definition.name} '${id}': ${read.reason}`)
}
