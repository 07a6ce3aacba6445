// Flow meter: rates out of the counts that a watched system tells, over the newest seconds.
import type { FlowDocument, TypeFlow } from '../../system/gateway/flow-document.ts'

export interface Rates {
  readonly inputs: number
  readonly outputs: number
  readonly decisions: number
  readonly deadLetters: number
  /** Inputs of each partition, by its index. */
  readonly partitions: ReadonlyMap<string, number>
  /** Transitions by id, the most frequent first. */
  readonly taken: readonly (readonly [id: string, perSecond: number])[]
}

const WINDOW_MS = 3000

interface Mark {
  readonly atMs: number
  readonly document: FlowDocument
}

export class FlowMeter {
  #marks: Mark[] = []

  /** What holds at a moment, monotonic ms. */
  mark(atMs: number, document: FlowDocument): void {
    this.#marks.push({ atMs, document })
    while (this.#marks.length > 2 && (this.#marks[1]?.atMs ?? atMs) <= atMs - WINDOW_MS) this.#marks.shift()
  }

  /** Another server counts from nothing. */
  forget(): void {
    this.#marks = []
  }

  /** A second, between the first and the last mark of the window. */
  rates(type: string): Rates {
    const [first] = this.#marks
    const last = this.#marks.at(-1)
    const [before, after] = [first?.document.types[type], last?.document.types[type]]
    const seconds = first === undefined || last === undefined ? 0 : (last.atMs - first.atMs) / 1000
    const rate = (count: (flow: TypeFlow) => number): number => (before === undefined || after === undefined || seconds <= 0 ? 0 : Math.max(0, count(after) - count(before)) / seconds)
    const taken = Object.keys(after?.taken ?? {}).map((id) => [id, rate((flow) => flow.taken[id] ?? 0)] as const)
    return {
      inputs: rate(({ inputs }) => inputs), outputs: rate(({ outputs }) => outputs), decisions: rate(({ decisions }) => decisions), deadLetters: rate(({ deadLetters }) => deadLetters),
      partitions: new Map(Object.keys(after?.partitions ?? {}).map((index) => [index, rate(({ partitions }) => partitions[index]?.inputs ?? 0)])),
      taken: taken.filter(([, perSecond]) => perSecond > 0).sort((a, b) => b[1] - a[1]),
    }
  }
}
