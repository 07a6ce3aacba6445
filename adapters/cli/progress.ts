// Progress: one moment of a run, as numbers, for the screen, for logs and for programs.
import type { FeedProgress } from '../node/feed-progress.ts'
import type { Look } from '../node/look.ts'
import type { RunTelemetry } from '../node/run-telemetry.ts'

export interface Progress {
  readonly elapsedMs: number
  /** Events fed and consumed, of the whole feed. */
  readonly fed: number
  readonly consumed: number
  readonly total: number | undefined
  readonly ratePerS: number
  readonly lag: number
  readonly commitP50Ms: number
  readonly commitP99Ms: number
  readonly rssBytes: number
  readonly decisions: number
  readonly deadLetters: ReadonlyMap<string, number>
  readonly drops: ReadonlyMap<string, number>
  readonly states: Look['occupancy']
  /** Entities that stand still. */
  readonly parked: number
  /** Partitions that are not live, as `card/2 recovering`. */
  readonly notLive: readonly string[]
  readonly waitingFor: readonly string[]
}

/** The rate is that of the last moments. */
const WINDOW_MS = 3000

export class ProgressMeter {
  readonly #telemetry: RunTelemetry
  readonly #total: number | undefined
  readonly #startedMs: number
  readonly #nowMs: () => number
  /** Consumed by earlier processes. */
  readonly #base: number
  #marks: { readonly atMs: number; readonly consumed: number }[] = []

  constructor(telemetry: RunTelemetry, total: number | undefined, base: number, nowMs: () => number) {
    this.#telemetry = telemetry
    this.#total = total
    this.#base = base
    this.#marks.push({ atMs: 0, consumed: base })
    this.#nowMs = nowMs
    this.#startedMs = nowMs()
  }

  /** Events consumed since this process began to look. */
  get consumedHere(): number {
    return Math.max(0, (this.#marks.at(-1)?.consumed ?? 0) - this.#base)
  }

  at(look: Look, feed: FeedProgress | undefined): Progress {
    const elapsedMs = this.#nowMs() - this.#startedMs
    const isLive = look.partitions.every(({ state }) => state === 'live')
    // Without a feed of ours, what the sources hold is all there is to count.
    const sourced = feed?.events ?? this.#telemetry.inputs + look.sourceLag
    // A partition that is not live does not say how far it is.
    const consumed = isLive ? Math.max(this.#base, sourced - look.sourceLag) : this.#marks.at(-1)?.consumed ?? this.#base
    if (isLive) this.#mark(elapsedMs, consumed)
    const { commitMs, decisions, deadLetters, drops } = this.#telemetry
    // A scenario may only estimate how much it will feed.
    const total = this.#total === undefined || feed === undefined ? this.#total : feed.ended ? feed.events : Math.max(this.#total, feed.events)
    return {
      elapsedMs, fed: sourced, consumed, total, ratePerS: this.#rate(), lag: look.lag,
      commitP50Ms: commitMs.percentile(0.5), commitP99Ms: commitMs.percentile(0.99), rssBytes: process.memoryUsage.rss(),
      decisions, deadLetters, drops, states: look.occupancy, parked: look.parked,
      notLive: look.partitions.filter(({ state }) => state !== 'live').map(({ type, partition, state }) => `${type}/${partition} ${state}`),
      waitingFor: look.lag > 0 ? [] : look.partitions.filter(({ waitingFor, watermarkMs }) => waitingFor.length > 0 && watermarkMs === -Infinity).map(({ type, partition, waitingFor }) => `${type}/${partition} waits for ${waitingFor[0] ?? ''}`),
    }
  }

  #mark(atMs: number, consumed: number): void {
    this.#marks.push({ atMs, consumed })
    while (this.#marks.length > 2 && (this.#marks[1]?.atMs ?? atMs) < atMs - WINDOW_MS) this.#marks.shift()
  }

  #rate(): number {
    const [first] = this.#marks
    const last = this.#marks.at(-1)
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0
    return Math.max(0, ((last.consumed - first.consumed) * 1000) / (last.atMs - first.atMs))
  }
}

/** As one object for programs: counts are plain objects, times in ms. */
export function progressObject(progress: Progress): Record<string, unknown> {
  const { deadLetters, drops, states, elapsedMs, ratePerS, commitP50Ms, commitP99Ms, ...rest } = progress
  return {
    ...rest, elapsedMs: Math.round(elapsedMs), ratePerS: Math.round(ratePerS), commitP50Ms: rounded(commitP50Ms), commitP99Ms: rounded(commitP99Ms),
    deadLetters: Object.fromEntries(deadLetters), drops: Object.fromEntries(drops), states: statesObject(states),
  }
}

export function statesObject(states: Look['occupancy']): Record<string, Record<string, number>> {
  return Object.fromEntries([...states].map(([type, counts]) => [type, Object.fromEntries(counts)]))
}

export const rounded = (ms: number): number => Math.round(ms * 100) / 100
