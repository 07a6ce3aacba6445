// Tally: deaths so far, by who died and at which point; and how long it took until everything was at work again.
import type { SeededRandom } from '../../../adapters/memory/random.ts'
import type { Death } from './deaths.ts'
import { KILL_POINTS, pointsOf, threadPointsOf } from './points.ts'
import type { KillPoint } from './points.ts'
import type { Recovery } from './recoveries.ts'

type Victim = Death['victim']

/** How often terminations come at a random moment rather than at a point. */
const RANDOM_TERMINATIONS = 0.25

export class Tally {
  readonly #deaths = new Map<string, number>()
  /** Starts of this run that did not come by a point often enough. */
  readonly #misses = new Map<string, number>()
  /** By who had died. */
  readonly recoveries: Readonly<Record<Victim, Recovery[]>> = { process: [], thread: [] }

  died({ victim, point }: Death): void {
    this.#deaths.set(`${victim} ${point}`, this.deaths(victim, point) + 1)
  }

  missed({ victim, point }: Death): void {
    this.#misses.set(`${victim} ${point}`, this.misses(victim, point) + 1)
  }

  /** Another run, where the points may be easier to meet. */
  forgive(): void {
    this.#misses.clear()
  }

  deaths(victim: Victim, point: KillPoint): number {
    return this.#deaths.get(`${victim} ${point}`) ?? 0
  }

  misses(victim: Victim, point: KillPoint): number {
    return this.#misses.get(`${victim} ${point}`) ?? 0
  }

  total(victim: Victim): number {
    return KILL_POINTS.reduce((sum, point) => sum + this.deaths(victim, point), 0)
  }

  /** One of the points with the fewest deaths; one that was missed counts as if it had some, so that others get their chance. `hasWriter`: transactions are written in the process. */
  rarest(victim: Victim, hasCache: boolean, random: SeededRandom, hasWriter = true): KillPoint {
    if (victim === 'thread' && random.next() < RANDOM_TERMINATIONS) return 'random'
    const points = victim === 'process' && hasWriter ? pointsOf(hasCache) : threadPointsOf(hasCache)
    const had = (point: KillPoint): number => this.deaths(victim, point) + this.misses(victim, point)
    const least = Math.min(...points.map(had))
    const rare = points.filter((point) => had(point) === least)
    return rare[random.between(0, rare.length - 1)] ?? 'random'
  }

  /** Deaths by point, one line each. */
  table(): string {
    const lines = KILL_POINTS.map((point) => `${point.padEnd(16)} ${String(this.deaths('process', point)).padStart(7)} ${String(this.deaths('thread', point)).padStart(7)}`)
    return [`${''.padEnd(16)} ${'process'.padStart(7)} ${'thread'.padStart(7)}`, ...lines].join('\n')
  }
}
