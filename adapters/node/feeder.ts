// Feeder: drives a scenario's feed into the log, at a pace, and goes on where an earlier process stopped.
//
// Owns: the progress (J1, J2 of `feed-progress.ts`). What consumers do with it is not its business; `room` says when to wait for them.
import { OperationError } from '../../system/protocol/failures.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { Codec } from '../../system/ports/codec.ts'
import type { Log } from '../../system/ports/log.ts'
import type { FeedItem } from '../../system/authoring/scenario.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import { FeedEncoder, isPromise } from './feed-records.ts'
import { assertSameInput, feedTopicSpec, progressRecord, readFeedProgress } from './feed-progress.ts'
import type { FeedProgress } from './feed-progress.ts'
import type { Tempo } from './tempo.ts'

export interface FeederOptions {
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
  readonly system: SystemDefinition
  /** Named in complaints. */
  readonly folder: string
  /** See `feedInput`. */
  readonly input: string
}

export interface Pace {
  readonly tempo: Tempo
  /** Ends the feed early; what was fed stays, and the next run goes on. */
  readonly stop: AbortSignal
  /** Resolves when the consumers are near enough. */
  room(fedSince: number): Promise<void>
}

/** Appends that find the log busy are tried again for so long. */
const BUSY_MS_MAX = 30_000
/** A paced feed appends this often, ms. */
const PACED_MS = 100
/** A feed that is paused looks so often whether it still is, beside being told. */
const PAUSED_MS = 60_000
/** Otherwise several chunks are appended at once: each append costs a commit of the medium. */
const APPEND_RECORDS_MAX = 4000
const APPEND_BYTES_MAX = 4 << 20

export class Feeder {
  readonly #options: FeederOptions
  readonly #encoder: FeedEncoder
  readonly #promised = new Map<string, number>()
  #progress: FeedProgress
  /** Encoded, not appended yet. */
  #records: OutRecord[] = []
  #bytes = 0
  /** Where the feed stands with what is encoded. */
  #ahead: FeedProgress
  /** From where on the present tempo is kept. */
  #since: { readonly changed: AbortSignal; readonly atMs: number; readonly events: number } | undefined

  constructor(options: FeederOptions, progress: FeedProgress) {
    this.#options = options
    this.#encoder = new FeedEncoder(options.system, options.codec)
    this.#progress = progress
    this.#ahead = progress
  }

  get progress(): FeedProgress {
    return this.#progress
  }

  /** The event time up to which every promised topic has been promised; undefined: nothing was. */
  get promisedMs(): number | undefined {
    return this.#promised.size === 0 ? undefined : Math.min(...this.#promised.values())
  }

  /** Feeds what is not in the log yet. Answers whether the feed came to its end. */
  async feed(chunks: AsyncIterable<readonly FeedItem[]>, pace: Pace): Promise<'ended' | 'stopped'> {
    const skipped = this.#progress
    let chunk = 0
    for await (const items of chunks) {
      // A feed that ended is still read to its end: the scenario may sum up what it fed.
      if (chunk < skipped.chunks || skipped.ended) this.#note(items)
      else {
        const from = chunk === skipped.chunks ? skipped.items : 0
        this.#note(items.slice(0, from))
        await this.#chunk(chunk, items, from, pace)
        // Before the next chunk is drawn: the scenario counts what it has yielded as fed.
        if (pace.stop.aborted) return this.#stopped()
      }
      chunk += 1
    }
    if (!skipped.ended) {
      this.#ahead = { ...this.#ahead, ended: true }
      await this.#append()
    }
    return 'ended'
  }

  async #stopped(): Promise<'stopped'> {
    if (this.#records.length > 0) await this.#append()
    return 'stopped'
  }

