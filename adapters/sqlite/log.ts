// The embedded log: one data folder per app, one SQLite file in it.
//
// Owns: the folder's lock (mode `runtime`), the writer thread, the reading connection, the groups of this process.
// A second runtime on the folder is refused; any number of other processes may read and append (mode `client`).
import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import type { OutRecord, RecordRange, TopicSpec } from '../../system/protocol/record.ts'
import type { AppendOutcome, Committed, KeyedReads, LeaseHandler, Log, Member, Membership, ReadOptions, Timepoint, TopicProblem } from '../../system/ports/log.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import { partitionsOf } from '../../system/membership/topics.ts'
import { Catalog } from './catalog.ts'
import { isOlder, openFile } from './file.ts'
import { packRecords } from './frames.ts'
import type { PackedRecords, Place } from './frames.ts'
import { GroupCommit } from './group-commit.ts'
import { LocalGroups, RemoteGroups } from './groups.ts'
import type { Estate, Groups, Held } from './groups.ts'
import type { CrashPoint, Job, JobResult } from './jobs.ts'
import { SqliteLease } from './lease.ts'
import { lockFolder } from './lock.ts'
import type { FolderLock } from './lock.ts'
import { operationError } from './problems.ts'
import { Reader } from './reader.ts'
import { Waiting } from './waiting.ts'

export interface SqliteLogOptions {
  readonly folder: string
  /**
   * `runtime` owns the folder and may join groups; `client` reads and appends beside it; `thread` is another thread of the process that owns the
   * folder, with the channel that its log gave (`openThread`).
   */
  readonly mode: 'runtime' | 'client' | 'thread'
  readonly channel?: ThreadChannel
  readonly clock: Clock
  /** Key, value and headers of one record. Default 16 MiB. */
  readonly recordBytesMax?: number
  /** How long a write waits for another process's, ms. Default 5000. */
  readonly busyMsMax?: number
  /** Size of the log's file above which writes fail as on a full disk. Default: what the disk has. */
  readonly fileBytesMax?: number
  /** Pause before a released partition is handed out again, ms. Default 20. */
  readonly rehandMs?: number
  /** For tests: the process kills itself in the middle of a commit. */
  readonly crash?: CrashPoint
}

const RECORD_BYTES_MAX = 16 << 20
const BUSY_MS_MAX = 5000
const REHAND_MS = 20
/** Rows deleted in one transaction by retention: commits wait no longer than that takes. */
const TRUNCATE_ROWS_MAX = 10_000

interface Parts {
  readonly lock: FolderLock | undefined
  readonly writer: GroupCommit
  readonly reader: Reader
  readonly catalog: Catalog
  readonly groups: Groups
}

/** What another thread needs of the log; for `postMessage`, with both ports transferred. */
export interface ThreadChannel {
  readonly writer: MessagePort
  readonly groups: MessagePort
}

export class SqliteLog implements Log {
  readonly keyed: KeyedReads
  readonly #options: SqliteLogOptions
  readonly #parts: Parts
  readonly #waiting: Waiting
  readonly #recordBytesMax: number
  #isClosed = false

  constructor(options: SqliteLogOptions, parts: Parts) {
    this.#options = options
    this.#parts = parts
    this.#waiting = new Waiting(options.clock, () => parts.reader.version())
    parts.writer.onWrote = (tps) => this.#waiting.written(tps)
    this.#recordBytesMax = options.recordBytesMax ?? RECORD_BYTES_MAX
    this.keyed = parts.reader
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<readonly TopicProblem[]> {
    const result = await this.#submit({ kind: 'create', specs })
    if (result.kind === 'created') return result.problems
    const busy = result.kind === 'busy'
    const mayHeal = busy || (result.kind === 'failed' && result.mayHeal)
    throw new (mayHeal ? Unreachable : OperationError)(busy ? 'data-folder/busy' : 'data-folder/unusable', `data folder ${this.#options.folder}: topics were not created: ${'reason' in result ? result.reason : result.kind}`)
  }

  async topics(): Promise<readonly TopicSpec[]> {
    return this.#reading(() => this.#parts.catalog.all().map(({ name, partitions, cleanup }) => ({ name, partitions, cleanup })))
  }

  async join(membership: Membership, handler: LeaseHandler): Promise<Member> {
    const { folder, mode } = this.#options
    if (mode === 'client') throw new OperationError('data-folder/client', `data folder ${folder} is open for reading and appending: open it in mode runtime to run partitions`)
    const partitions = partitionsOf(membership, (topic) => this.#parts.catalog.topic(topic))
    const leave = await this.#parts.groups.join(membership.group, partitions, (partition, held) => {
      const lease = this.#lease(membership, partition, held)
      queueMicrotask(() => handler.assigned(lease))
      return lease
    })
    return { leave: async () => leave() }
  }

