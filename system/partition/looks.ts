// Looks: those who want to see memory as it was committed, and wait while a batch is in hand.
//
// Owns: whether memory is what was committed last, and who waits until it is again.
//
// K1. A look runs on committed state alone. One that waits for a batch which is not committed is refused.
// K2. So many wait and no more (LOOKS_WAITING_MAX); none once nothing will come to rest any more.
import { LOOKS_WAITING_MAX } from '../protocol/limits.ts'

/** Thrown to those who wanted to look while the partition lost its footing, or so many wait that it cannot keep one more. */
export class Unsettled extends TypeError {
  override readonly name = 'Unsettled'
}

export class Looks {
  #state: 'resting' | 'moving' | 'over' = 'resting'
  readonly #waiting: ((isCommitted: boolean) => void)[] = []

  /** Runs `look` now when memory rests, else right after the batch in hand. Rejects when that is not committed, or too many wait for it. */
  atRest<T>(look: () => T): Promise<T> {
    if (this.#state === 'over') return Promise.reject(new Unsettled('the partition has stopped, or is being acquired again'))
    if (this.#state === 'resting') return new Promise((resolve) => resolve(look()))
    if (this.#waiting.length >= LOOKS_WAITING_MAX) return Promise.reject(new Unsettled(`${LOOKS_WAITING_MAX} questions wait for the end of its batch already`))
    return new Promise((resolve, reject) => this.#waiting.push((isCommitted) => {
      if (!isCommitted) return reject(new Unsettled('the partition is being acquired again'))
      try {
        resolve(look())
      } catch (thrown) {
        reject(thrown as TypeError)
      }
    }))
  }

  /** A batch is in hand from here on. */
  move(): void {
    this.#state = 'moving'
  }

  /** It is committed, or will never be. */
  rest(isCommitted: boolean): void {
    // Before the looks are told: whoever asks again at once would wait for ever.
    this.#state = isCommitted ? 'resting' : 'over'
    for (const look of this.#waiting.splice(0)) look(isCommitted)
  }

  /** The loop is over. */
  end(): void {
    this.rest(false)
  }
}
