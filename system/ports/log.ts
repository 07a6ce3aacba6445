// Port: the partitioned log. Holds all durable data; drivers: memory, SQLite, Kafka.
//
// L1. A commit's records, positions and metadata become visible together or not at all (I4).
// L2. Of two leases on one partition at most one commits: the later `fence()` wins, the earlier's commits end as `fenced` (I7).
// L3. `committed()` after `fence()` sees everything any earlier owner committed, and nothing can be added by them afterwards.
// L4. Reads show committed records only, in offset order, each once.
// L5. A commit whose outcome is not known ends as `unknown`; the driver sends the end of a transaction again only where that cannot end another one.
// L6. `append` is atomic per topic partition and keeps the order of its argument within one.
// L7. A membership that ended with its process does not live; one that only lost a partition does.
// L8. All commits of a group's owners that carry metadata end with a record in one topic, at the lease's own partition: a driver may tell by it what was committed.
import type { LogRecord, OutRecord, RecordRange, TopicSpec } from '../protocol/record.ts'
import type { Keeping } from './topic-keeping.ts'

export type TopicProblem = { readonly topic: string; readonly reason: string }

/** What an actor type's owner reads: index p of every topic, or of none. */
export interface Membership {
  /** Group name, `<app>.<type>`. Positions are kept under it. */
  readonly group: string
  /** Sources and inbox; all have the same number of partitions. */
  readonly topics: readonly string[]
  /** The topic on whose position commit metadata rides (the inbox). */
  readonly metadataTopic: string
}

export interface LeaseHandler {
  /** A partition index is ours to acquire. Must not block; acquire by `lease.fence()`. */
  assigned(lease: Lease): void
}

export interface Member {
  /** Ends the membership; leases not yet released are lost. Idempotent. */
  leave(): Promise<void>
}

export interface Committed {
  /** Next offset to read per topic; topics without a position are absent. */
  readonly positions: ReadonlyMap<string, number>
  /** Metadata written with the newest commit; '' if none. */
  readonly metadata: string
}

export interface PollRequest {
  /** Topics to poll, each from its given offset. Others are left alone (paused). */
  readonly from: ReadonlyMap<string, number>
  readonly recordsMax: number
  readonly bytesMax: number
  /** How long to wait when nothing is there, ms; returns early with anything. */
  readonly waitMsMax: number
}

export interface CommitBatch {
  /** Written in this order. */
  readonly records: readonly OutRecord[]
  /** Next offset to read, all topics of the membership. */
  readonly positions: ReadonlyMap<string, number>
  readonly metadata: string
}

export type CommitOutcome =
  /** `end`: per topic, the offset after the last record written to the lease's own partition index of that topic. */
  | { readonly kind: 'done'; readonly end: ReadonlyMap<string, number> }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** A permanent refusal of these records (indexes into `records`), e.g. too large. Nothing was written. */
  | { readonly kind: 'rejected'; readonly records: readonly number[]; readonly reason: string }

export interface Lease {
  readonly group: string
  readonly partition: number
  /** Names the membership that holds the lease: no other one, of any process at any time, has this name. */
  readonly owner: string
  /** True when a membership of that name was in the group as this lease was assigned: whoever had the partition under it had not died. */
  lives(owner: string): boolean
  /**
   * Takes the exclusive right: after it resolves `held`, earlier owners can no longer commit. `lost`: the lease was lost from outside, and another is assigned.
   * Throws `Unreachable` where it may be taken later; the lease stands, and nobody else is asked.
   */
  fence(): Promise<'held' | 'lost'>
  /** Positions and metadata, read after fencing (L3). Null when the group never committed for this partition. */
  committed(): Promise<Committed | null>
  /** One range per topic that had records; empty after `waitMsMax` with nothing new. */
  poll(request: PollRequest): Promise<readonly RecordRange[]>
  commit(batch: CommitBatch): Promise<CommitOutcome>
  /** Gives the partition back. Idempotent; also after a loss. */
  release(): Promise<void>
  /** Resolves when the lease is lost from outside (rebalance, expiry, another owner). Never after `release`. */
  readonly lost: Promise<string>
  /** Send time of the last proof of ownership (heartbeat or commit), monotonic ms of the driver's clock port; Infinity while a held lock is the proof (I12); -Infinity after a loss or release. */
  provenAtMs(): number
}

/** Random access to compacted topics, where the medium has it (embedded). */
export interface KeyedReads {
  /** The newest record of each key, undefined where there is none (or a tombstone was the newest). Same order as `keys`. */
  get(topic: string, partition: number, keys: readonly Uint8Array[]): Promise<readonly (LogRecord | undefined)[]>
  /** Newest records carrying a header named `armed`, values left out (null), in offset order. */
  armed(topic: string, partition: number): Promise<readonly LogRecord[]>
}

export interface ReadOptions {
  readonly recordsMax: number
  readonly bytesMax: number
  /** Only records with this key: a driver may use an index. `to` of the range still covers what was passed over. */
  readonly key?: Uint8Array
}

export type Timepoint = 'earliest' | 'latest' | { readonly timeMs: number }

export type AppendOutcome =
  /** Offset of each record, in order. */
  | { readonly kind: 'done'; readonly offsets: readonly number[] }
  /** Nothing was written, and nobody refuses it: later. */
  | { readonly kind: 'busy'; readonly reason: string }
  /** Nothing was written; the same again would be refused again. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Not confirmed in time: it may have been written. */
  | { readonly kind: 'unknown'; readonly reason: string }

export interface Log {
  /** Creates what is missing; answers what exists with other partitions or cleanup. */
  ensureTopics(specs: readonly TopicSpec[]): Promise<readonly TopicProblem[]>
  topics(): Promise<readonly TopicSpec[]>
  /** How these topics are kept. Absent where the medium keeps everything. */
  keeping?(topics: readonly string[]): Promise<Keeping>
  /** Servers that take records of a transaction without a look whether it is open; those that do not tell are absent. Absent where the medium has no servers. */
  unverifying?(): Promise<readonly number[]>
  join(membership: Membership, handler: LeaseHandler): Promise<Member>
  /** History, without ownership: committed records from `from` up to (not including) `to`, at most the given maxima. `range.to` says how far it got. */
  read(topic: string, partition: number, from: number, to: number, options: ReadOptions): Promise<RecordRange>
  append(records: readonly OutRecord[]): Promise<AppendOutcome>
  /** The next offset (latest), the first kept (earliest), or the first with timestamp >= timeMs (latest when none). */
  offsetsAt(topic: string, partition: number, at: Timepoint): Promise<number>
  readonly keyed: KeyedReads | undefined
  close(): Promise<void>
}
