// Trail: what the commits of a partition's owners leave behind them, and what it tells of one that broke while brokers were away: kafkajs cannot ask.
//
// Owns: where the owner's newest commit ends in it.
//
// D1. All commits with metadata end with a record in one topic of the partition (L8 of the log port): where nothing committed stands behind the newest own one, nobody has committed since.
// D2. `became` is asked once the id was fenced anew: nothing of the transaction is under way any more, and it was committed or aborted, whole. Aborted, where its end was not asked for. Else the
//     one record behind the commit before tells: it is the transaction's own, to the byte and at its place, or there is none, at a leader that is past that place.
// D3. A leader that was replaced and has not heard of it shows less than there is. So after such a fence no transaction is ended before the trail was read up to the record that it has itself
//     written there: what is committed ends at it for as long as it is open, and whoever shows all up to there shows all that others have committed.
import { OperationError } from '../../system/protocol/failures.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import type { CommitBatch, Log } from '../../system/ports/log.ts'
import type { Clock } from '../../system/ports/clock.ts'

export type Became = 'nothing' | 'committed' | 'unknown'

export interface TrailOptions {
  readonly history: Pick<Log, 'read' | 'offsetsAt'>
  readonly clock: Clock
  readonly partition: number
  /** A transaction waits no longer for a leader that shows all (D3), ms. */
  readonly msMax: number
}

const AGAIN_MS = 2
const AGAIN_MS_MAX = 50

export class Trail {
  readonly #options: TrailOptions
  /** Behind the last record of the newest commit; undefined: it left none. */
  #newest: { readonly topic: string; readonly end: number } | undefined
  /** Nobody has committed since, but for who has fenced the id. */
  #isSure = true

  constructor(options: TrailOptions) {
    this.#options = options
  }

  /** Whoever takes the right looks at everything. */
  forget(): void {
    this.#newest = undefined
    this.#isSure = true
  }

  /** The id is fenced anew without a look at everything. */
  doubt(): void {
    this.#isSure = false
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
    const [newest, record, at] = [this.#newest, records.at(-1), offsets?.at(-1)]
    if (newest === undefined || record === undefined) return 'unknown'
    if (at === undefined) return 'nothing'
    const { history, clock, partition } = this.#options
    for (let againMs = AGAIN_MS; !signal.aborted; againMs = Math.min(AGAIN_MS_MAX, againMs * 2)) {
      const latest = await history.offsetsAt(newest.topic, partition, 'latest')
      if (latest > at) {
        const { records: [behind, another], to } = await history.read(newest.topic, partition, newest.end, latest, { recordsMax: 2, bytesMax: 1 })
        if (to < latest || another !== undefined) return 'unknown'
        if (behind === undefined) return 'nothing'
        return behind.offset === at && Buffer.from(behind.value ?? []).equals(record.value ?? new Uint8Array()) ? 'committed' : 'unknown'
      }
      await clock.sleep(againMs, signal)
    }
    return 'unknown'
  }

  /** D3. `offsets`: of each record of a transaction that is open. Throws where its end is not to be asked for. */
  async assertNothingSince({ records }: CommitBatch, offsets: readonly number[]): Promise<void> {
    if (this.#isSure) return
    const { history, clock, partition, msMax } = this.#options
    const newest = this.#newest
    const own = offsets.filter((_, index) => this.#isOf(records[index]))
    if (newest === undefined || own.length === 0) throw new OperationError('kafka/doubt', 'the commit leaves nothing behind that tells whether another owner has committed since')
    const to = Math.min(...own)
    if (to <= newest.end) throw new OperationError('kafka/doubt', `partition ${partition} of ${newest.topic} has lost what was committed: it ended at ${newest.end}, and the next record stands at ${to}`)
    const untilMs = clock.monotonicMs() + msMax
    for (let againMs = AGAIN_MS; ; againMs = Math.min(AGAIN_MS_MAX, againMs * 2)) {
      const seen = await history.read(newest.topic, partition, newest.end, to, { recordsMax: 1, bytesMax: 1 })
      if (seen.records.length > 0) throw new OperationError('kafka/doubt', `something was committed since: partition ${partition} of ${newest.topic} holds a record at ${seen.records[0]?.offset ?? NaN}`)
      if (seen.to >= to) break
      if (clock.monotonicMs() > untilMs) throw new OperationError('kafka/doubt', `partition ${partition} of ${newest.topic} does not show what stands before ${to}`)
      await clock.sleep(againMs)
    }
    this.#isSure = true
  }

  #isOf(record: OutRecord | undefined): boolean {
    return record !== undefined && record.topic === this.#newest?.topic && record.partition === this.#options.partition
  }
}
