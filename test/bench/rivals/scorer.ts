// Scorer: the accounts of one partition as a hand-written loop keeps them, in a map.
//
// Owns: the states, and the offset up to which they were made. They are stored nowhere: whoever takes a partition over reads it from its start.
//
// R1. Records are taken in the order of their offsets; one that was taken before is passed over.
// R2. Below the offset that the group has committed, states are made and nothing is written: the outputs are in the log.
import { newState, outputOf, stepped } from '../w1/reducer.ts'
import type { State } from '../w1/reducer.ts'
import { paymentOf, scoredBytes } from '../w1/system.ts'

export class Scorer {
  readonly #accounts = new Map<string, State>()
  readonly #committed: number
  #next = 0

  /** `committed`: the first offset without outputs in the log. */
  constructor(committed: number) {
    this.#committed = committed
  }

  /** The offset to commit. */
  get next(): number {
    return this.#next
  }

  /** The output to write; undefined: none. */
  take(offset: number, key: Buffer, value: Buffer): Uint8Array | undefined {
    if (offset < this.#next) return undefined
    this.#next = offset + 1
    const account = key.toString('latin1')
    const payment = paymentOf(value)
    const after = stepped(this.#accounts.get(account) ?? newState(), payment)
    this.#accounts.set(account, after)
    return offset < this.#committed ? undefined : scoredBytes(outputOf(after, payment))
  }
}
