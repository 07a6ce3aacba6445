// The map: customers and terminals, who can reach what, and what a customer usually does.
//
// After the simulator of the Fraud Detection Handbook (Le Borgne et al. 2022, chapter 3): a customer pays at terminals nearby,
// has a mean amount and a mean number of payments a day.
import { Chance } from '../chance.ts'

/** Side of the square map. */
const MAP_SIZE = 100
/** Terminals within reach of a customer, on average. */
const REACH_MEAN = 40
const TERMINALS_PER_CUSTOMER = 2

export interface Customer {
  readonly paymentsPerDay: number
  readonly amountMean: number
  /** Indexes of the terminals within reach, at least one. */
  readonly terminals: readonly number[]
}

export interface World {
  readonly customers: readonly Customer[]
  readonly terminals: number
}

interface Place {
  readonly x: number
  readonly y: number
}

export function makeWorld(seed: number, customers: number): World {
  const chance = new Chance(seed, 0)
  const place = (): Place => ({ x: chance.uniform(0, MAP_SIZE), y: chance.uniform(0, MAP_SIZE) })
  const terminals = Array.from({ length: customers * TERMINALS_PER_CUSTOMER }, place)
  const map = new TerminalMap(terminals)
  return {
    terminals: terminals.length,
    customers: Array.from({ length: customers }, () => ({
      terminals: map.near(place()),
      paymentsPerDay: chance.uniform(0, 4),
      amountMean: chance.uniform(5, 100),
    })),
  }
}

/** Terminals by cell, so that a large map is not searched whole for every customer. */
class TerminalMap {
  readonly #terminals: readonly Place[]
  readonly #reach: number
  readonly #cells = new Map<number, number[]>()

  constructor(terminals: readonly Place[]) {
    this.#terminals = terminals
    this.#reach = Math.sqrt((REACH_MEAN * MAP_SIZE * MAP_SIZE) / (Math.PI * Math.max(terminals.length, REACH_MEAN)))
    terminals.forEach((at, index) => {
      const cell = this.#cellOf(this.#step(at.x), this.#step(at.y))
      const members = this.#cells.get(cell)
      if (members === undefined) this.#cells.set(cell, [index])
      else members.push(index)
    })
  }

  /** Within reach, or the nearest one when nothing is. */
  near(at: Place): readonly number[] {
    const [column, row] = [this.#step(at.x), this.#step(at.y)]
    const candidates = [-1, 0, 1].flatMap((dx) => [-1, 0, 1].flatMap((dy) => this.#cells.get(this.#cellOf(column + dx, row + dy)) ?? []))
    const within = candidates.filter((index) => this.#distanceSquare(at, index) < this.#reach * this.#reach)
    return within.length > 0 ? within : [this.#nearest(at)]
  }

  #nearest(at: Place): number {
    let best = 0
    for (let index = 1; index < this.#terminals.length; index += 1) {
      if (this.#distanceSquare(at, index) < this.#distanceSquare(at, best)) best = index
    }
    return best
  }

  #distanceSquare(at: Place, index: number): number {
    const { x, y } = this.#terminals[index]!
    return (x - at.x) * (x - at.x) + (y - at.y) * (y - at.y)
  }

  #step(coordinate: number): number {
    return Math.floor(coordinate / this.#reach)
  }

  #cellOf(column: number, row: number): number {
    return column * 100_003 + row
  }
}
