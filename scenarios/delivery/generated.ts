// Generated moments: a seeded evening of riders on a street grid, in the order in which their pings and orders arrive.
//
// G1. The same seed and number of pings give the same moments, bit for bit, on every runtime.
import type { OrderEvent } from '../../actors/delivery/events.ts'
import { Chance } from '../chance.ts'
import { Courier } from './courier.ts'
import { Disguise, KINDS } from './disguise.ts'
import { Truth } from './moment.ts'
import type { Moment, Moments } from './moment.ts'
import { Phone } from './phone.ts'

/** A Friday evening. */
const START_MS = Date.UTC(2025, 0, 10, 16, 30)
export const PING_EVERY_MS = 5000
/** Pings of a rider in a story: three and a half hours. */
const PINGS_PER_RIDER = 2500
const RIDERS_MIN = 12
const RIDERS_MAX = 20_000
/** One rider in so many spoofs. */
const SPOOFER_EVERY = 6
const ORDER_DELAY_MS = 200

export interface Story {
  readonly moments: Moments
  /** Of the latest iteration, as far as it has come. */
  truth(): Truth
  readonly riders: number
}

/** A story of exactly `pings` pings, those that come twice counted twice. `startMs`: a whole second. */
export function generatedStory(seed: number, pings: number, startMs = START_MS): Story {
  const riders = Math.min(RIDERS_MAX, Math.max(RIDERS_MIN, Math.round(pings / PINGS_PER_RIDER)))
  let truth = new Truth()
  return { riders, truth: () => truth, moments: () => evening({ seed, riders, pings, startMs }, (truth = new Truth())) }
}

interface Plan {
  readonly seed: number
  readonly riders: number
  readonly pings: number
  readonly startMs: number
}

interface Rider {
  readonly courier: Courier
  readonly phone: Phone
  /** Riders do not ping at the same moment. */
  readonly phaseMs: number
}

/** One array for each interval between pings. */
async function* evening(plan: Plan, truth: Truth): AsyncGenerator<readonly Moment[]> {
  const queue = new ArrivalQueue(plan.startMs)
  const riders = Array.from({ length: plan.riders }, (_, i) => riderOf(plan, i, truth, queue))
  let left = plan.pings
  for (let tick = 0; left > 0; tick += 1) {
    const tickMs = plan.startMs + tick * PING_EVERY_MS
    for (const { courier, phone, phaseMs } of riders) {
      const nowMs = tickMs + phaseMs
      if (!phone.isDead(nowMs)) courier.live(nowMs, PING_EVERY_MS / 1000)
      for (const moment of phone.measure(courier, nowMs)) queue.add(moment)
    }
    // Everything that is still to come arrives later than that.
    const arrived = queue.until(tickMs + PING_EVERY_MS)
    const kept = firstPings(arrived, left)
    left -= kept.reduce((sum, { kind }) => sum + (kind === 'ping' ? 1 : 0), 0)
    yield kept
  }
}

function riderOf({ seed, riders, startMs }: Plan, index: number, truth: Truth, queue: ArrivalQueue): Rider {
  const chance = new Chance(seed, 4)
  // A stream of its own, so that riders do not change each other.
  const own = new Chance(chance.index(2 ** 30) + index * 2 ** 20, 5)
  const phaseMs = Math.floor((index * PING_EVERY_MS) / riders)
  const spoofer = index % SPOOFER_EVERY === SPOOFER_EVERY - 1 ? Math.floor(index / SPOOFER_EVERY) : undefined
  const disguise = spoofer === undefined ? undefined : new Disguise(KINDS[spoofer % KINDS.length]!, own, startMs + phaseMs)
  const order = (event: OrderEvent): void => queue.add({ kind: 'order', arriveMs: event.time + ORDER_DELAY_MS, event })
  return { courier: new Courier(`r${index}`, own, startMs + phaseMs, order), phone: new Phone(own, truth, disguise), phaseMs }
}

/** The moments up to and with the ping number `count`. */
function firstPings(moments: readonly Moment[], count: number): readonly Moment[] {
  let seen = 0
  for (const [i, { kind }] of moments.entries()) {
    if (kind === 'ping' && (seen += 1) === count) return moments.slice(0, i + 1)
  }
  return moments
}

/** Moments by the second of their arrival. */
class ArrivalQueue {
  readonly #bySecond = new Map<number, Moment[]>()
  #fromSecond: number

  constructor(startMs: number) {
    this.#fromSecond = Math.floor(startMs / 1000)
  }

  add(moment: Moment): void {
    const second = Math.floor(moment.arriveMs / 1000)
    const others = this.#bySecond.get(second)
    if (others === undefined) this.#bySecond.set(second, [moment])
    else others.push(moment)
  }

  /** Everything that arrives before `untilMs`, whole seconds, in order; at the same moment as it was added. */
  until(untilMs: number): readonly Moment[] {
    const arrived: Moment[] = []
    for (; this.#fromSecond < Math.floor(untilMs / 1000); this.#fromSecond += 1) {
      arrived.push(...(this.#bySecond.get(this.#fromSecond) ?? []).sort((a, b) => a.arriveMs - b.arriveMs))
      this.#bySecond.delete(this.#fromSecond)
    }
    return arrived
  }
}
