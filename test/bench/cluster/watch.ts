// Watch: when outputs of each partition become visible to a reader of committed records.
//
// Owns: a group of its own, which commits nothing.
import type { Lease, Log, Member } from '../../../system/ports/log.ts'

const POLL_MS = 500
const POLL = { recordsMax: 10_000, bytesMax: 8 << 20 }

/** Outputs that became visible together. */
export interface Sight {
  readonly seenMs: number
  /** When the newest of them was made. */
  readonly madeMs: number
}

export interface Pause {
  readonly ms: number
  readonly untilMs: number
}

export type Told = (key: Uint8Array | null, value: Uint8Array | null, atMs: number) => void

export class Watch {
  /** By partition, oldest first. */
  readonly sights: Sight[][]
  /** Outputs seen. */
  count = 0
  readonly #log: Log
  readonly #topic: string
  readonly #told: Told
  #member: Member | undefined
  #isOver = false

  /** `told`: of each output, with the moment at which it was seen, ms of the monotonic clock. */
  constructor(log: Log, topic: string, partitions: number, told: Told = () => {}) {
    this.#log = log
    this.#topic = topic
    this.#told = told
    this.sights = Array.from({ length: partitions }, () => [])
  }

  /** Resolves when it will miss nothing that is written from now on. */
  async start(): Promise<void> {
    const following = new Set<number>()
    const { promise, resolve } = Promise.withResolvers<void>()
    const assigned = async (lease: Lease): Promise<void> => {
      const at = await this.#log.offsetsAt(this.#topic, lease.partition, 'latest')
      if (following.add(lease.partition).size === this.sights.length) resolve()
      await this.#follow(lease, at)
    }
    this.#member = await this.#log.join({ group: `watch.${this.#topic}`, topics: [this.#topic], metadataTopic: this.#topic }, { assigned: (lease) => void assigned(lease) })
    await promise
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#member?.leave()
  }

  /** From a moment until outputs made after it were seen, ms; undefined: not yet. */
  resumedAfter(partition: number, fromMs: number): number | undefined {
    const first = this.sights[partition]?.find(({ madeMs }) => madeMs > fromMs)
    return first === undefined ? undefined : first.seenMs - fromMs
  }

  /** The longest time without an output between two moments. */
  longestPauseMs(partition: number, fromMs: number, toMs: number): number {
    return this.longestPause(partition, fromMs, toMs).ms
  }

  longestPause(partition: number, fromMs: number, toMs: number): Pause {
    let last = fromMs
    let longest: Pause = { ms: 0, untilMs: fromMs }
    for (const { seenMs } of this.sights[partition] ?? []) {
      if (seenMs < fromMs) continue
      if (seenMs > toMs) break
      if (seenMs - last > longest.ms) longest = { ms: seenMs - last, untilMs: seenMs }
      last = seenMs
    }
    return toMs - last > longest.ms ? { ms: toMs - last, untilMs: toMs } : longest
  }

  async #follow(lease: Lease, from: number): Promise<void> {
    let at = from
    while (!this.#isOver) {
      const [range] = await lease.poll({ from: new Map([[this.#topic, at]]), waitMsMax: POLL_MS, ...POLL })
      if (range === undefined) continue
      at = range.to
      this.count += range.records.length
      const atMs = performance.now()
      for (const { key, value } of range.records) this.#told(key, value, atMs)
      const newest = range.records.at(-1)
      if (newest !== undefined) this.sights[lease.partition]?.push({ seenMs: Date.now(), madeMs: newest.timestampMs })
    }
  }
}