  async #chunk(chunk: number, items: readonly FeedItem[], from: number, pace: Pace): Promise<void> {
    for (let at = from; at < items.length;) {
      await this.#whilePaused(pace)
      if (pace.stop.aborted) return
      this.#keepFromHere(pace.tempo)
      const { rate } = pace.tempo.now
      const sliceMax = rate === undefined ? items.length : Math.max(1, Math.round((rate * PACED_MS) / 1000))
      const slice = items.slice(at, at + sliceMax)
      at += slice.length
      this.#encode(slice, at === items.length ? { chunks: chunk + 1, items: 0 } : { chunks: chunk, items: at })
      if (rate === undefined && this.#records.length < APPEND_RECORDS_MAX && this.#bytes < APPEND_BYTES_MAX) continue
      const before = this.#progress.events
      await this.#append()
      await pace.room(this.#progress.events - before)
      if (rate !== undefined) await this.#untilDue(rate, pace)
    }
  }

  async #whilePaused({ tempo, stop }: Pace): Promise<void> {
    while (tempo.now.isPaused && !stop.aborted) {
      if (this.#records.length > 0) await this.#append()
      await this.#options.clock.sleep(PAUSED_MS, AbortSignal.any([tempo.changed, stop]))
    }
  }

  /** T2. */
  #keepFromHere({ changed }: Tempo): void {
    if (this.#since?.changed === changed) return
    this.#since = { changed, atMs: this.#options.clock.monotonicMs(), events: this.#ahead.events }
  }

  #encode(items: readonly FeedItem[], at: { readonly chunks: number; readonly items: number }): void {
    for (const item of items) {
      for (const record of this.#encoder.records(item)) {
        this.#records.push(record)
        this.#bytes += record.value?.length ?? 0
      }
    }
    this.#note(items)
    this.#ahead = { ...this.#ahead, ...at, events: this.#ahead.events + items.filter((item) => !isPromise(item)).length }
  }

  #note(items: readonly FeedItem[]): void {
    for (const item of items) if (isPromise(item)) this.#promised.set(item.topic, Math.max(item.watermarkMs, this.#promised.get(item.topic) ?? -Infinity))
  }

  /** Appends what is encoded, with the progress that counts it (J1). */
  async #append(): Promise<void> {
    const { log, clock, system } = this.#options
    const untilMs = clock.monotonicMs() + BUSY_MS_MAX
    for (;;) {
      const outcome = await log.append([...this.#records, progressRecord(system.name, this.#ahead, clock.nowMs())])
      if (outcome.kind === 'done') break
      // Of what may have been written the log's own progress tells, at the next run.
      if (outcome.kind !== 'busy') throw new OperationError('feed/append', `the feed stopped: ${outcome.reason}`)
      if (clock.monotonicMs() > untilMs) throw new OperationError('data-folder/busy', `the feed stopped: the log took no events for ${BUSY_MS_MAX / 1000} s (${outcome.reason}). Run again to continue.`)
      await clock.sleep(20)
    }
    this.#progress = this.#ahead
    this.#records = []
    this.#bytes = 0
  }

  async #untilDue(rate: number, { tempo, stop }: Pace): Promise<void> {
    const { clock } = this.#options
    const { atMs = 0, events = 0 } = this.#since ?? {}
    const leftMs = atMs + ((this.#progress.events - events) * 1000) / rate - clock.monotonicMs()
    if (leftMs > 0 && this.#since?.changed === tempo.changed) await clock.sleep(leftMs, AbortSignal.any([tempo.changed, stop]))
  }
}

/** A feeder that continues what the log holds. Throws OperationError when that came from another input. */
export async function openFeeder(options: FeederOptions): Promise<Feeder> {
  const { log, system, folder, input } = options
  const problems = await log.ensureTopics([feedTopicSpec(system.name)])
  if (problems.length > 0) throw new OperationError('topics/misfit', problems.map(({ topic, reason }) => `topic ${topic}: ${reason}`).join('\n'))
  const found = await readFeedProgress(log, system.name)
  assertSameInput(folder, found, input)
  return new Feeder(options, found ?? { chunks: 0, items: 0, events: 0, ended: false, input })
}
