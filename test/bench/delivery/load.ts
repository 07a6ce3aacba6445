// Load: a fleet sends its pings at their time, as a gateway in the runtime's process would, and sees when their ETAs can be read.
//
// The latency of a ping is from the time at which it was due to be sent, whether or not earlier ones were taken, to the read of its ETA.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import { FeedEncoder, isPromise } from '../../../adapters/node/feed-records.ts'
import { fleet } from '../../../scenarios/delivery/fleet.ts'
import type { FeedItem } from '../../../system/authoring/scenario.ts'
import type { Log } from '../../../system/ports/log.ts'
import type { OutRecord } from '../../../system/protocol/record.ts'
import { utf8Decode } from '../../../system/protocol/utf8.ts'
import { systemOf } from './systems.ts'
import type { Subject } from './systems.ts'

export interface LoadJob {
  readonly subject: Subject
  readonly deliveries: number
  readonly seconds: number
  /** Not counted at the beginning: deliveries are placed, code is compiled. */
  readonly warmupSeconds: number
}

export interface LoadResult {
  /** Pings sent and ETAs read a second, after the warm-up. */
  readonly pingsPerSecond: number
  readonly etasPerSecond: number
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number }
  /** How far behind its own schedule the load came at worst: it then measured itself. */
  readonly behindMsMax: number
}

/** What was due meanwhile is sent together. */
const SLICE_MS = 5
const APPENDS_MAX = 100
const READ_EVERY_MS = 4
const PARTITIONS = 4
/** Of the ETAs one in so many is looked at for its latency. */
const LOOKED_AT = 8
const SETTLE_MS = 3000

class Load {
  readonly #job: LoadJob
  readonly #log: Log
  readonly #encoder: FeedEncoder
  readonly #countedFromMs: number
  readonly #next = new Array<number>(PARTITIONS).fill(0)
  readonly #latencies: number[] = []
  readonly #appending = new Set<Promise<void>>()
  #pings = 0
  #etas = 0
  #behindMs = 0

  constructor(job: LoadJob, log: Log, startMs: number) {
    this.#job = job
    this.#log = log
    this.#encoder = new FeedEncoder(systemOf(job.subject), cborCodec)
    this.#countedFromMs = startMs + job.warmupSeconds * 1000
  }

  async send(startMs: number): Promise<void> {
    const { deliveries, seconds, subject } = this.#job
    let waiting: FeedItem[] = []
    let sliceEndMs = startMs + SLICE_MS
    for (const chunk of fleet({ deliveries, seconds, startMs })) {
      for (const item of chunk) {
        if (subject === 'tracker' && (isPromise(item) || item.topic !== 'pings')) continue
        if (!isPromise(item) && item.timeMs >= sliceEndMs) {
          await this.#sendAt(sliceEndMs, waiting)
          waiting = []
          sliceEndMs += SLICE_MS * (1 + Math.floor((item.timeMs - sliceEndMs) / SLICE_MS))
        }
        waiting.push(item)
      }
    }
    await this.#sendAt(sliceEndMs, waiting)
    await Promise.all(this.#appending)
  }

  /** Never before its time: what is sent at once was due within one slice. */
  async #sendAt(dueMs: number, items: readonly FeedItem[]): Promise<void> {
    const aheadMs = dueMs - Date.now()
    if (aheadMs > 0) await systemClock.sleep(aheadMs)
    else if (dueMs > this.#countedFromMs) this.#behindMs = Math.max(this.#behindMs, -aheadMs)
    if (items.length === 0) return
    const appending = this.#append(items).finally(() => this.#appending.delete(appending))
    this.#appending.add(appending)
    // As many as callers who wait for their answers: what comes meanwhile is late, and counts so.
    if (this.#appending.size >= APPENDS_MAX) await Promise.race(this.#appending)
  }

  async #append(items: readonly FeedItem[]): Promise<void> {
    const records: OutRecord[] = items.flatMap((item) => this.#encoder.records(item))
    for (let outcome = await this.#log.append(records); outcome.kind !== 'done'; outcome = await this.#log.append(records)) {
      if (outcome.kind === 'failed') throw new TypeError(`the load was not taken: ${outcome.reason}`)
    }
    for (const item of items) if (!isPromise(item) && item.topic === 'pings' && item.timeMs >= this.#countedFromMs) this.#pings += 1
  }

  /** Reads ETAs as they come, until `ended`. */
  async read(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      for (let partition = 0; partition < PARTITIONS; partition += 1) await this.#readSome(partition)
      await systemClock.sleep(READ_EVERY_MS, ended)
    }
  }

  async #readSome(partition: number): Promise<void> {
    const range = await this.#log.read('etas', partition, this.#next[partition] ?? 0, Infinity, { recordsMax: 5000, bytesMax: 16 << 20 })
    const nowMs = Date.now()
    this.#next[partition] = range.to
    for (const { value, offset } of range.records) {
      if (nowMs >= this.#countedFromMs) this.#etas += 1
      if (offset % LOOKED_AT !== 0 || value === null) continue
      const { time } = JSON.parse(utf8Decode(value) ?? '{}') as { readonly time: number }
      if (time >= this.#countedFromMs) this.#latencies.push(nowMs - time)
    }
  }

  result(endMs: number): LoadResult {
    const sorted = this.#latencies.sort((a, b) => a - b)
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
    const seconds = (endMs - this.#countedFromMs) / 1000
    return { pingsPerSecond: Math.round(this.#pings / seconds), etasPerSecond: Math.round(this.#etas / seconds), latencyMs: { p50: at(0.5), p99: at(0.99), max: at(1) }, behindMsMax: Math.round(this.#behindMs) }
  }
}

export async function runLoad(log: Log, job: LoadJob): Promise<LoadResult> {
  const startMs = Date.now() + 1000
  const load = new Load(job, log, startMs)
  const ended = new AbortController()
  const reading = load.read(ended.signal)
  await load.send(startMs)
  const endMs = Date.now()
  const result = load.result(endMs)
  await systemClock.sleep(SETTLE_MS)
  ended.abort()
  await reading
  // Latencies of what was still on its way count, its rate does not.
  const { latencyMs } = load.result(endMs)
  return { ...result, latencyMs }
}
