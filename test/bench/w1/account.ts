// W1's step: what one payment does to an account, as a value. All engines call it, so that they differ in nothing but the machinery around it.
import { sigmoid } from '../../../system/protocol/math.ts'
import { BIAS, COOLING_MS, RECENT_MS, RING, WEIGHTS } from './rules.ts'

export interface PaymentEvent {
  readonly type: 'payment'
  readonly seq: number
  readonly amount: number
  readonly time: number
  readonly merchant: number
}

/** 0 normal, 1 suspicious, 2 blocked. */
export type Standing = 0 | 1 | 2

/** An account's numbers in one list, which is cheap to copy: those named below, the last ten amounts, their times; slots by count % 10. */
export type Account = readonly number[]

export const COUNT = 0
export const SUM = 1
export const EWMA = 2
export const LAST_TIME = 3
export const BLOCKED_AT = 4
export const SCORE = 5
export const AMOUNTS = 6
export const TIMES = AMOUNTS + RING

export const NEW_ACCOUNT: Account = new Array<number>(TIMES + RING).fill(0)

const at = (account: Account, index: number): number => account[index] as number

/** How many of the last ten payments, this one included, came within a minute. */
function recent(account: Account, time: number): number {
  const slot = at(account, COUNT) % RING
  const kept = Math.min(at(account, COUNT) + 1, RING)
  let found = 0
  for (let index = 0; index < kept; index += 1) if ((index === slot ? time : at(account, TIMES + index)) > time - RECENT_MS) found += 1
  return found
}

export const isSuspect = (account: Account, { amount, time }: PaymentEvent): boolean => amount > 900 || recent(account, time) > 5
export const isVeryHigh = ({ amount }: PaymentEvent): boolean => amount > 950
export const hasCooled = (account: Account, { time }: PaymentEvent): boolean => time - at(account, BLOCKED_AT) >= COOLING_MS

/** The account after a payment that finds it in standing `from` and leaves it in `to`: `after`, which is a copy of `before`. */
export function paid(before: Account, event: PaymentEvent, from: Standing, to: Standing, after: number[] = before.slice()): Account {
  const { amount, time } = event
  const count = at(before, COUNT) + 1
  const slot = at(before, COUNT) % RING
  after[COUNT] = count
  after[SUM] = at(before, SUM) + amount
  after[EWMA] = count === 1 ? amount : 0.2 * amount + 0.8 * at(before, EWMA)
  after[LAST_TIME] = time
  if (from === 1 && to === 2) after[BLOCKED_AT] = time
  after[AMOUNTS + slot] = amount
  after[TIMES + slot] = time
  after[SCORE] = scoreOf(before, after, event, from)
  return after
}

const features = new Float64Array(16)

function scoreOf(before: Account, after: Account, { amount, time, merchant }: PaymentEvent, from: Standing): number {
  const isFirst = at(before, COUNT) === 0
  const f = features
  f[0] = amount / 1000
  f[1] = at(after, SUM) / at(after, COUNT) / 1000
  f[2] = at(after, EWMA) / 1000
  f[3] = Math.min(at(after, COUNT), 1000) / 1000
  f[4] = isFirst ? 0 : Math.min((time - at(before, LAST_TIME)) / 1000, 600) / 600
  f[5] = (amount - (isFirst ? amount : at(before, EWMA))) / 1000
  ringFeatures(f, after, time)
  f[11] = from === 1 ? 1 : 0
  f[12] = from === 2 ? 1 : 0
  f[13] = (merchant % 100) / 100
  f[14] = (time % 86_400_000) / 86_400_000
  f[15] = amount > 900 ? 1 : 0
  let x = BIAS
  for (let index = 0; index < 16; index += 1) x += (WEIGHTS[index] as number) * (f[index] as number)
  return sigmoid(x)
}

function ringFeatures(f: Float64Array, account: Account, time: number): void {
  const kept = Math.min(at(account, COUNT), RING)
  let total = 0
  let most = -1e308
  let least = 1e308
  let squares = 0
  let within = 0
  for (let index = 0; index < kept; index += 1) {
    const one = at(account, AMOUNTS + index)
    total += one
    if (one > most) most = one
    if (one < least) least = one
    squares += one * one
    if (at(account, TIMES + index) > time - RECENT_MS) within += 1
  }
  const mean = total / kept
  f[6] = mean / 1000
  f[7] = most / 1000
  f[8] = least / 1000
  f[9] = Math.sqrt(Math.max(0, squares / kept - mean * mean)) / 1000
  f[10] = within / 10
}
