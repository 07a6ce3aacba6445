// Port: the index of entities: what the newest stored state of each says of it, in the order of ids. A consumer of the state topics keeps it; it may be
// thrown away at any time, and is made again from them.
//
// X1. `apply` is atomic: rows, and the place up to which they were read, together or not at all, however the process ends.
// X2. `apply` goes on from the place that stands: another one answers `moved`, and nothing is written.
// X3. Of an id the newest row counts. Ids of a group are apart from those of other groups.
// X4. `rows` come in the order of the UTF-8 bytes of their ids, each once.
// X5. Of a partition that was cleared neither rows nor place are left. What cannot be read (damaged, of another layout) is begun anew, empty.
import type { EntityId } from '../protocol/ids.ts'

export interface IndexedEntity {
  readonly id: EntityId
  /** Paths of the active leaf states, joined by ','; undefined: it has none yet, or its state cannot be read by this version. */
  readonly configuration: string | undefined
  /** Commit that stored this state, and its time. */
  readonly seq: number
  readonly storedMs: number
  /** Numbers of its context and of its features, by name; finite. */
  readonly numbers: Readonly<Record<string, number>>
}

/** How far one partition of a state topic was read, and what follows from that. */
export interface IndexPlace {
  readonly life: string
  /** Definition by which the rows were made. */
  readonly code: string
  readonly epoch: number
  /** Next offset of the state topic. */
  readonly next: number
  /** Each entity is shown as of this commit or a later one; undefined: not yet, the partition is read for the first time. */
  readonly seq: number | undefined
  /** Time of the first commit of which something may be missing; undefined: there was none at `readMs`. */
  readonly behindMs: number | undefined
  /** When the log was looked at. */
  readonly readMs: number
}

export interface IndexBatch {
  /** `<app>.<type>`. */
  readonly group: string
  readonly partition: number
  /** `next` of the place that stands; undefined: there is none. */
  readonly from: number | undefined
  readonly rows: readonly IndexedEntity[]
  /** Ended: they have no state any more. In no row. */
  readonly gone: readonly EntityId[]
  readonly place: IndexPlace
}

export interface RowsAsked {
  readonly group: string
  /** In one of these; undefined: whatever they are in. */
  readonly configurations?: readonly string[] | undefined
  /** Behind this id. */
  readonly after?: EntityId | undefined
  readonly rowsMax: number
}

export interface EntityIndex {
  place(group: string, partition: number): Promise<IndexPlace | undefined>
  apply(batch: IndexBatch): Promise<'applied' | 'moved'>
  clear(group: string, partition: number): Promise<void>
  /** That some entity of the group is in. */
  configurations(group: string): Promise<readonly string[]>
  rows(asked: RowsAsked): Promise<readonly IndexedEntity[]>
  close(): Promise<void>
}
