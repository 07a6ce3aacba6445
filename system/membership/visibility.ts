// When a transaction of this process has become visible: its end is confirmed before readers of every partition see it.
//
// Owns: the transactions that are ending. A reader of this process waits for those that touch what it reads, so that it sees what was committed before
// (L1, and reading one's own writes). Other processes may see the partitions of a transaction one after the other, for as long as its markers travel.
import type { Clock } from '../ports/clock.ts'

export interface Written {
  /** As the cluster calls it. */
  readonly topic: string
  readonly partition: number
  /** Behind the last record. */
  readonly end: number
}

const AGAIN_MS = 1
const AGAIN_MS_MAX = 20
/** A transaction that is not visible after so long waits for brokers; whoever reads sees what is there. */
const WAIT_MS_MAX = 5000

export class Visibility {
  readonly #clock: Clock
  readonly #ending = new Map<string, readonly Written[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The end of a transaction is about to be asked for. Of one transactional id, the one before is visible then. */
  ending(transactionalId: string, written: readonly Written[]): void {
    if (written.length === 0) this.#ending.delete(transactionalId)
    else this.#ending.set(transactionalId, written)
  }

  /** It did not end, or nobody knows. */
  forget(transactionalId: string): void {
    this.#ending.delete(transactionalId)
  }

  /** Until everything that this process committed to a partition can be read, and all that was committed with it. */
  async settled(topic: string, partition: number, stableEnd: (topic: string, partition: number) => Promise<number>): Promise<void> {
    const untilMs = this.#clock.monotonicMs() + WAIT_MS_MAX
    // Those of this moment: what ends later was not committed when the reader came.
    for (const [transactionalId, written] of [...this.#ending]) {
      if (!written.some((one) => one.topic === topic && one.partition === partition)) continue
      let againMs = AGAIN_MS
      for (const one of written) {
        while (this.#ending.get(transactionalId) === written && (await stableEnd(one.topic, one.partition)) < one.end && this.#clock.monotonicMs() < untilMs) {
          await this.#clock.sleep(againMs)
          againMs = Math.min(AGAIN_MS_MAX, againMs * 2)
        }
      }
      if (this.#ending.get(transactionalId) === written) this.#ending.delete(transactionalId)
    }
  }
}
