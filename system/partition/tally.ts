// Tally: the transitions that the turns of one batch took, by their places in the machine; made once and used for each batch that is counted.
//
// Y1. A turn counts when it has ended well: what is refused has taken nothing.
import { FLOW_TIMED_EVERY } from '../protocol/limits.ts'
import type { Subject } from './batch.ts'

/** When a transition's input was written to the log, ms since the epoch. */
interface Timed {
  readonly place: number
  readonly writtenMs: number
}

export class Tally {
  /** How often each was taken. */
  readonly taken: Float64Array
  /** Of some of the turns that records began. */
  readonly timed: Timed[] = []
  #turns = 0

  constructor(transitions: number) {
    this.taken = new Float64Array(transitions)
  }

  /** For the next batch. */
  clear(): void {
    this.taken.fill(0)
    this.timed.length = 0
  }

  /** A turn that took these ended. Its subject is made when it is asked for: most are not. */
  turn(places: readonly number[], input: { readonly subject: Subject }): void {
    for (let at = 0; at < places.length; at += 1) this.taken[places[at] as number] = (this.taken[places[at] as number] as number) + 1
    if (places.length === 0 || (this.#turns += 1) % FLOW_TIMED_EVERY !== 0) return
    const { subject } = input
    const record = subject.kind === 'record' ? subject.record : undefined
    if (record !== undefined) for (const place of places) this.timed.push({ place, writtenMs: record.timestampMs })
  }
}
