// W1's step: what one payment does to an account, as a value. Both engines call it, so that they differ in nothing but the machinery around it.
import { sigmoid } from '../../../system/protocol/math.ts'
import { BIAS, COOLING_MS, RECENT_MS, RING, WEIGHTS } from './rules.ts'

export interface PaymentEvent {
  readonly type: 'payment'
  readonly id: string
  readonly seq: number
  readonly amount: number
  readonly time: number
  readonly merchant: number
}

/** 0 normal, 1 suspicious, 2 blocked. */
export type Standing = 0 | 1 | 2

export interface Account {
  readonly count: number
  readonly sum: number
  readonly ewma: number
  readonly lastTime: number
  readonly blockedAt: number
  readonly score: number
  /** The last ten, addressed by count % 10. */
  readonly amounts: readonly number[]
  readonly times: readonly number[]
}

const ZEROS: readonly number[] = new Array<number>(RING).fill(0)
export const NEW_ACCOUNT: Account = { count: 0, sum: 0, ewma: 0, lastTime: 0, blockedAt: 0, score: 0, amounts: ZEROS, times: ZEROS }

/** How many of the last ten payments, this one included, came within a minute. */
export function recent({ count, times }: Account, time: number): number {
  const slot = count % RING
  const kept = Math.min(count + 1, RING)
  let found = 0
  for (let at = 0; at < kept; at += 1) if ((at === slot ? time : (times[at] as number)) > time - RECENT_MS) found += 1
  return found
}

export const isSuspect = (account: Account, { amount, time }: PaymentEvent): boolean => amount > 900 || recent(account, time) > 5
export const isVeryHigh = ({ amount }: PaymentEvent): boolean => amount > 950
export const hasCooled = ({ blockedAt }: Account, { time }: PaymentEvent): boolean => time - blockedAt >= COOLING_MS

/** The account after a payment that finds it in standing `from` and leaves it in `to`. */
export function paid(before: Account, event: PaymentEvent, from: Standing, to: Standing): Account {
  const { amount, time } = event
  const slot = before.count % RING
  const count = before.count + 1
  const amounts = before.amounts.slice()
  const times = before.times.slice()
  amounts[slot] = amount
  times[slot] = time
  const sum = before.sum + amount
  const ewma = count === 1 ? amount : 0.2 * amount + 0.8 * before.ewma
  const blockedAt = from === 1 && to === 2 ? time : before.blockedAt
  return { count, sum, ewma, lastTime: time, blockedAt, score: scoreOf(before, event, from, { count, sum, ewma, amounts, times }), amounts, times }
}

const features = new Float64Array(16)

function scoreOf(before: Account, { amount, time, merchant }: PaymentEvent, from: Standing, now: Pick<Account, 'count' | 'sum' | 'ewma' | 'amounts' | 'times'>): number {
  const { count, sum, ewma, amounts, times } = now
  const kept = count < RING ? count : RING
  let total = 0
  let most = -1e308
  let least = 1e308
  let squares = 0
  let within = 0
  for (let at = 0; at < kept; at += 1) {
    const one = amounts[at] as number
    total += one
    if (one > most) most = one
    if (one < least) least = one
    squares += one * one
    if ((times[at] as number) > time - RECENT_MS) within += 1
  }
  const mean = total / kept
  const f = features
  f[0] = amount / 1000
  f[1] = sum / count / 1000
  f[2] = ewma / 1000
  f[3] = Math.min(count, 1000) / 1000
  f[4] = before.count === 0 ? 0 : Math.min((time - before.lastTime) / 1000, 600) / 600
  f[5] = (amount - (before.count === 0 ? amount : before.ewma)) / 1000
  f[6] = mean / 1000
  f[7] = most / 1000
  f[8] = least / 1000
  f[9] = Math.sqrt(Math.max(0, squares / kept - mean * mean)) / 1000
  f[10] = within / 10
  f[11] = from === 1 ? 1 : 0
  f[12] = from === 2 ? 1 : 0
  f[13] = (merchant % 100) / 100
  f[14] = (time % 86_400_000) / 86_400_000
  f[15] = amount > 900 ? 1 : 0
  let x = BIAS
  for (let at = 0; at < 16; at += 1) x += (WEIGHTS[at] as number) * (f[at] as number)
  return sigmoid(x)
}
