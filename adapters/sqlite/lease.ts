// A lease on one partition of the embedded log. Its right is the epoch it raised by fencing; the writer checks it in each commit.
import type { CommitBatch, CommitOutcome, Committed, Lease, Membership, PollRequest } from '../../system/ports/log.ts'
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import type { OutRecord, RecordRange } from '../../system/protocol/record.ts'
import { pollInTurn } from '../../system/membership/poll.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { PackedRecords } from './frames.ts'
import type { Job, JobResult } from './jobs.ts'

export interface LeaseEnvironment {
  readonly clock: Clock
  readonly membership: Membership
  submit(job: Job): Promise<JobResult>
  pack(records: readonly OutRecord[]): PackedRecords
  /** Why the log never takes a record; undefined when it does. */
  refusal(record: OutRecord): string | undefined
  committed(membership: Membership, partition: number): Committed | null
  read(topic: string, partition: number, from: number, recordsMax: number, bytesMax: number): RecordRange
  wait(topics: Iterable<string>, partition: number, ms: number, ended: AbortSignal): Promise<void>
  tp(topic: string, partition: number): number
  readonly owner: string
  lives(owner: string): boolean
  released(): void
}

export class SqliteLease implements Lease {
  readonly group: string
  readonly partition: number
  readonly owner: string
  readonly lost: Promise<string>
  readonly #env: LeaseEnvironment
  readonly #ended = new AbortController()
  #epoch = 0
  #polls = 0
  #isReleased = false
  #resolveLost: (reason: string) => void = () => {}

  constructor(partition: number, env: LeaseEnvironment) {
    this.group = env.membership.group
    this.partition = partition
    this.owner = env.owner
    this.#env = env
    this.lost = new Promise((resolve) => {
      this.#resolveLost = resolve
    })
  }

  async fence(): Promise<'held' | 'lost'> {
    if (this.#ended.signal.aborted) return 'lost'
    const result = await this.#env.submit({ kind: 'fence', group: this.group, partition: this.partition })
    if (this.#ended.signal.aborted) return 'lost'
    if (result.kind !== 'held') throw notFenced(result)
    this.#epoch = result.epoch
    return 'held'
  }

  async committed(): Promise<Committed | null> {
    return this.#env.committed(this.#env.membership, this.partition)
  }

  async poll(request: PollRequest): Promise<readonly RecordRange[]> {
    const { clock } = this.#env
    const deadlineMs = clock.monotonicMs() + request.waitMsMax
    const turn = this.#polls
    this.#polls += 1
    for (;;) {
      if (this.#ended.signal.aborted) return []
      const ranges = pollInTurn(request, turn, (topic, from, recordsMax, bytesMax) => this.#env.read(topic, this.partition, from, recordsMax, bytesMax))
      const leftMs = deadlineMs - clock.monotonicMs()
      if (ranges.length > 0 || leftMs <= 0) return ranges
      await this.#env.wait(request.from.keys(), this.partition, leftMs, this.#ended.signal)
    }
  }

  commit(batch: CommitBatch): Promise<CommitOutcome> {
    if (this.#isReleased) return Promise.resolve({ kind: 'fenced' })
    const refused: number[] = []
    for (let index = 0; index < batch.records.length; index += 1) if (this.#env.refusal(batch.records[index] as OutRecord) !== undefined) refused.push(index)
    const first = batch.records[refused[0] ?? -1]
    if (first !== undefined) return Promise.resolve({ kind: 'rejected', records: refused, reason: this.#env.refusal(first) ?? '' })
    const job: Job = {
      kind: 'commit',
      group: this.group,
      partition: this.partition,
      epoch: this.#epoch,
      records: this.#env.pack(batch.records),
      positions: batch.positions,
      metadata: batch.metadata,
    }
    return this.#submitted(job, this.#ownTopics(batch.records))
  }

  /** Knows nothing of the records: packed they are enough while they are written. */
  async #submitted(job: Job, own: ReadonlyMap<string, number>): Promise<CommitOutcome> {
    const result = await this.#env.submit(job)
    if (result.kind === 'written') return { kind: 'done', end: new Map([...own].map(([topic, tp]) => [topic, result.ends.get(tp) ?? 0])) }
    if (result.kind === 'fenced') return { kind: 'fenced' }
    return { kind: 'unknown', reason: 'reason' in result ? result.reason : `an answer of kind ${result.kind}` }
  }

  async release(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#isReleased = true
    this.#ended.abort()
    this.#env.released()
  }

  lives(owner: string): boolean {
    return this.#env.lives(owner)
  }

  /** The open lock of the data folder is the proof, while the lease is. */
  provenAtMs(): number {
    return this.#ended.signal.aborted ? -Infinity : Infinity
  }

  /** The partition went elsewhere. A commit may still succeed until the next owner fences. */
  lose(reason: string): void {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    this.#resolveLost(reason)
  }

  /** Topics written to in the lease's own partition, and where that stands. */
  #ownTopics(records: readonly OutRecord[]): ReadonlyMap<string, number> {
    const own = new Map<string, number>()
    let last = ''
    for (const record of records) {
      // Records of a topic mostly stand together.
      if (record.partition !== this.partition || record.topic === last || own.has(record.topic)) continue
      last = record.topic
      own.set(record.topic, this.#env.tp(record.topic, this.partition))
    }
    return own
  }
}

/** The partition is still this owner's to ask for: nobody else does. */
function notFenced(result: JobResult): OperationError {
  const mayHeal = result.kind === 'busy' || (result.kind === 'failed' && result.mayHeal)
  return new (mayHeal ? Unreachable : OperationError)('data-folder/fence', `fencing failed: ${'reason' in result ? result.reason : `an answer of kind ${result.kind}`}`)
}
