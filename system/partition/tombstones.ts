// Tombstones: which entities came to their end, and by which commit. Storage that is read by key does not tell: it finds nothing. The journal does, where
// the topic may have been compacted; records of older releases do not, so that what is still in the topic must do.
//
// Owns nothing.
import { BATCH_BYTES_MAX } from '../protocol/limits.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { utf8Decode } from '../protocol/utf8.ts'
import type { StateStart } from './state-store.ts'
import type { Place, Survey } from './survey.ts'

/** Newest tombstones that commits of the tail wrote; states that replaced them may be there. */
export async function tombstones(place: Pick<Place, 'log' | 'plan' | 'partition'>, { starts, hasEnds }: Pick<Survey, 'starts' | 'hasEnds'>, stateEnd: number): Promise<ReadonlyMap<EntityId, number>> {
  const listed = starts.map(({ seq, tombstones: ids }) => ids?.map((id) => [id, seq] as const))
  const found = hasEnds && listed.includes(undefined) ? await scanned(place, starts, stateEnd) : []
  const newest = new Map(found)
  for (const [id, seq] of listed.flatMap((entries) => entries ?? [])) newest.set(id, Math.max(seq, newest.get(id) ?? 0))
  return newest
}

async function scanned({ log, plan, partition }: Pick<Place, 'log' | 'plan' | 'partition'>, starts: readonly StateStart[], stateEnd: number): Promise<ReadonlyMap<EntityId, number>> {
  const found = new Map<EntityId, number>()
  for (let at = starts[0]?.stateFrom ?? stateEnd; at < stateEnd; ) {
    const range = await log.read(plan.state, partition, at, stateEnd, { recordsMax: 2000, bytesMax: BATCH_BYTES_MAX })
    for (const { key, value, offset } of range.records) {
      const text = key === null ? undefined : utf8Decode(key)
      const id = text === undefined ? undefined : parseEntityId(text)
      const writer = value === null ? starts.findLast(({ stateFrom }) => stateFrom <= offset) : undefined
      if (id === undefined) continue
      if (writer === undefined) found.delete(id)
      else found.set(id, writer.seq)
    }
    if (range.to <= at) break
    at = range.to
  }
  return found
}
