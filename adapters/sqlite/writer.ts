// The writing side of the log: jobs of several callers, executed as one SQL transaction with one fsync.
//
// Owns: the only connection of this process that writes.
//
// W1. A job decides before it writes: one that is fenced writes nothing, so it cannot spoil the others of its transaction.
// W2. The epoch of a commit is checked in the transaction that writes it (L2).
// W3. Nothing is tried again once a transaction has begun: whatever fails then ends all its jobs as `failed` (L5).
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { topicMismatch } from '../../system/membership/topics.ts'
import type { TopicSpec } from '../../system/protocol/record.ts'
import type { TopicProblem } from '../../system/ports/log.ts'
import { BlockMaker, blocksTable } from './blocks.ts'
import { passiveCheckpoint } from './checkpoints.ts'
import type { CheckpointEnd, WriteAhead } from './checkpoints.ts'
import { connect, createTopic, recordsTable } from './file.ts'
import { unpackRecords } from './frames.ts'
import type { FramedRecord, PackedRecords } from './frames.ts'
import type { CrashPoint, Job, JobResult, WriterOptions } from './jobs.ts'
import { describe, isBusy, mayHeal } from './problems.ts'
import { Sweeper } from './sweeper.ts'

type CommitJob = Extract<Job, { kind: 'commit' }>

export class Writer implements WriteAhead {
  readonly #db: DatabaseSync
  readonly #crash: CrashPoint | null
  readonly #findNewest: StatementSync
  readonly #setNewest: StatementSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #inserts = new Map<number, StatementSync>()
  readonly #sweeper: Sweeper
  /** Next offsets of the partitions touched by the open transaction. */
  readonly #ends = new Map<number, number>()
  #commits = 0
  #bytes = 0
  #dueBytes = 0
  /** Due when the pass began that is under way. */
  #passBytes = 0
  readonly #pageBytes: number

  constructor(options: WriterOptions) {
    this.#db = connect(options.folder, options.busyMsMax)
    this.#crash = options.crash
    this.#findNewest = this.#db.prepare('SELECT offset FROM newest WHERE tp = ? AND key = ?')
    this.#setNewest = this.#db.prepare('INSERT INTO newest VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset, armed = excluded.armed')
    this.#sweeper = new Sweeper(this.#db)
    this.#pageBytes = Number(this.#db.prepare('PRAGMA page_size').get()?.['page_size'])
    if (options.fileBytesMax !== null) this.#db.exec(`PRAGMA max_page_count = ${Math.ceil(options.fileBytesMax / this.#pageBytes)}`)
  }

  get bytes(): number {
    return this.#bytes
  }

  get dueBytes(): number {
    return this.#dueBytes
  }

