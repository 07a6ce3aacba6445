// Phone: what becomes of the true spot on its way to the log. Noise, glitches, gaps, silence, pings that come late or twice.
import type { Ping } from '../../actors/delivery/events.ts'
import type { Chance } from '../chance.ts'
import type { Courier } from './courier.ts'
import type { Disguise } from './disguise.ts'
import type { Moment, Truth } from './moment.ts'
import { latOf, lngOf } from './streets.ts'
import type { Spot } from './streets.ts'
import { trafficAt } from './traffic.ts'

/** Error of a position in each direction, m: usually, and once in a while between houses. */
const NOISE_M = 4
const GLITCH_M = 150
const GLITCH_SHARE = 0.0005
/** Of all pings: the first of a gap; one that comes late; one that comes twice. */
const GAP_SHARE = 0.002
const LATE_SHARE = 0.02
const TWICE_SHARE = 0.005
/** Of the pings on a delivery: the last before a silence, and how many of these last for ever. */
const SILENCE_SHARE = 0.0002
const FOR_EVER_SHARE = 0.25

export class Phone {
  readonly #chance: Chance
  readonly #truth: Truth
  readonly #disguise: Disguise | undefined
  #sent = 0
  #gapUntilMs = -Infinity
  /** Dead until then; the rider stands still. */
  #deadUntilMs = -Infinity

  constructor(chance: Chance, truth: Truth, disguise: Disguise | undefined) {
    this.#chance = chance
    this.#truth = truth
    this.#disguise = disguise
  }

  isDead(nowMs: number): boolean {
    return nowMs < this.#deadUntilMs
  }

  /** The pings that what is measured at `nowMs` leads to: none, one, or the same one twice. */
  measure({ riderId, deliveryId, spot }: Courier, nowMs: number): readonly Moment[] {
    const chance = this.#chance
    if (nowMs < this.#gapUntilMs || this.isDead(nowMs)) return []
    const noisy = this.#noisy(spot)
    const said = this.#disguise?.say(nowMs, noisy) ?? { ...noisy, timeMs: nowMs }
    if (this.#disguise?.isOn(nowMs) === true) this.#truth.spoofers.set(riderId, this.#disguise.kind)
    const ping: Ping = {
      type: 'ping', time: said.timeMs, pingId: `${riderId}/${(this.#sent += 1)}`, riderId, deliveryId,
      lat: latOf(said.north), lng: lngOf(said.east), traffic: trafficAt(nowMs, spot),
    }
    this.#fallSilent(deliveryId, nowMs)
    const arriveMs = nowMs + Math.round(chance.happens(LATE_SHARE) ? chance.uniform(5000, 45_000) : chance.uniform(50, 900))
    const moment: Moment = { kind: 'ping', arriveMs, ping }
    return chance.happens(TWICE_SHARE) ? [moment, { ...moment, arriveMs: arriveMs + Math.round(chance.uniform(100, 20_000)) }] : [moment]
  }

  #noisy({ east, north }: Spot): Spot {
    const error = this.#chance.happens(GLITCH_SHARE) ? GLITCH_M : NOISE_M
    return { east: this.#chance.normal(east, error), north: this.#chance.normal(north, error) }
  }

  /** After this ping there may be nothing for a while. Those who lie keep their phones alive. */
  #fallSilent(deliveryId: string, nowMs: number): void {
    const chance = this.#chance
    if (chance.happens(GAP_SHARE)) this.#gapUntilMs = nowMs + chance.uniform(15_000, 60_000)
    if (deliveryId === '' || this.#disguise !== undefined || !chance.happens(SILENCE_SHARE)) return
    const untilMs = chance.happens(FOR_EVER_SHARE) ? Infinity : nowMs + chance.uniform(180_000, 540_000)
    this.#deadUntilMs = untilMs
    this.#truth.silences.push({ deliveryId, fromMs: nowMs, untilMs })
  }
}
