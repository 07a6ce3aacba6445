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
  /** Events a second; undefined: as fast as the consumers. */
  readonly rate: number | undefined
  /** Ends the feed early; what was fed stays, and the next run goes on. */
  readonly stop: AbortSignal
  /** Resolves when the consumers are near enough. */
  room(fedSince: number): Promise<void>
}

/** Appends that find the log busy are tried again for so long. */
const BUSY_MS_MAX = 30_000
/** A paced feed appends this often, ms. */
const PACED_MS = 100

export class Feeder {
  readonly #options: FeederOptions
  readonly #encoder: FeedEncoder
  readonly #promised = new Map<string, number>()
  #progress: FeedProgress

  constructor(options: FeederOptions, progress: FeedProgress) {
    this.#options = options
    this.#encoder = new FeedEncoder(options.system, options.codec)
    this.#progress = progress
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
    const startedMs = this.#options.clock.monotonicMs()
    let chunk = 0
    for await (const items of chunks) {
      // A feed that ended is still read to its end: the scenario may sum up what it fed.
      if (chunk < skipped.chunks || skipped.ended) this.#note(items)
      else if (!(await this.#chunk(chunk, items, chunk === skipped.chunks ? skipped.items : 0, { pace, startedMs, base: skipped.events }))) return 'stopped'
      chunk += 1
    }
    if (!this.#progress.ended) await this.#append([], { ...this.#progress, ended: true })
    return 'ended'
  }

  /** False: stopped within the chunk. */
  async #chunk(chunk: number, items: readonly FeedItem[], from: number, by: { readonly pace: Pace; readonly startedMs: number; readonly base: number }): Promise<boolean> {
    const { pace, startedMs, base } = by
    const sliceMax = pace.rate === undefined ? Infinity : Math.max(1, Math.round((pace.rate * PACED_MS) / 1000))
    this.#note(items.slice(0, from))
    for (let at = from; at < items.length;) {
      if (pace.stop.aborted) return false
      const slice = items.slice(at, at + sliceMax)
      at += slice.length
      const isWhole = at === items.length
      const events = this.#progress.events + slice.filter((item) => !isPromise(item)).length
      await this.#append(slice.flatMap((item) => this.#encoder.records(item)), { ...this.#progress, chunks: isWhole ? chunk + 1 : chunk, items: isWhole ? 0 : at, events })
      this.#note(slice)
      await pace.room(slice.length)
      if (pace.rate !== undefined) await this.#waitUntil(startedMs + ((events - base) * 1000) / pace.rate, pace.stop)
    }
    return true
  }

  #note(items: readonly FeedItem[]): void {
    for (const item of items) if (isPromise(item)) this.#promised.set(item.topic, Math.max(item.watermarkMs, this.#promised.get(item.topic) ?? -Infinity))
  }

  async #append(records: readonly OutRecord[], progress: FeedProgress): Promise<void> {
    const { log, clock, system } = this.#options
    const untilMs = clock.monotonicMs() + BUSY_MS_MAX
    for (;;) {
      const outcome = await log.append([...records, progressRecord(system.name, progress, clock.nowMs())])
      if (outcome.kind === 'done') break
      if (outcome.kind === 'failed') throw new OperationError('feed/append', `the feed stopped: ${outcome.reason}`)
      if (clock.monotonicMs() > untilMs) throw new OperationError('data-folder/busy', `the feed stopped: the log took no events for ${BUSY_MS_MAX / 1000} s (${outcome.reason}). Run again to continue.`)
      await clock.sleep(20)
    }
    this.#progress = progress
  }

  async #waitUntil(atMs: number, stop: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const leftMs = atMs - clock.monotonicMs()
    if (leftMs > 0) await clock.sleep(leftMs, stop)
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
