// Turns: work of a second, a piece in a frame, so that no frame is long.
//
// W1. What is not done when the next second begins gives way to the work of that: nothing piles up.

export class Turns {
  #live
  /** @type {(() => void)[]} */
  #jobs = []

  /** @param {import('./live.js').Live} live */
  constructor(live) {
    this.#live = live
  }

  /** @param {readonly (() => void)[]} jobs */
  begin(jobs) {
    this.#jobs = [...jobs]
  }

  /** The next, once a frame. */
  take() {
    this.#jobs.shift()?.()
    if (this.#jobs.length > 0) this.#live.again()
  }
}
