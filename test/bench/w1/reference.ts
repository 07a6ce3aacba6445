// W1's reference: the plain fold of the payments, written a second time, over flat arrays. The checker believes it and nothing of the runtime.
import { BIAS, COOLING_MS, RECENT_MS, RING, WEIGHTS } from './rules.ts'
import type { Payment } from './events.ts'

/** Numbers kept for an account: 0 count, 1 sum, 2 ewma, 3 last time, 4 blocked at, 5 standing, 6 score, then amounts, then times. */
const WIDTH = 7 + 2 * RING

/** All accounts after a prefix of the payments. */
export class Reference {
  readonly #kept: Float64Array

  constructor(accounts: number) {
    this.#kept = new Float64Array(accounts * WIDTH)
  }

  countOf(account: number): number {
    return this.#at(account, 0)
  }

  standingOf(account: number): number {
    return this.#at(account, 5)
  }

  scoreOf(account: number): number {
    return this.#at(account, 6)
  }

  /** The account's numbers in the order in which the actor keeps them. */
  numbersOf(account: number): readonly number[] {
    const list = (from: number): number[] => Array.from({ length: RING }, (_, at) => this.#at(account, from + at))
    return [...[0, 1, 2, 3, 4, 6].map((index) => this.#at(account, index)), ...list(7), ...list(7 + RING)]
  }

  apply({ account, amount: a, time: t, merchant }: Payment): void {
    const k = this.#kept
    const at = account * WIDTH
    const number = (index: number): number => k[at + index] as number
    const count = number(0)
    const since = count === 0 ? 0 : Math.min((t - number(3)) / 1000, 600)
    const usual = count === 0 ? a : number(2)
    k[at + 7 + (count % RING)] = a
    k[at + 7 + RING + (count % RING)] = t
    k[at] = count + 1
    k[at + 1] = number(1) + a
    k[at + 2] = count === 0 ? a : 0.2 * a + 0.8 * number(2)
    k[at + 3] = t
    const ring = Array.from(k.subarray(at + 7, at + 7 + Math.min(count + 1, RING)))
    const recent = Array.from(k.subarray(at + 7 + RING, at + 7 + RING + ring.length)).filter((time) => time > t - RECENT_MS).length
    const old = number(5)
    const isMoving = old === 0 ? a > 900 || recent > 5 : old === 1 ? a > 950 : t - number(4) >= COOLING_MS
    if (isMoving) k[at + 5] = (old + 1) % 3
    if (isMoving && old === 1) k[at + 4] = t
    k[at + 6] = score([
      a / 1000, number(1) / number(0) / 1000, number(2) / 1000, Math.min(number(0), 1000) / 1000, since / 600, (a - usual) / 1000, ...ringFeatures(ring),
      recent / 10, old === 1 ? 1 : 0, old === 2 ? 1 : 0, (merchant % 100) / 100, (t % 86_400_000) / 86_400_000, a > 900 ? 1 : 0,
    ])
  }

  #at(account: number, index: number): number {
    return this.#kept[account * WIDTH + index] as number
  }
}

function ringFeatures(ring: readonly number[]): readonly number[] {
  const mean = ring.reduce((sum, one) => sum + one, 0) / ring.length
  const spread = Math.sqrt(Math.max(0, ring.reduce((sum, one) => sum + one * one, 0) / ring.length - mean * mean))
  return [mean, Math.max(...ring), Math.min(...ring), spread].map((one) => one / 1000)
}

/** With the platform's own exponential: the actor's may differ in the last digits. */
function score(features: readonly number[]): number {
  return 1 / (1 + Math.exp(-features.reduce((x, feature, at) => x + (WEIGHTS[at] as number) * feature, BIAS)))
}
