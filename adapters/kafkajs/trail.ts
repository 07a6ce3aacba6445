// Trail: what the commits of a partition's owners leave behind them, and what it tells of one that broke while brokers were away: kafkajs cannot ask.
//
// Owns: where the owner's newest commit ends in it.
//
// D1. All commits with metadata end with a record in one topic of the partition (L8 of the log port): where nothing committed stands behind the newest own one, nobody has committed since.
// D2. `became` is asked once the id was fenced anew: nothing of the transaction is under way any more, and it was committed or aborted, whole. Aborted, where its end was not asked for. Else the
//     one record behind the commit before tells: it is the transaction's own, to the byte and at its place, or there is none, at a leader that is past that place. Another one is of another owner.
// D3. A leader that was replaced and has not heard of it shows less than there is. So after such a fence no transaction is ended before the trail was read up to the record that it has itself
//     written there: what is committed ends at it for as long as it is open, and whoever shows all up to there shows all that others have committed.
import { OperationError } from '../../system/protocol/failures.ts'
import type { LogRecord, OutRecord } from '../../system/protocol/record.ts'
import { within } from '../../system/protocol/within.ts'
import type { CommitBatch, Log } from '../../system/ports/log.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { Overtaken } from './errors.ts'

export type Became = 'nothing' | 'committed' | 'unknown' | 'overtaken'

export interface TrailOptions {
  readonly history: Pick<Log, 'read' | 'offsetsAt'>
  readonly clock: Clock
  readonly partition: number
}

/** Behind the last record of a commit. */
interface Place {
  readonly topic: string
  readonly end: number
}

const AGAIN_MS = 2
const AGAIN_MS_MAX = 50
/** A leader that does not show all by then is given up. A transaction that waits holds up whoever reads what it writes. */
const SHOWN_MS_MAX = 2000

export class Trail {
  readonly #options: TrailOptions
  /** Of the newest commit; undefined: it left none. */
  #newest: Place | undefined
  /** Fences without a look at everything so far, and the newest of them that D3 was kept after. */
  #doubts = 0
  #settled = 0

  constructor(options: TrailOptions) {
    this.#options = options
  }

  /** Whoever takes the right looks at everything. */
  forget(): void {
    this.#newest = undefined
    this.#doubts += 1
    this.#settled = this.#doubts
  }

  /** The id is fenced anew without a look at everything. Before the first commit there is nothing to tell by. */
  doubt(): void {
    if (this.#newest !== undefined) this.#doubts += 1
  }

  /** `offsets`: of each record. */
  committed({ records, metadata }: CommitBatch, offsets: readonly number[]): void {
    const last = records.at(-1)
    const offset = offsets.at(-1)
    this.#newest = last?.partition === this.#options.partition && metadata !== '' && offset !== undefined ? { topic: last.topic, end: offset + 1 } : undefined
  }

  /** Whether it tells what becomes of such a commit. */
  tells({ records, metadata }: CommitBatch): boolean {
    return metadata !== '' && this.#newest !== undefined && this.#isOf(records.at(-1))
  }

  /** D2. Of a commit that it tells of; `offsets`: undefined where its end was not asked for. Throws what a look throws. */
  async became({ records }: CommitBatch, offsets: readonly number[] | undefined, signal: AbortSignal): Promise<Became> {
    const { clock } = this.#options
    const [newest, record, at] = [this.#newest, records.at(-1), offsets?.at(-1)]
    if (newest === undefined || record === undefined) return 'unknown'
    if (at === undefined) return 'nothing'
    if (at <= newest.end) return 'unknown'
    const untilMs = clock.monotonicMs() + SHOWN_MS_MAX
    for (let againMs = AGAIN_MS; !signal.aborted && clock.monotonicMs() < untilMs; againMs = Math.min(AGAIN_MS_MAX, againMs * 2)) {
      const found = await this.#found(newest, record, at)
      if (found !== undefined) return found
      await clock.sleep(againMs, signal)
    }
    return 'unknown'
  }

  /** Undefined: the leader is not past that place yet. */
  async #found({ topic, end }: Place, record: OutRecord, at: number): Promise<Became | undefined> {
    const { history, partition } = this.#options
    const latest = await history.offsetsAt(topic, partition, 'latest')
    if (latest <= at) return undefined
    const { records: [behind, another], to } = await history.read(topic, partition, end, latest, { recordsMax: 2, bytesMax: 1 })
    if (behind !== undefined && !(behind.offset === at && isSame(behind.value, record))) return 'overtaken'
    if (another !== undefined || to < latest) return 'unknown'
    return behind === undefined ? 'nothing' : 'committed'
  }

  /** D3. `offsets`: of each record of a transaction that is open. Throws where its end is not to be asked for, `Overtaken` where another owner has committed. */
  async assertNothingSince({ records }: CommitBatch, offsets: readonly number[]): Promise<void> {
    const doubts = this.#doubts
    if (this.#settled === doubts) return
    const { clock, partition } = this.#options
    const newest = this.#newest
    const own = offsets.filter((_, index) => this.#isOf(records[index]))
    if (newest === undefined || own.length === 0) throw new OperationError('kafka/doubt', 'the commit leaves nothing behind that tells whether another owner has committed since')
    const to = Math.min(...own)
    if (to <= newest.end) throw new OperationError('kafka/doubt', `partition ${partition} of ${newest.topic} has lost what was committed: it ended at ${newest.end}, and the next record stands at ${to}`)
    const seen = await within(clock, this.#shownUpTo(newest, to), SHOWN_MS_MAX, () => 'too little' as const)
    if (seen === 'too little') throw new OperationError('kafka/doubt', `partition ${partition} of ${newest.topic} does not show what stands before ${to}`)
    if (seen !== 'nothing') {
      if (isSame(seen.value, records.at(-1))) throw new OperationError('kafka/doubt', `the commit stands at ${seen.offset} of partition ${partition} of ${newest.topic} already`)
      throw new Overtaken(`another owner has committed: partition ${partition} of ${newest.topic} holds a record at ${seen.offset}`)
    }
    // Whoever fences meanwhile is to look anew.
    this.#settled = Math.max(this.#settled, doubts)
  }

  /** The first record before `to`, once all is shown up to there; 'too little': it was not for long. */
  async #shownUpTo({ topic, end }: Place, to: number): Promise<LogRecord | 'nothing' | 'too little'> {
    const { history, clock, partition } = this.#options
    const untilMs = clock.monotonicMs() + SHOWN_MS_MAX
    for (let againMs = AGAIN_MS; clock.monotonicMs() < untilMs; againMs = Math.min(AGAIN_MS_MAX, againMs * 2)) {
      const seen = await history.read(topic, partition, end, to, { recordsMax: 1, bytesMax: 1 })
      const [first] = seen.records
      if (first !== undefined) return first
      if (seen.to >= to) return 'nothing'
      await clock.sleep(againMs)
    }
    return 'too little'
  }

  #isOf(record: OutRecord | undefined): boolean {
    return record !== undefined && record.topic === this.#newest?.topic && record.partition === this.#options.partition
  }
}

function isSame(value: Uint8Array | null, record: OutRecord | undefined): boolean {
  return Buffer.from(value ?? []).equals(record?.value ?? new Uint8Array())
}