  /**
   * Lets another thread of this process read, append and hold partitions. `end`: the thread is over, however; what it held waits for the thread that is
   * opened with the estate that it answers.
   */
  openThread(estate?: Estate): { readonly channel: ThreadChannel; end(): Estate } {
    const { groups, writer } = this.#parts
    if (!(groups instanceof LocalGroups)) throw new OperationError('data-folder/client', `data folder ${this.#options.folder}: only who owns the folder shares it with threads`)
    const [toGroups, toWriter] = [new MessageChannel(), new MessageChannel()]
    const end = groups.serve(toGroups.port1, estate)
    writer.serve(toWriter.port1)
    return { channel: { groups: toGroups.port2, writer: toWriter.port2 }, end }
  }

  async read(topic: string, partition: number, from: number, to: number, options: ReadOptions): Promise<RecordRange> {
    return this.#reading(() => this.#parts.reader.read(topic, partition, from, to, options))
  }

  async append(records: readonly OutRecord[]): Promise<AppendOutcome> {
    const { catalog } = this.#parts
    for (const record of records) {
      const missing = catalog.find(record.topic, record.partition) === undefined
      const reason = missing ? `there is no partition ${record.partition} of topic ${record.topic}` : this.#refusal(record)
      if (reason !== undefined) return { kind: 'failed', reason }
    }
    const result = await this.#submit({ kind: 'append', records: this.#pack(records) })
    if (result.kind === 'busy' || result.kind === 'failed') return { kind: result.kind, reason: result.reason }
    return { kind: 'done', offsets: result.kind === 'written' ? this.#offsets(records, result.ends) : [] }
  }

  async offsetsAt(topic: string, partition: number, at: Timepoint): Promise<number> {
    return this.#reading(() => this.#parts.reader.offsetAt(topic, partition, at))
  }

  /** Retention: deletes records before an offset, in pieces between which commits go on. Not for compacted topics. */
  async truncate(topic: string, partition: number, before: number): Promise<void> {
    const { catalog, reader } = this.#parts
    const tp = catalog.tp(topic, partition)
    if (catalog.topic(topic)?.cleanup === 'compact') throw new OperationError('topic/compacted', `topic ${topic} is compacted: it keeps the newest record of each key and cannot be cut off`)
    const until = Math.min(before, reader.offsetAt(topic, partition, 'latest'))
    for (let at = reader.offsetAt(topic, partition, 'earliest'); at < until;) {
      at = Math.min(until, at + TRUNCATE_ROWS_MAX)
      const result = await this.#submit({ kind: 'truncate', tp, before: at })
      if (result.kind !== 'truncated') throw new OperationError('data-folder/unusable', `retention of ${topic} stopped at ${at}: ${'reason' in result ? result.reason : result.kind}`)
    }
  }

  /** Retention by time: deletes, in every partition of a topic, what stands before the first record not older than `timeMs`. */
  async retain(topic: string, timeMs: number): Promise<void> {
    const partitions = this.#parts.catalog.topic(topic)?.partitions ?? 0
    for (let partition = 0; partition < partitions; partition += 1) {
      await this.truncate(topic, partition, this.#parts.reader.offsetAt(topic, partition, { timeMs }))
    }
  }

  /** Positions and metadata of a group, without a lease: for those who only look. */
  async committed(membership: Membership, partition: number): Promise<Committed | null> {
    return this.#reading(() => this.#parts.reader.committed(membership, partition))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#parts.groups.close()
    this.#parts.reader.close()
    await this.#parts.writer.close()
    this.#parts.lock?.release()
  }

  async #submit(job: Job): Promise<JobResult> {
    const result = await this.#parts.writer.submit(job)
    if (result.kind === 'written') this.#waiting.written(result.ends.keys())
    return result
  }

  #lease(membership: Membership, partition: number, held: Held): SqliteLease {
    const { catalog, reader } = this.#parts
    return new SqliteLease(partition, {
      clock: this.#options.clock,
      membership,
      submit: (job) => this.#submit(job),
      pack: (records) => this.#pack(records),
      refusal: (record) => this.#refusal(record),
      committed: (of, index) => this.#reading(() => reader.committed(of, index)),
      read: (topic, index, from, recordsMax, bytesMax) => this.#reading(() => reader.read(topic, index, from, Infinity, { recordsMax, bytesMax })),
      wait: (topics, index, ms, ended) => this.#waiting.wait(new Set([...topics].map((topic) => catalog.tp(topic, index))), ms, ended),
      tp: (topic, index) => catalog.tp(topic, index),
      ...held,
    })
  }

