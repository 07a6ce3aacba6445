// Tempo: how fast a feed goes, while it goes.
//
// Owns: the wished rate, and whether the feed is paused. Whoever feeds asks before each slice.
//
// T1. A change counts at once: `changed` aborts, and whoever waited for the next slice waits no longer.
// T2. The rate is kept from the last change on: what a pause or a slower rate left out is not made up for.
export interface TempoChange {
  /** Events a second; undefined: as fast as the consumers. */
  readonly rate: number | undefined
  readonly isPaused: boolean
}

export class Tempo {
  #now: TempoChange
  #changing = new AbortController()

  constructor(rate: number | undefined) {
    this.#now = { rate, isPaused: false }
  }

  get now(): TempoChange {
    return this.#now
  }

  /** Of what is now: aborts when it is changed. */
  get changed(): AbortSignal {
    return this.#changing.signal
  }

  change(change: Partial<TempoChange>): void {
    this.#now = { ...this.#now, ...change }
    this.#changing.abort()
    this.#changing = new AbortController()
  }
}
