// Loading: which entities a batch will meet, and their newest stored states, in one call; and who leaves memory after it.
import { OperationError } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import { RELEASES_PER_BATCH_MAX } from '../protocol/limits.ts'
import type { Codec } from '../ports/codec.ts'
import type { Arrival } from './arrivals.ts'
import { decodeEntity } from './entity.ts'
import type { JournalRecord } from './journal.ts'
import type { Memory } from './memory.ts'
import type { StateStore } from './state-store.ts'
import { Watermarks } from './watermarks.ts'

/** Of the bound on memory. */
const FAR_OVER = 2

/** Ids that are not in memory and that the batch may touch: inputs, firings, and what the watermark will release. */
export function neededEntities(memory: Memory, arrivals: readonly Arrival[], nowMs: number, record: JournalRecord | undefined, releasesMax = RELEASES_PER_BATCH_MAX): ReadonlySet<EntityId> {
  const { entities } = memory
  const needed = new Set<EntityId>()
  const need = (id: EntityId): void => {
    if (!entities.has(id)) needed.add(id)
  }
  for (const arrival of arrivals) {
    if (arrival.entity === undefined || arrival.known !== undefined) continue
    arrival.known = entities.peek(arrival.entity)
    if (arrival.known === undefined) needed.add(arrival.entity)
    else if (arrival.record.key !== null) entities.metBy(arrival.record.key, arrival.known)
  }
  const fired = record === undefined ? entities.clockDues.due(nowMs + 1, releasesMax) : record.timers.map((timer) => timer.due)
  for (const due of fired) need(due.entity)
  const beforeMs = watermarkAfter(memory, arrivals, record)
  for (const due of entities.eventDues.due(beforeMs, record === undefined ? releasesMax : Infinity)) need(due.entity)
  return needed
}

/** Least recently used entities leave memory. What may not leave because the cache has not taken it is waited for when too much stays: else memory would grow as long as the cache is slower. */
export async function unloadEntities({ entities, plan }: Memory, states: StateStore): Promise<void> {
  const { entityBytesMax } = plan.definition.limits
  const isWithin = entities.evict(entityBytesMax, ({ id }) => states.mayLeave(id))
  if (!isWithin && entities.bytes > FAR_OVER * entityBytesMax) await states.flush()
}

/** The same while the journal is folded again: what is stored and was only passed over, or touched no more, can be loaded again. */
export function unloadFolded({ entities, plan }: Memory, states: StateStore): void {
  const { entityBytesMax } = plan.definition.limits
  // Not for each record: whoever is dirty stays, and would be passed over each time.
  if (entities.bytes > FAR_OVER * entityBytesMax) entities.evict(entityBytesMax, ({ id }) => states.mayLeave(id))
}

/** Where the watermark will stand after the arrivals. */
export function watermarkAfter(memory: Memory, arrivals: readonly Arrival[], record?: JournalRecord): number {
  if (memory.watermarks === undefined) return -Infinity
  const ahead = new Watermarks(memory.plan)
  ahead.load(memory.watermarks.save())
  for (const { topic, decode } of arrivals) {
    if (decode.kind === 'input' && !decode.input.onArrival) ahead.observeEvent(topic, decode.input.timeMs)
    if (decode.promised !== undefined) ahead.observePromise(decode.promised.input, decode.promised.watermarkMs, decode.promised.idle)
  }
  if (record?.cut !== undefined) ahead.load(record.cut.watermarks)
  return ahead.currentMs
}

/** Puts the needed entities into memory; those without a stored state stay absent (new). */
export async function loadEntities(memory: Memory, codec: Codec, states: StateStore, needed: ReadonlySet<EntityId>, fromStart: boolean): Promise<void> {
  if (needed.size === 0 || fromStart) return
  const found = await states.load([...needed])
  const { definition } = memory.plan
  for (const [id, stored] of found) {
    const read = decodeEntity(codec, definition, id, stored.seq, stored.value)
    if (read.kind === 'ok') memory.entities.add(read.entity)
    else if (read.kind === 'damaged') throw new OperationError('state/damaged', `the stored state of ${definition.name} '${id}' is damaged: ${read.reason}. Restore the data from a backup.`)
    else throw new OperationError('state/unfit', `${definition.name} '${id}': ${read.reason}`)
  }
}
