// Position: how far a partition has consumed each of its topics.
//
// Owns: the next offset per topic. `cycle.ts` polls and commits.
//
// X1. A position never moves backwards.
// X2. What a batch consumed is a prefix of what was polled, per topic.
import { assert } from '../protocol/assert.ts'
import type { LogRecord, RecordRange } from '../protocol/record.ts'
import type { Arrival } from './arrivals.ts'
import { rangeOf } from './arrivals.ts'
import type { InputRange } from './journal.ts'

export class Position {
  #next: Map<string, number>

  constructor(next: ReadonlyMap<string, number>) {
    this.#next = new Map(next)
  }

  next(): ReadonlyMap<string, number> {
    return this.#next
  }

  of(topic: string): number {
    return this.#next.get(topic) ?? 0
  }

  /** What the first `consumed` arrivals cover of the polled ranges: whole ranges where nothing is left over. */
  consumed(ranges: readonly RecordRange[], arrivals: readonly Arrival[], consumed: number): readonly InputRange[] {
    const left = new Set(arrivals.slice(consumed).map((arrival) => arrival.topic))
    return ranges.flatMap((range) => {
      if (!left.has(range.topic)) return [rangeOf(range.topic, range.from, range.to, range.records)]
      const records: LogRecord[] = []
      for (let at = 0; at < consumed; at += 1) {
        const arrival = arrivals[at]
        if (arrival?.topic === range.topic) records.push(arrival.record)
      }
      const last = records.at(-1)
      return last === undefined ? [] : [rangeOf(range.topic, range.from, last.offset + 1, records)]
    })
  }

  /** Positions after the ranges. */
  after(ranges: readonly InputRange[]): ReadonlyMap<string, number> {
    const next = new Map(this.#next)
    for (const range of ranges) {
      assert(range.to >= (next.get(range.topic) ?? 0), 'X1: a position moved backwards')
      next.set(range.topic, range.to)
    }
    return next
  }

  settle(next: ReadonlyMap<string, number>): void {
    this.#next = new Map(next)
  }
}
