// Watermarks: up to which event time a partition believes itself complete. Never used for anything else.
//
// Owns: the newest promise of every source and of every sender partition. Does no I/O, reads no clock.
//
// W1. A watermark w promises: no further event with time < w.
// W2. The partition's watermark is the minimum over all its inputs; an input never heard of counts as -Infinity, an idle one not at all.
// W3. No input's promise goes back, nor does the partition's watermark, even when an idle input wakes up behind it.
import type { TypePlan } from './topology.ts'

/** As journalled at the start of each batch: `[input, watermark, idle]`; an input is a topic, or `<group>/<index>` of a sender. */
export type WatermarkState = readonly (readonly [input: string, watermarkMs: number, idle: boolean])[]

/** The partition's own watermark, in a saved state. */
const APPLIED = '*'

type Progress = { watermarkMs: number; idle: boolean }

export class Watermarks {
  readonly #inputs = new Map<string, Progress>()
  readonly #outOfOrderMs = new Map<string, number>()
  #applied = -Infinity
  #settled = -Infinity

  constructor(plan: TypePlan) {
    for (const source of plan.definition.sources) {
      this.#inputs.set(source.topic, { watermarkMs: -Infinity, idle: false })
      this.#outOfOrderMs.set(source.topic, source.outOfOrderMs)
    }
    for (const sender of plan.senders) this.#inputs.set(sender, { watermarkMs: -Infinity, idle: false })
    this.#advance()
  }

  /** The partition's watermark (W2, W3). */
  get currentMs(): number {
    return this.#applied
  }

  /** As of the last commit: what comes after it another owner may never see. */
  get committedMs(): number {
    return this.#settled
  }

  /** What stands now is committed. */
  settle(): void {
    this.#settled = this.#applied
  }

  /** An event of a source at `timeMs` was seen. */
  observeEvent(topic: string, timeMs: number): void {
    this.#promise(topic, timeMs - (this.#outOfOrderMs.get(topic) ?? 0), false)
  }

  /** An input promised `watermarkMs` itself: a control record or a tell. */
  observePromise(input: string, watermarkMs: number, idle: boolean): void {
    this.#promise(input, watermarkMs, idle)
  }

  /** Marks an input as idle or not, without a new promise. */
  setIdle(input: string, idle: boolean): void {
    const progress = this.#inputs.get(input)
    if (progress === undefined || progress.idle === idle) return
    progress.idle = idle
    this.#advance()
  }

  /** True when the source is further ahead of the partition's watermark than `skewMs`. */
  isAhead(topic: string, skewMs: number): boolean {
    const progress = this.#inputs.get(topic)
    if (progress === undefined || progress.watermarkMs === -Infinity || progress.watermarkMs === Infinity) return false
    return progress.watermarkMs - this.#applied > skewMs
  }

  isIdle(input: string): boolean {
    return this.#inputs.get(input)?.idle === true
  }

  /** True when every input is idle or has ended. */
  allQuiet(): boolean {
    return [...this.#inputs.values()].every((progress) => progress.idle || progress.watermarkMs === Infinity)
  }

  /** Inputs whose promise holds the watermark back. */
  waitingFor(): readonly string[] {
    // One that woke up behind the watermark (W3) holds it back just as well.
    return [...this.#inputs].filter(([, { idle, watermarkMs }]) => !idle && watermarkMs <= this.#applied && watermarkMs !== Infinity).map(([input]) => input)
  }

  save(): WatermarkState {
    return [[APPLIED, this.#applied, false], ...[...this.#inputs].map(([input, { watermarkMs, idle }]) => [input, watermarkMs, idle] as const)]
  }

  /** Takes a journalled state over; inputs that the definition no longer has are left out. */
  load(state: WatermarkState): void {
    this.#applied = -Infinity
    for (const [input, watermarkMs, idle] of state) {
      if (input === APPLIED) this.#applied = watermarkMs
      const progress = this.#inputs.get(input)
      if (progress === undefined) continue
      progress.watermarkMs = watermarkMs
      progress.idle = idle
    }
    this.#advance()
  }

  #promise(input: string, watermarkMs: number, idle: boolean): void {
    const progress = this.#inputs.get(input)
    if (progress === undefined) return
    if (watermarkMs <= progress.watermarkMs && idle === progress.idle) return
    progress.watermarkMs = Math.max(watermarkMs, progress.watermarkMs)
    progress.idle = idle
    this.#advance()
  }

  #advance(): void {
    let least = Infinity
    let most = -Infinity
    let counted = 0
    for (const { watermarkMs, idle } of this.#inputs.values()) {
      if (watermarkMs > most) most = watermarkMs
      if (idle) continue
      counted += 1
      if (watermarkMs < least) least = watermarkMs
    }
    // With every input idle nothing more is awaited: the highest promise stands.
    const current = counted > 0 ? least : most
    if (current > this.#applied) this.#applied = current
  }
}
