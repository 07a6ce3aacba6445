// DueBucket: what is armed in a partition, kept in its cache as one more bucket behind those of the entities.
//
// Owns: how it is read and made whole: at once where its mark is right, by the states written since where it is older, else by a scan of the state topic.
//
// K8. The due index is one more bucket; a partition does not go live while it is missing.
import type { EntityId } from '../protocol/ids.ts'
import type { LogRecord } from '../protocol/record.ts'
import { headerOf } from '../protocol/record.ts'
import type { BucketAddress, BucketContent, SnapshotCache } from '../ports/cache.ts'
import type { Codec } from '../ports/codec.ts'
import type { BucketMarks } from './bucket-marks.ts'
import { packCached, unpackCached } from './cached-bytes.ts'
import { entityIdOf } from './state-scan.ts'
import type { StateScan } from './state-scan.ts'
import type { Armed, StoredState } from './state-store.ts'
import { ARMED_HEADER, readArmed, readStateHeader } from './states.ts'

export interface DueBucketDeps {
  readonly cache: SnapshotCache
  readonly codec: Codec
  readonly marks: BucketMarks
  readonly scan: StateScan
  readonly at: BucketAddress
}

export interface FoundDues {
  readonly armed: readonly Armed[]
  readonly by: 'read' | 'catch-up' | 'scan'
}

/** Of each entity seen: what is armed in its newest state, as it stands in the bucket; null: nothing. */
type Seen = Map<EntityId, StoredState | null>

export class DueBucket {
  readonly #deps: DueBucketDeps

  constructor(deps: DueBucketDeps) {
    this.#deps = deps
  }

  async find(): Promise<FoundDues> {
    const { cache, marks, at, scan } = this.#deps
    const read = await cache.readAll(at).catch(() => undefined)
    const known = read === undefined ? undefined : unpacked(read)
    if (read === undefined || known === undefined) return this.#rebuilt(await scan.earliest())
    if (marks.isValid(at.bucket, read)) return { armed: this.#armed(known), by: 'read' }
    const from = marks.catchUpFrom(at.bucket, read)
    return from === undefined ? this.#rebuilt(await scan.earliest()) : this.#caughtUp(known, read.mark, from)
  }

  async #caughtUp(known: Seen, previous: number, from: number): Promise<FoundDues> {
    const { cache, marks, at } = this.#deps
    const next = marks.expected(at.bucket)
    const since = await this.#seen(from)
    // A scan does not find tombstones that were compacted away.
    for (const [id, seq] of marks.endedAfter(previous)) if ((since.get(id)?.seq ?? 0) <= seq) since.set(id, null)
    const answer = await cache.write({ ...at, life: marks.lifeOf(at.bucket), previous, next, snapshots: packed(since) }).catch(() => 'lost' as const)
    if (answer !== 'applied' || !marks.rebuilt(at.bucket, next)) marks.lose(at.bucket)
    return { armed: this.#armed(new Map([...known, ...since])), by: 'catch-up' }
  }

  async #rebuilt(from: number): Promise<FoundDues> {
    const { cache, marks, at } = this.#deps
    const next = marks.expected(at.bucket)
    const seen = await this.#seen(from)
    const isReplaced = await cache.replace({ ...at, life: marks.lifeOf(at.bucket), next, snapshots: packed(seen).filter(([, bytes]) => bytes !== null) }).then(() => true, () => false)
    if (isReplaced) marks.rebuilt(at.bucket, next)
    return { armed: this.#armed(seen), by: 'scan' }
  }

  async #seen(from: number): Promise<Seen> {
    const seen: Seen = new Map()
    await this.#deps.scan.run(from, (record) => {
      const id = entityIdOf(record)
      if (id !== undefined) seen.set(id, this.#dueIn(record))
    })
    return seen
  }

  #dueIn(record: LogRecord): StoredState | null {
    const value = record.value === null ? undefined : headerOf(record.headers, ARMED_HEADER)
    const header = value === undefined ? undefined : readStateHeader(this.#deps.codec, record)
    return value === undefined || header === undefined ? null : { seq: header.seq, value }
  }

  #armed(seen: Seen): readonly Armed[] {
    return [...seen].flatMap(([id, state]) => {
      const dues = state === null ? [] : readArmed(this.#deps.codec, id, state.value)
      return state === null || dues.length === 0 ? [] : [{ seq: state.seq, dues }]
    })
  }
}

/** Undefined when an entry is damaged. */
function unpacked({ snapshots }: BucketContent): Seen | undefined {
  const seen: Seen = new Map()
  for (const [id, bytes] of snapshots) {
    const state = unpackCached(id, bytes)
    if (state === undefined) return undefined
    seen.set(id, state)
  }
  return seen
}

const packed = (seen: Seen): readonly (readonly [EntityId, Uint8Array | null])[] => [...seen].map(([id, state]) => [id, state === null ? null : packCached(id, state)] as const)
