// Bad records, each of a kind, and the class of failure it must be dead-lettered with.
import type { FeedBytes } from '../../system/authoring/scenario.ts'
import type { FailureClass } from '../../system/protocol/failures.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'
import { Chance } from '../chance.ts'
import type { Payment } from './payment.ts'

interface BadKind {
  readonly name: string
  readonly class: FailureClass
  readonly key?: (payment: Payment) => Uint8Array | null
  readonly value: (payment: Payment) => Uint8Array | null
}

export interface BadRecord {
  readonly class: FailureClass
  readonly item: FeedBytes
}

const transaction = ({ timeMs, transactionId, cardId, terminalId, amount }: Payment): Record<string, unknown> =>
  ({ type: 'transaction', time: timeMs, transactionId: `bad-${transactionId}`, cardId, terminalId, amount })
const json = (value: unknown): Uint8Array => utf8Encode(JSON.stringify(value))
const changed = (fields: (payment: Payment) => Record<string, unknown>) => (payment: Payment): Uint8Array => json({ ...transaction(payment), ...fields(payment) })
const asText = (from: string, to: string) => (payment: Payment): Uint8Array => utf8Encode(JSON.stringify(transaction(payment)).replace(from, to))
const padded = (bytes: number) => (payment: Payment): Uint8Array => json({ ...transaction(payment), padding: 'x'.repeat(bytes) })

/** A kind that costs much comes once for so many others. */
const HUGE_EVERY = 250

const KINDS: readonly BadKind[] = [
  { name: 'empty', class: 'decode', value: () => new Uint8Array(0) },
  { name: 'no value', class: 'decode', value: () => null },
  { name: 'truncated', class: 'decode', value: (payment) => json(transaction(payment)).slice(0, -9) },
  { name: 'not UTF-8', class: 'decode', value: () => Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d) },
  { name: 'NaN', class: 'decode', value: asText('"amount":', '"amount":NaN,"rest":') },
  { name: '__proto__', class: 'decode', value: asText('{', '{"__proto__":{"amount":1},') },
  { name: 'nested', class: 'decode', value: () => utf8Encode('['.repeat(5000) + ']'.repeat(5000)) },
  { name: 'no object', class: 'schema', value: () => json([1, 2, 3]) },
  { name: 'wrong type', class: 'schema', value: changed(({ amount }) => ({ amount: String(amount) })) },
  { name: 'infinite', class: 'schema', value: asText('"amount":', '"amount":1e999,"rest":') },
  { name: 'missing field', class: 'schema', value: changed(() => ({ terminalId: undefined })) },
  { name: 'unknown event', class: 'schema', value: changed(() => ({ type: 'xstate.init' })) },
  { name: 'empty id', class: 'semantic', value: changed(() => ({ terminalId: '' })) },
  { name: 'negative', class: 'semantic', value: changed(() => ({ amount: -1 })) },
  { name: 'out of range', class: 'semantic', value: changed(() => ({ amount: 1e7 })) },
  { name: 'future', class: 'semantic', value: changed(() => ({ time: Date.UTC(2200, 0, 1) })) },
  { name: 'ancient', class: 'semantic', value: changed(() => ({ time: Date.UTC(1969, 6, 20) })) },
  { name: 'no key', class: 'key', key: () => null, value: (payment) => json(transaction(payment)) },
  { name: 'long key', class: 'key', key: () => utf8Encode('k'.repeat(300)), value: (payment) => json(transaction(payment)) },
  { name: 'wrong key', class: 'key', key: ({ cardId }) => utf8Encode(`${cardId}-other`), value: (payment) => json(transaction(payment)) },
]
const HUGE: readonly BadKind[] = [
  { name: '2 MB', class: 'size', value: padded(2_000_000) },
  { name: '10 MB', class: 'size', value: padded(10_000_000) },
]

/** Draws, per good payment, the bad records that come before it. */
export class BadRecords {
  readonly #chance: Chance
  readonly #share: number
  #count = 0

  /** `share` of all records of the topic, 0 to below 1. */
  constructor(seed: number, share: number) {
    this.#chance = new Chance(seed, 3)
    this.#share = share
  }

  before(payment: Payment): readonly BadRecord[] {
    const bad: BadRecord[] = []
    while (this.#chance.happens(this.#share)) bad.push(this.#next(payment))
    return bad
  }

  #next(payment: Payment): BadRecord {
    this.#count += 1
    const kinds = this.#count % HUGE_EVERY === 0 ? HUGE : KINDS
    const kind = kinds[this.#chance.index(kinds.length)]!
    const key = kind.key === undefined ? utf8Encode(payment.cardId) : kind.key(payment)
    return { class: kind.class, item: { topic: 'transactions', key, value: kind.value(payment), timeMs: payment.timeMs } }
  }
}
