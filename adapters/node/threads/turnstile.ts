// Turnstile of several threads, in shared memory: a row of counters for each thread, so that what a dead thread held can be taken away from it.
//
// N1..N3 of the port. Whoever must wait looks again every few ms: that is only while a partition isolates.
import { LocalTurnstile } from '../../../system/node/turnstile.ts'
import type { Clock } from '../../../system/ports/clock.ts'
import type { Turnstile } from '../../../system/ports/turnstile.ts'

/** Who is in alone: slot + 1; 0 for nobody. */
const ALONE = 0
const FIRST_ROW = 1
/** Of a slot: how many of its partitions are in, and how many want to be alone. */
const INSIDE = 0
const WANTS = 1
const ROW = 2
const LOOK_MS = 2

export function turnstileMemory(slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer((FIRST_ROW + slots * ROW) * Int32Array.BYTES_PER_ELEMENT)
}

/** On the thread of a slot. */
export class SharedTurnstile implements Turnstile {
  readonly #cells: Int32Array
  readonly #slot: number
  readonly #clock: Clock
  /** Among the partitions of this thread. */
  readonly #own = new LocalTurnstile()

  constructor(memory: SharedArrayBuffer, slot: number, clock: Clock) {
    this.#cells = new Int32Array(memory)
    this.#slot = slot
    this.#clock = clock
  }

  enter(): Promise<void> | undefined {
    const own = this.#own.enter()
    if (own === undefined && this.#tryEnter()) return undefined
    return this.#enterLater(own)
  }

  leave(): void {
    Atomics.sub(this.#cells, this.#cell(INSIDE), 1)
    this.#own.leave()
  }

  async enterAlone(): Promise<void> {
    Atomics.add(this.#cells, this.#cell(WANTS), 1)
    await this.#own.enterAlone()
    while (Atomics.compareExchange(this.#cells, ALONE, 0, this.#slot + 1) !== 0) await this.#clock.sleep(LOOK_MS)
    Atomics.sub(this.#cells, this.#cell(WANTS), 1)
    while (this.#any(INSIDE)) await this.#clock.sleep(LOOK_MS)
  }

  leaveAlone(): void {
    Atomics.store(this.#cells, ALONE, 0)
    this.#own.leaveAlone()
  }

  async #enterLater(own: Promise<void> | undefined): Promise<void> {
    await own
    while (!this.#tryEnter()) {
      // Not in while it waits for others: a neighbour may want to be alone, and would wait for this one.
      this.#own.leave()
      await this.#clock.sleep(LOOK_MS)
      await this.#own.enter()
    }
  }

  #tryEnter(): boolean {
    if (this.#isTaken()) return false
    Atomics.add(this.#cells, this.#cell(INSIDE), 1)
    if (!this.#isTaken()) return true
    Atomics.sub(this.#cells, this.#cell(INSIDE), 1)
    return false
  }

  #isTaken(): boolean {
    return Atomics.load(this.#cells, ALONE) !== 0 || this.#any(WANTS)
  }

  #any(column: number): boolean {
    for (let at = FIRST_ROW + column; at < this.#cells.length; at += ROW) if (Atomics.load(this.#cells, at) !== 0) return true
    return false
  }

  #cell(column: number): number {
    return FIRST_ROW + this.#slot * ROW + column
  }
}

/** The thread of a slot is dead: nothing of it stays locked (N3). */
export function clearSlot(memory: SharedArrayBuffer, slot: number): void {
  const cells = new Int32Array(memory)
  Atomics.store(cells, FIRST_ROW + slot * ROW + INSIDE, 0)
  Atomics.store(cells, FIRST_ROW + slot * ROW + WANTS, 0)
  Atomics.compareExchange(cells, ALONE, slot + 1, 0)
}
