// The checker's own account of event time: least promise of all inputs that are not idle, never going back.
import type { Watermark } from './checker-codec.ts'

export class PlainWatermarks {
  readonly #inputs = new Map<string, { ms: number; idle: boolean }>()
  currentMs = -Infinity

  constructor(inputs: readonly string[]) {
    for (const input of inputs) this.#inputs.set(input, { ms: -Infinity, idle: false })
  }

  promise(input: string, ms: number, idle: boolean): void {
    const known = this.#inputs.get(input)
    if (known === undefined) return
    this.#inputs.set(input, { ms: Math.max(ms, known.ms), idle })
    const counted = [...this.#inputs.values()].filter((one) => !one.idle)
    const all = [...this.#inputs.values()].map((one) => one.ms)
    this.currentMs = Math.max(this.currentMs, counted.length > 0 ? Math.min(...counted.map((one) => one.ms)) : Math.max(...all))
  }

  take(state: readonly Watermark[]): void {
    for (const [input, ms, idle] of state) {
      if (input === '*') this.currentMs = ms
      else if (this.#inputs.has(input)) this.#inputs.set(input, { ms, idle })
    }
  }

  /** The first difference to a journalled state; undefined: none. */
  differs(state: readonly Watermark[]): string | undefined {
    for (const [input, ms, idle] of state) {
      const known = input === '*' ? { ms: this.currentMs, idle: false } : this.#inputs.get(input)
      if (known?.ms !== ms || known.idle !== idle) return `${input} at ${ms}${idle ? ' (idle)' : ''}, own: ${known?.ms}${known?.idle === true ? ' (idle)' : ''}`
    }
    return undefined
  }
}
