// W1's input: a stream of card payments that anybody can recompute from its seed.
//
// Owns: what event i is, and its bytes. A value is 128 bytes, little-endian: 0 u64 number of the account's event, from 1 without gaps · 8 f64 amount
// · 16 u64 event time, ms · 24 u32 merchant · zeros. Keyed by account, `a` and seven digits.
import { highOf, unitOf } from './splitmix.ts'

export const VALUE_BYTES = 128
export const START_MS = 1_700_000_000_000
const SEED = 42

/** How accounts are visited: at random, or all of them in every round, so that none is met again before all others were. */
export type Visits = 'random' | 'rounds'

export interface Workload {
  readonly events: number
  readonly accounts: number
  readonly visits: Visits
}

export interface Payment {
  readonly account: number
  readonly amount: number
  readonly time: number
  readonly merchant: number
}

/** Coprime to every power of ten: steps by it visit each account once a round. */
const STRIDE = 7_368_787

/** Event i (from 0) of the workload. */
export function paymentAt({ accounts, visits }: Workload, i: number): Payment {
  return {
    account: visits === 'random' ? Math.floor(unitOf(SEED, 4 * i) * accounts) : Number((BigInt(i) * BigInt(STRIDE)) % BigInt(accounts)),
    amount: Math.floor(unitOf(SEED, 4 * i + 1) * 100_000) / 100,
    merchant: highOf(SEED, 4 * i + 2) % 5000,
    // On average an event per account and minute.
    time: START_MS + Math.floor((i * 60_000) / accounts),
  }
}

export const accountName = (account: number): string => `a${String(10_000_000 + account).slice(1)}`

export function writeValue(seq: number, { amount, time, merchant }: Omit<Payment, 'account'>): Uint8Array {
  const bytes = new Uint8Array(VALUE_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, seq, true)
  view.setFloat64(8, amount, true)
  view.setUint32(16, time % 0x100000000, true)
  view.setUint32(20, Math.floor(time / 0x100000000), true)
  view.setUint32(24, merchant, true)
  return bytes
}
