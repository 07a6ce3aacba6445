// Verify: replays the whole journal of a partition and compares what it gives with what was committed. Needs no model: scores are journalled.
//
// F1. Outputs: the checksum of every commit's outputs and tells equals the journalled one (I11).
// F2. States: where no input came after a stored state, its bytes equal those of the replayed entity (I5); a state that must be stored is.
import { OperationError } from '../protocol/failures.ts'
import { PARTITION_KEY, parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { equalBytes, utf8Decode } from '../protocol/utf8.ts'
import type { LogRecord } from '../protocol/record.ts'
import type { Codec } from '../ports/codec.ts'
import { encodeEntity, isBlank } from '../partition/entity.ts'
import type { Memory } from '../partition/memory.ts'
import { recover } from '../partition/recovery.ts'
import type { Recovered } from '../partition/recovery.ts'
import { durableState } from '../partition/state-store.ts'
import type { TypePlan } from '../partition/topology.ts'
import { statesOf } from './query.ts'
import { untilShown } from './shown-states.ts'
import type { Looking } from './shown-states.ts'
import { silentTelemetry } from './silence.ts'
import { recordsIn } from './topic-records.ts'

export interface Verification {
  readonly type: string
  readonly partition: number
  readonly commits: number
  readonly inputs: number
  readonly entities: number
  /** Stored states compared, and those that newer inputs have left behind. */
  readonly statesCompared: number
  readonly statesOutdated: number
  /** Commits whose outputs the replay does not repeat. */
  readonly outputMismatches: readonly number[]
  /** Entities whose state differs, with what is wrong. */
  readonly stateMismatches: readonly { readonly id: string; readonly reason: string }[]
  /** The replay could not be done. */
  readonly gone: string | undefined
}

/** Holds every entity of the partition in memory. `onProgress` is called after each commit. */
export async function verifyPartition(looking: Looking, plan: TypePlan, partition: number, onProgress: (seq: number) => void = () => {}): Promise<Verification> {
  const { log, codec } = looking
  let inputs = 0
  const recovery = await recover({
    log, codec, plan, partition, states: statesOf(looking, plan, partition), telemetry: silentTelemetry, fromStart: true,
    onFolded: (record) => {
      for (const range of record.inputs) inputs += range.n
      onProgress(record.seq)
    },
  })
  const place = { type: plan.definition.name, partition, inputs }
  if (recovery.kind === 'history-gone') return { ...place, commits: 0, entities: 0, statesCompared: 0, statesOutdated: 0, outputMismatches: [], stateMismatches: [], gone: recovery.reason }
  const states = await compareStates(looking, plan, partition, recovery)
  return { ...place, commits: recovery.folded.length, entities: recovery.memory.entities.size, ...states, outputMismatches: recovery.rebased, gone: undefined }
}

type Compared = Pick<Verification, 'statesCompared' | 'statesOutdated' | 'stateMismatches'>

async function compareStates({ log, codec, clock }: Looking, plan: TypePlan, partition: number, { memory, last }: Recovered): Promise<Compared> {
  if (last !== undefined) await untilShown(log, clock, plan, partition, last)
  const stateMismatches: { id: string; reason: string }[] = []
  const stored = new Set<EntityId>()
  let statesCompared = 0
  let statesOutdated = 0
  for await (const record of recordsIn(log, plan.state, partition)) {
    if (record.key === null || equalBytes(record.key, PARTITION_KEY)) continue
    const id = parseEntityId(utf8Decode(record.key) ?? '')
    if (id === undefined) {
      stateMismatches.push({ id: '?', reason: `offset ${record.offset} of ${plan.state}: the key is no entity id` })
      continue
    }
    if (record.value === null) stored.delete(id)
    else stored.add(id)
    const verdict = compare(codec, plan, partition, memory, id, record)
    if (verdict === 'outdated') statesOutdated += 1
    else statesCompared += 1
    if (verdict !== 'equal' && verdict !== 'outdated') stateMismatches.push({ id, reason: verdict })
  }
  for (const entity of memory.entities.values()) {
    const mustStand = last !== undefined && entity.seq < last.floor.seq && !isBlank(entity)
    if (mustStand && !stored.has(entity.id)) stateMismatches.push({ id: entity.id, reason: `no stored state, although it changed last at seq ${entity.seq}, below the floor ${last.floor.seq}` })
  }
  return { statesCompared, statesOutdated, stateMismatches }
}

/** `equal`, `outdated` (newer inputs on either side), or what is wrong. */
function compare(codec: Codec, plan: TypePlan, partition: number, memory: Memory, id: EntityId, record: LogRecord): string {
  const entity = memory.entities.peek(id)
  if (record.value === null) return entity === undefined || isBlank(entity) ? 'equal' : 'outdated'
  let seq: number
  try {
    seq = durableState(codec, plan, partition, record, record.value).seq
  } catch (thrown) {
    if (thrown instanceof OperationError) return thrown.message
    throw thrown
  }
  // Written after the journal's end that the replay saw, or changed since it was written.
  if (seq > memory.seq || (entity !== undefined && entity.seq > seq)) return 'outdated'
  if (entity === undefined) return `a state is stored at seq ${seq}, but the replay knows no such entity`
  return equalBytes(encodeEntity(codec, plan.definition, entity), record.value) ? 'equal' : `the state stored at seq ${seq} differs from the replayed one`
}
