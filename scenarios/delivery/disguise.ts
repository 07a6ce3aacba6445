// Disguise: what a spoofer's phone says instead of the truth, for a minute or so, several times a shift.
import type { Suspicion } from '../../actors/delivery/outputs.ts'
import type { Chance } from '../chance.ts'
import type { Spot } from './streets.ts'

export type Kind = Suspicion['sign']

export const KINDS: readonly Kind[] = ['teleport', 'speed', 'staleClock', 'repeatedTrack']

interface Said extends Spot {
  readonly timeMs: number
}

const PERIOD_MS = 25 * 60_000
const LASTS_MS: Readonly<Record<Kind, number>> = { teleport: 60_000, speed: 80_000, staleClock: 80_000, repeatedTrack: 60_000 }
/** How far away a teleporter says to be, m. */
const AWAY_M = 5000
/** Of one who rides like nobody can, m/s. */
const RACING = 60
const BEHIND_MS = 600_000
/** What is said again: the positions from so many pings ago. */
const REPLAYED_PINGS = 12

export class Disguise {
  readonly kind: Kind
  #startMs: number
  /** The last spots as they were said, newest last. */
  #said: Spot[] = []

  constructor(kind: Kind, chance: Chance, nowMs: number) {
    this.kind = kind
    this.#startMs = nowMs + chance.uniform(0.1, 0.6) * PERIOD_MS
  }

  /** True from the first lie on; before it the rider is like any other. */
  isOn(nowMs: number): boolean {
    if (nowMs >= this.#startMs + LASTS_MS[this.kind]) this.#startMs += PERIOD_MS
    return nowMs >= this.#startMs
  }

  /** What the phone says at `nowMs`, having measured `spot`. */
  say(nowMs: number, spot: Spot): Said {
    const said = this.isOn(nowMs) ? this.#lie(nowMs, spot) : { ...spot, timeMs: nowMs }
    this.#said = [...this.#said.slice(1 - REPLAYED_PINGS), { east: said.east, north: said.north }]
    return said
  }

  #lie(nowMs: number, spot: Spot): Said {
    const sinceS = (nowMs - this.#startMs) / 1000
    const lastsS = LASTS_MS[this.kind] / 1000
    switch (this.kind) {
      case 'teleport': return { ...spot, north: spot.north + AWAY_M, timeMs: nowMs }
      // There and back again.
      case 'speed': return { ...spot, east: spot.east + RACING * Math.min(sinceS, lastsS - sinceS), timeMs: nowMs }
      case 'staleClock': return { ...spot, timeMs: nowMs - BEHIND_MS }
      case 'repeatedTrack': return { ...(this.#said.length < REPLAYED_PINGS ? spot : this.#said[0]!), timeMs: nowMs }
    }
  }
}
