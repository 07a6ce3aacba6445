// Turnstile of one thread.
import { assert } from '../protocol/assert.ts'
import type { Turnstile } from '../ports/turnstile.ts'

export class LocalTurnstile implements Turnstile {
  #inside = 0
  #alone = false
  /** Who waits to be alone, then who waits for that one to leave. */
  readonly #aloneNext: (() => void)[] = []
  readonly #next: (() => void)[] = []

  enter(): Promise<void> | undefined {
    if (!this.#alone && this.#aloneNext.length === 0) {
      this.#inside += 1
      return undefined
    }
    return new Promise((resolve) => this.#next.push(() => {
      this.#inside += 1
      resolve()
    }))
  }

  leave(): void {
    this.#inside -= 1
    assert(this.#inside >= 0, 'N1: left more often than entered')
    this.#admit()
  }

  enterAlone(): Promise<void> {
    return new Promise((resolve) => {
      this.#aloneNext.push(() => {
        this.#alone = true
        resolve()
      })
      this.#admit()
    })
  }

  leaveAlone(): void {
    assert(this.#alone, 'N1: left alone without being in')
    this.#alone = false
    this.#admit()
  }

  #admit(): void {
    if (this.#alone) return
    if (this.#aloneNext.length === 0) for (const enter of this.#next.splice(0)) enter()
    else if (this.#inside === 0) this.#aloneNext.shift()?.()
  }
}