  run(jobs: readonly Job[]): readonly JobResult[] {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
    } catch (error) {
      const reason = describe(error)
      return jobs.map(() => (isBusy(error) ? { kind: 'busy', reason } : { kind: 'failed', reason, mayHeal: mayHeal(error) }))
    }
    try {
      this.#ends.clear()
      const results = jobs.map((job) => this.#runJob(job))
      const update = this.#prepare('UPDATE ends SET next = ?2 WHERE tp = ?1')
      for (const [tp, next] of this.#ends) update.run(tp, next)
      this.#sweeper.run((tp) => this.#ends.get(tp) ?? 0)
      this.#crashIfAsked(jobs)
      this.#db.exec('COMMIT')
      return results
    } catch (error) {
      this.#rollback()
      return jobs.map(() => ({ kind: 'failed', reason: describe(error), mayHeal: mayHeal(error) }))
    }
  }

  checkpoint(): void {
    this.passBegins()
    this.passed(passiveCheckpoint(this.#db))
  }

  passBegins(): void {
    this.#passBytes = this.#dueBytes
    this.#dueBytes = 0
  }

  /** What was written meanwhile is counted already. A log of which all stands in the file begins anew. */
  passed(end: CheckpointEnd | undefined): void {
    if (end === undefined) {
      this.#dueBytes += this.#passBytes
      return
    }
    this.#dueBytes += Math.max(0, end.pages - end.moved) * this.#pageBytes
    this.#bytes = this.#dueBytes === 0 ? 0 : Math.max(this.#bytes, end.pages * this.#pageBytes)
  }

  close(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      this.#db.close()
    }
  }

  #runJob(job: Job): JobResult {
    switch (job.kind) {
      case 'append':
        return { kind: 'written', ends: this.#write(job.records) }
      case 'commit':
        return this.#commit(job)
      case 'fence':
        return this.#fence(job.group, job.partition)
      case 'create':
        return { kind: 'created', problems: this.#create(job.specs) }
      case 'truncate':
        // What is left of the last block is before the start, where nobody reads.
        this.#prepare(`DELETE FROM ${blocksTable(job.tp)} WHERE offset < ?1 AND offset + count <= ?1`).run(job.before)
        this.#prepare('UPDATE ends SET start = max(start, ?2) WHERE tp = ?1').run(job.tp, job.before)
        return { kind: 'truncated' }
    }
  }

  #commit(job: CommitJob): JobResult {
    const lease = this.#prepare('SELECT epoch FROM leases WHERE grp = ? AND partition = ?').get(job.group, job.partition)
    if (lease?.['epoch'] !== job.epoch) return { kind: 'fenced' }
    const ends = this.#write(job.records)
    const position = this.#prepare('INSERT INTO positions VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next')
    for (const [topic, next] of job.positions) position.run(job.group, job.partition, topic, next)
    this.#prepare('UPDATE leases SET metadata = ? WHERE grp = ? AND partition = ?').run(job.metadata, job.group, job.partition)
    return { kind: 'written', ends }
  }

  #fence(group: string, partition: number): JobResult {
    const raise = 'INSERT INTO leases (grp, partition, epoch) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET epoch = epoch + 1 RETURNING epoch'
    return { kind: 'held', epoch: Number(this.#prepare(raise).get(group, partition)?.['epoch']) }
  }

  #create(specs: readonly TopicSpec[]): TopicProblem[] {
    const problems: TopicProblem[] = []
    for (const spec of specs) {
      const row = this.#prepare('SELECT name, partitions, cleanup FROM topics WHERE name = ?').get(spec.name)
      if (row === undefined) {
        createTopic(this.#db, spec)
        continue
      }
      const existing: TopicSpec = { name: spec.name, partitions: Number(row['partitions']), cleanup: row['cleanup'] === 'compact' ? 'compact' : 'delete' }
      const reason = topicMismatch(existing, spec)
      if (reason !== undefined) problems.push({ topic: spec.name, reason })
    }
    return problems
  }

  #write(records: PackedRecords): ReadonlyMap<number, number> {
    const ends = new Map<number, number>()
    /** Answers where what is added begins. */
    const add = (tp: number, count: number): number => {
      const offset = this.#ends.get(tp) ?? this.#endOf(tp)
      this.#ends.set(tp, offset + count)
      ends.set(tp, offset + count)
      return offset
    }
    const blocks = new BlockMaker(new Uint8Array(records.buffer), (tp, count, timestampMs, frames) => void this.#insertBlock(tp).run(add(tp, count), count, timestampMs, frames))
    unpackRecords(records, (record) => this.#insert(record, add(record.tp, 1)), (tp, timestampMs, from, to) => blocks.add(tp, timestampMs, from, to))
    blocks.end()
    this.#counts(records.length + 2 * this.#pageBytes)
    return ends
  }

  #counts(bytes: number): void {
    this.#bytes += bytes
    this.#dueBytes += bytes
  }

  #insert(record: FramedRecord, offset: number): void {
    if (record.key !== null) {
      if (this.#findNewest.get(record.tp, record.key) !== undefined) this.#sweeper.replaced(record.tp)
      this.#setNewest.run(record.tp, record.key, offset, record.armed ? 1 : 0)
      // Of the index by key a page for nearly each: keys come in no order.
      this.#counts(this.#pageBytes)
    }
    this.#insertInto(record.tp).run(offset, record.timestampMs, record.key, record.value, record.headers)
  }

  #insertInto(tp: number): StatementSync {
    return this.#insertOf(tp, () => `INSERT INTO ${recordsTable(tp)} VALUES (?, ?, ?, ?, ?)`)
  }

  #insertBlock(tp: number): StatementSync {
    return this.#insertOf(tp, () => `INSERT INTO ${blocksTable(tp)} VALUES (?, ?, ?, ?)`)
  }

  #insertOf(tp: number, sql: () => string): StatementSync {
    const known = this.#inserts.get(tp)
    if (known !== undefined) return known
    const insert = this.#db.prepare(sql())
    this.#inserts.set(tp, insert)
    return insert
  }

  #endOf(tp: number): number {
    return Number(this.#prepare('SELECT next FROM ends WHERE tp = ?').get(tp)?.['next'])
  }

  #crashIfAsked(jobs: readonly Job[]): void {
    for (const job of jobs) {
      if (job.kind !== 'commit') continue
      this.#commits += 1
      if (this.#commits === this.#crash?.nth) process.kill(process.pid, this.#crash.signal)
    }
  }

  #rollback(): void {
    try {
      this.#db.exec('ROLLBACK')
    } catch {
      // SQLite had rolled back by itself.
    }
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }
}
