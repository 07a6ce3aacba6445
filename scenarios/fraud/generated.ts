// Generated payments: a seeded story of customers who pay at terminals nearby, by day and night, and of three kinds of fraud.
//
// G1. The same seed and number of events give the same payments, bit for bit, on every runtime.
import { Chance } from '../chance.ts'
import { Crime, LARGE_AMOUNT, THIEF_FACTOR, THIEF_SHARE } from './crime.ts'
import type { Payment, Payments } from './payment.ts'
import { makeWorld } from './world.ts'
import type { Customer, World } from './world.ts'

const DAY_S = 86_400
const DAY_MS = 86_400_000
const START_MS = Date.UTC(2025, 0, 1)
/** The story is so long unless it is very large: time enough for labels and windows of 30 days. */
const STORY_DAYS = 60
/** Payments of a mean customer on a day. */
const PER_DAY = 2
const CUSTOMERS_MIN = 20
const CUSTOMERS_MAX = 20_000

export interface Story {
  readonly payments: Payments
  readonly customers: number
  readonly terminals: number
}

/** A story of exactly `events` payments. */
export function generatedPayments(seed: number, events: number): Story {
  const customers = Math.min(CUSTOMERS_MAX, Math.max(CUSTOMERS_MIN, Math.round(events / (STORY_DAYS * PER_DAY))))
  const world = makeWorld(seed, customers)
  return { payments: () => days(seed, world, events), customers, terminals: world.terminals }
}

/** One array a day. */
async function* days(seed: number, world: World, events: number): AsyncGenerator<readonly Payment[]> {
  const chance = new Chance(seed, 2)
  const crime = new Crime(seed, world.terminals, world.customers.length)
  let count = 0
  for (let day = 0; count < events; day += 1) {
    crime.startDay(day)
    const drafts = world.customers.flatMap((customer, card) => paymentsOf(chance, crime, customer, card))
    // Equal seconds keep the order in which they were drawn.
    drafts.sort((a, b) => a.second - b.second)
    const first = count
    const kept = drafts.slice(0, events - count)
    count += kept.length
    yield kept.map(({ second, card, terminal, amount, fraud }, i) => ({
      transactionId: String(first + i), timeMs: START_MS + day * DAY_MS + second * 1000,
      cardId: String(card), terminalId: String(terminal), amount, fraud,
    }))
  }
}

interface Draft {
  readonly second: number
  readonly card: number
  readonly terminal: number
  readonly amount: number
  readonly fraud: 0 | 1
}

function paymentsOf(chance: Chance, crime: Crime, customer: Customer, card: number): Draft[] {
  return Array.from({ length: chance.poisson(customer.paymentsPerDay) }, () => {
    const second = secondOfDay(chance)
    const terminal = customer.terminals[chance.index(customer.terminals.length)]!
    const usual = usualAmount(chance, customer.amountMean)
    const byThief = crime.hasCard(card) && chance.happens(THIEF_SHARE)
    const amount = byThief ? Math.round(usual * THIEF_FACTOR * 100) / 100 : usual
    const isFraud = byThief || amount > LARGE_AMOUNT || crime.hasTerminal(terminal)
    return { second, card, terminal, amount, fraud: isFraud ? 1 : 0 }
  })
}

/** Most around lunch, many after work, a few at any hour. */
function secondOfDay(chance: Chance): number {
  const kind = chance.uniform(0, 1)
  const hour = kind < 0.55 ? chance.normal(12.5, 2.5) : kind < 0.9 ? chance.normal(18.5, 2) : chance.uniform(0, 24)
  const second = Math.floor(hour * 3600)
  return second >= 0 && second < DAY_S ? second : chance.index(DAY_S)
}

/** Around the customer's mean, never below 0, in cents. */
function usualAmount(chance: Chance, mean: number): number {
  const drawn = chance.normal(mean, mean / 2)
  return Math.round((drawn < 0 ? chance.uniform(0, 2 * mean) : drawn) * 100) / 100
}
