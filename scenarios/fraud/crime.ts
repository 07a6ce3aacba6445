// Crime: which terminals and cards are compromised on which day. The third pattern, large amounts, needs no schedule.
import { Chance } from '../chance.ts'

/** Every payment above it is fraud. */
export const LARGE_AMOUNT = 220
/** A stolen card's owner and thief share it: this part of its payments is the thief's ... */
export const THIEF_SHARE = 1 / 3
/** ... who spends this many times as much. */
export const THIEF_FACTOR = 5

const TERMINAL_DAYS = 28
const CARD_DAYS = 14
/** New cases a day, per terminal and per card. */
const TERMINAL_RATE = 2e-4
const CARD_RATE = 6e-4

export class Crime {
  readonly #chance: Chance
  readonly #terminals: number
  readonly #cards: number
  /** Index -> first day on which it is clean again. */
  readonly #badTerminals = new Map<number, number>()
  readonly #badCards = new Map<number, number>()

  constructor(seed: number, terminals: number, cards: number) {
    this.#chance = new Chance(seed, 1)
    this.#terminals = terminals
    this.#cards = cards
  }

  /** Draws the new cases of a day; days are started in order. */
  startDay(day: number): void {
    this.#start(this.#badTerminals, this.#terminals, TERMINAL_RATE, day, TERMINAL_DAYS)
    this.#start(this.#badCards, this.#cards, CARD_RATE, day, CARD_DAYS)
  }

  hasTerminal(terminal: number): boolean {
    return this.#badTerminals.has(terminal)
  }

  hasCard(card: number): boolean {
    return this.#badCards.has(card)
  }

  #start(bad: Map<number, number>, count: number, rate: number, day: number, days: number): void {
    for (const [index, until] of bad) if (until <= day) bad.delete(index)
    for (let cases = this.#chance.poisson(count * rate); cases > 0; cases -= 1) bad.set(this.#chance.index(count), day + days)
  }
}
