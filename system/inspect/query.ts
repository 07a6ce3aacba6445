// Query: one entity's state as of the end of its partition's journal, from the log alone. Read-only: no lease, nothing committed.
//
// Y1. The answer is committed state, exact even where the states on the state topic lag behind the journal (V1 of recovery).
// Y2. It carries partition, life, epoch and seq, so that answers can be put in order (I12).
import { InvariantBroken } from '../protocol/assert.ts'
import { OperationError } from '../protocol/failures.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { Codec } from '../ports/codec.ts'
import { decodeEntity, isBlank } from '../partition/entity.ts'
import type { Entity } from '../partition/entity.ts'
import { Gone } from '../partition/range-reading.ts'
import { recover } from '../partition/recovery.ts'
import type { Recovered } from '../partition/recovery.ts'
import { ownKeys } from './own-keys.ts'
import { ScannedKeys } from './scanned-keys.ts'
import { onceShown, shownStates } from './shown-states.ts'
import type { Looking } from './shown-states.ts'
import type { StateStore } from '../partition/state-store.ts'
import { journalRecords } from '../partition/survey.ts'
import type { TypePlan } from '../partition/topology.ts'
import { entityView } from '../partition/view.ts'
import type { EntityAnswer } from '../partition/view.ts'
import { silentTelemetry } from './silence.ts'

/** Throws OperationError: no entity id, history gone, a damaged state; Unreachable while states are not shown. */
export async function queryEntity(looking: Looking, plan: TypePlan, text: string): Promise<EntityAnswer> {
  return (await sizedEntity(looking, plan, text)).answer
}

/** As `queryEntity`; `bytes`: estimated memory. */
export async function sizedEntity(looking: Looking, plan: TypePlan, text: string): Promise<{ readonly answer: EntityAnswer; readonly bytes: number }> {
  const id = entityId(text)
  const partition = partitionOf(utf8Encode(id), plan.partitions)
  const { memory, last, entity } = await entityAtEnd(looking, plan, partition, id)
  const answer: EntityAnswer = {
    type: plan.definition.name, id, partition, life: memory.life, epoch: memory.epoch,
    // A state written while we read belongs to a later commit than the journal's end that we saw.
    seq: Math.max(memory.seq, entity?.seq ?? 0),
    code: last?.code ?? plan.code,
    watermarkMs: last === undefined ? undefined : memory.watermarks?.currentMs,
    entity: entity === undefined ? undefined : entityView(plan.definition, entity, memory.parked.get(id)),
  }
  return { answer, bytes: entity?.bytes ?? 0 }
}

type AtEnd = Pick<Recovered, 'memory' | 'last'> & { readonly entity: Entity | undefined }

/** Looks during which the entity came to its end are made again so often. */
const LOOKS_MAX = 10

/** The entity as of the end of its partition's journal, and what was recovered around it. */
export function entityAtEnd(looking: Looking, plan: TypePlan, partition: number, id: EntityId): Promise<AtEnd> {
  return onceShown(looking.clock, () => settledLook(looking, plan, partition, id))
}

async function settledLook(looking: Looking, plan: TypePlan, partition: number, id: EntityId): Promise<AtEnd> {
  for (let looks = 1; ; looks += 1) {
    const from = await looking.log.offsetsAt(plan.journal, partition, 'latest')
    const seen = await look(looking, plan, partition, id)
    if (looks === LOOKS_MAX || !(await hasEnded(looking, plan, partition, id, from))) {
      if (seen instanceof InvariantBroken) throw seen
      return seen
    }
  }
}

/** States are read after the journal. What is broken may be so because the entity's was gone by then. */
async function look(looking: Looking, plan: TypePlan, partition: number, id: EntityId): Promise<AtEnd | InvariantBroken> {
  const { log, codec, own } = looking
  const states = shownStates(looking, ownKeys(log, id, own), plan, partition)
  try {
    const recovery = await recover({ log, codec, plan, partition, states, telemetry: silentTelemetry, watch: { entity: id } })
    if (recovery.kind === 'history-gone') throw new OperationError('history-gone', recovery.reason)
    const { memory, last } = recovery
    const found = memory.entities.peek(id) ?? (await stored(states, codec, plan, id))
    return { memory, last, entity: found === undefined || isBlank(found) ? undefined : found }
  } catch (thrown) {
    if (thrown instanceof InvariantBroken) return thrown
    throw thrown
  }
}

/** True when a commit from this offset of the journal on may have written the entity's tombstone. */
async function hasEnded({ log, codec }: Looking, plan: TypePlan, partition: number, id: EntityId, from: number): Promise<boolean> {
  const end = await log.offsetsAt(plan.journal, partition, 'latest')
  try {
    for await (const { record: { tombstones } } of journalRecords(log, codec, plan, partition, from, end)) if (tombstones?.includes(id) !== false) return true
    return false
  } catch (thrown) {
    // The next look says why.
    if (thrown instanceof Gone) return true
    throw thrown
  }
}

/** Throws OperationError for what is no entity id. */
export function entityId(text: string): EntityId {
  const id = parseEntityId(text)
  if (id === undefined) throw new OperationError('entity/id', `'${text.slice(0, 80)}' is no entity id: UTF-8, 1..256 bytes`)
  return id
}

export function statesOf(looking: Looking, plan: TypePlan, partition: number): StateStore {
  return shownStates(looking, looking.log.keyed ?? new ScannedKeys(looking.log), plan, partition)
}

/** An entity that nothing since the floor has touched. */
async function stored(states: StateStore, codec: Codec, plan: TypePlan, id: EntityId): Promise<Entity | undefined> {
  const found = (await states.load([id])).get(id)
  if (found === undefined) return undefined
  const read = decodeEntity(codec, plan.definition, id, found.seq, found.value)
  if (read.kind === 'ok') return read.entity
  throw new OperationError(`state/${read.kind}`, `the stored state of ${plan.definition.name} '${id}': ${read.reason}`)
}