  #pack(records: readonly OutRecord[]): PackedRecords {
    const { catalog, writer } = this.#parts
    let place: Place = { tp: -1, compacted: false }
    let [topic, partition] = ['', -1]
    return packRecords(records, (record) => {
      // Records of a topic partition mostly stand together.
      if (record.topic === topic && record.partition === partition) return place
      topic = record.topic
      partition = record.partition
      place = { tp: catalog.tp(topic, partition), compacted: catalog.topic(topic)?.cleanup === 'compact' }
      return place
    }, (bytes) => writer.buffers.take(bytes))
  }

  #refusal(record: OutRecord): string | undefined {
    const bytes = recordBytes(record)
    if (bytes > this.#recordBytesMax) return `a record of ${bytes} bytes for ${record.topic}; the limit is ${this.#recordBytesMax}`
    const keyless = record.key === null && this.#parts.catalog.topic(record.topic)?.cleanup === 'compact'
    return keyless ? `a record without key for the compacted topic ${record.topic}` : undefined
  }

  /** Counted back from the end: the records of one append stand next to each other. */
  #offsets(records: readonly OutRecord[], ends: ReadonlyMap<number, number>): readonly number[] {
    const next = new Map(ends)
    const offsets: number[] = []
    for (const record of records.toReversed()) {
      const tp = this.#parts.catalog.tp(record.topic, record.partition)
      const offset = (next.get(tp) ?? 0) - 1
      next.set(tp, offset)
      offsets.push(offset)
    }
    return offsets.reverse()
  }

  #reading<T>(read: () => T): T {
    if (this.#isClosed) throw new OperationError('data-folder/closed', `data folder ${this.#options.folder}: the log is closed`)
    try {
      return read()
    } catch (error) {
      throw operationError(this.#options.folder, error)
    }
  }
}

/** Brings a log of an older layout up to date, so that those who only read can open it. `begins` is called when there is something to do. */
export function bringUpToDate(folder: string, begins: () => void): void {
  try {
    if (!isOlder(folder)) return
    begins()
    const lock = lockFolder(folder)
    try {
      openFile(folder, true, BUSY_MS_MAX).close()
    } finally {
      lock.release()
    }
  } catch (error) {
    throw operationError(folder, error)
  }
}

/** Throws an `OperationError` with a code `data-folder/...` that says what to do. */
export async function openSqliteLog(options: SqliteLogOptions): Promise<SqliteLog> {
  const { folder, mode } = options
  const busyMsMax = options.busyMsMax ?? BUSY_MS_MAX
  const lock = mode === 'runtime' ? lockFolder(folder) : undefined
  try {
    const db = openFile(folder, mode === 'runtime', busyMsMax)
    const catalog = new Catalog(db)
    const reader = new Reader(db, catalog)
    const { channel } = options
    const writer = channel === undefined ? await GroupCommit.start({ folder, busyMsMax, fileBytesMax: options.fileBytesMax ?? null, crash: options.crash ?? null }) : GroupCommit.over(channel.writer)
    const groups = channel === undefined ? new LocalGroups(options.clock, options.rehandMs ?? REHAND_MS) : new RemoteGroups(channel.groups)
    return new SqliteLog(options, { lock, writer, reader, catalog, groups })
  } catch (error) {
    lock?.release()
    throw operationError(folder, error)
  }
}
