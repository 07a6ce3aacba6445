// Tombstones: which entities came to their end, and by which commit. Storage that is read by key does not tell: it finds nothing. The journal does, where
// the topic may have been compacted; records of older releases do not, so that what is still in the topic must do.
//
// Owns nothing.
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { utf8Decode } from '../protocol/utf8.ts'
import { recordsUpTo } from './range-reading.ts'
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
  for await (const records of recordsUpTo(log, plan.state, partition, starts[0]?.stateFrom ?? stateEnd, stateEnd)) {
    for (const { key, value, offset } of records) {
      const text = key === null ? undefined : utf8Decode(key)
      const id = text === undefined ? undefined : parseEntityId(text)
      const writer = value === null ? starts.findLast(({ stateFrom }) => stateFrom <= offset) : undefined
      if (id === undefined) continue
      if (writer === undefined) found.delete(id)
      else found.set(id, writer.seq)
    }
  }
  return found
}
