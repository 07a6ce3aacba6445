// Plan: everything a run is drawn from its seed: machine, policies, settings, and the script of what happens to it.
import type { FailureClass } from '../../../system/protocol/failures.ts'
import { Draw } from './draw.ts'
import { drawMachine, peerMachine } from './machine-draw.ts'
import { AMOUNT_MAX } from './oracle-input.ts'
import { AMOUNT } from './spec.ts'
import type { MachineSpec } from './spec.ts'

/** How time passes for the machine. `event-order` also orders inputs by it. */
export type Variant = 'processing' | 'event-order' | 'event-arrival'

export interface Feed {
  readonly source: 'a' | 'b'
  readonly key: string
  readonly text: string
}

export type Step =
  | { readonly kind: 'feed'; readonly records: readonly Feed[] }
  | { readonly kind: 'command'; readonly id: string; readonly entity: string; readonly event: { readonly type: string; readonly amount: number } }
  | { readonly kind: 'forge'; readonly entity: string; readonly what: 'command' | 'tell' | 'task'; readonly nth: number }
  /** In one partition; `unknown`: no artifact has this hash. */
  | { readonly kind: 'activate'; readonly partition: number; readonly model: 'old' | 'new' | 'unknown' }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'restart'; readonly how: 'orderly' | 'crash' | 'cut'; readonly applied: boolean }
  | { readonly kind: 'fault'; readonly type: 'main' | 'peer'; readonly partition: number; readonly fault: 'fenced' | 'lost' | 'applied' }
  /** A second process joins, and may take a partition whose owner does not notice. */
  | { readonly kind: 'join'; readonly partition: number; readonly zombie: boolean }

export interface RunPlan {
  readonly seed: number
  readonly variant: Variant
  readonly machine: MachineSpec
  readonly peer: MachineSpec
  readonly partitions: number
  readonly batchRecordsMax: number
  readonly commitWaitMs: number
  readonly releasesMax: number
  readonly snapshotEveryMs: number
  readonly entityBytesMax: number
  readonly cached: boolean
  readonly slowCommits: boolean
  readonly slowModel: boolean
  readonly dedup: { readonly count: number; readonly within: number }
  readonly stops: readonly FailureClass[]
  readonly fallback: number | undefined
  readonly keepStoppedMs: number
  readonly outOfOrderMs: number
  readonly steps: readonly Step[]
  /** Event time at which both sources end. */
  readonly endMs: number
}

export const START_MS = 1_700_000_000_000
const CLASSES: readonly FailureClass[] = ['guard', 'action', 'feature', 'model', 'timeout', 'size']

export function drawPlan(seed: number): RunPlan {
  const draw = new Draw(seed)
  const variant = draw.pick<Variant>(['processing', 'processing', 'processing', 'event-order', 'event-arrival'])
  const isProcessing = variant === 'processing'
  const script = new Script(draw, variant)
  const unitMs = isProcessing ? 500 : 4000
  return {
    seed, variant,
    machine: drawMachine(draw, { tasks: isProcessing, unitMs }),
    peer: peerMachine(isProcessing && draw.chance(0.5), unitMs),
    partitions: draw.pick([1, 1, 1, 2, 3]),
    batchRecordsMax: draw.pick([1, 2, 5, 20, 50]),
    commitWaitMs: draw.pick([0, 20]),
    releasesMax: isProcessing ? 5000 : draw.pick([1, 3, 10, 5000]),
    snapshotEveryMs: draw.pick([0, 60, 5000, 7 * 86_400_000]),
    entityBytesMax: draw.pick([1, 3000, 1 << 26]),
    cached: draw.chance(0.4),
    slowCommits: draw.chance(0.3),
    slowModel: draw.chance(0.3),
    dedup: isProcessing ? draw.pick([{ count: 2, within: 86_400_000 }, { count: 128, within: 4000 }, { count: 128, within: 86_400_000 }]) : { count: 128, within: 86_400_000 },
    stops: CLASSES.filter(() => draw.chance(0.2)),
    fallback: draw.chance(0.7) ? 0.5 : undefined,
    keepStoppedMs: isProcessing ? draw.pick([100, 3000, 86_400_000]) : 86_400_000,
    outOfOrderMs: script.outOfOrderMs,
    steps: script.steps(),
    endMs: script.endMs,
  }
}

class Script {
  readonly outOfOrderMs: number
  readonly #draw: Draw
  readonly #variant: Variant
  readonly #entities: readonly string[]
  readonly #fed: Feed[] = []
  readonly #spins: boolean
  #commands = 0
  #ids = 0
  #timeMs = START_MS

  constructor(draw: Draw, variant: Variant) {
    this.#draw = draw
    this.#variant = variant
    this.#entities = draw.list(2, 6, (index) => `c${index}`)
    this.#spins = draw.chance(0.08)
    this.outOfOrderMs = variant === 'event-order' ? draw.pick([0, 2000, 20_000]) : 0
  }

  get endMs(): number {
    return this.#timeMs + 90_000
  }

  steps(): readonly Step[] {
    const draw = this.#draw
    const rounds = draw.between(2, 6)
    const steps: Step[] = []
    let faults = 0
    for (let round = 0; round < rounds; round += 1) {
      steps.push({ kind: 'feed', records: draw.list(1, 9, () => this.#feed()) })
      if (this.#variant === 'processing') steps.push(...this.#asides())
      if (draw.chance(0.8)) steps.push({ kind: 'pass', ms: draw.chance(0.06) ? 31_000 : draw.pick([0, 1, 30, 250, 1200, 1200, 4000]) })
      if (draw.chance(0.25)) steps.push({ kind: 'restart', how: draw.pick(['orderly', 'crash', 'cut']), applied: draw.chance(0.5) })
      if (draw.chance(0.25) && faults < 4) {
        faults += 1
        steps.push({ kind: 'fault', type: draw.pick(['main', 'main', 'peer']), partition: draw.between(0, 2), fault: draw.pick(['fenced', 'lost', 'applied']) })
      }
      if (draw.chance(0.07)) steps.push({ kind: 'join', partition: draw.between(0, 2), zombie: draw.chance(0.5) })
    }
    return steps
  }

  /** What comes through the inbox. */
  #asides(): readonly Step[] {
    const draw = this.#draw
    const steps: Step[] = []
    for (let n = draw.between(0, 2); n > 0; n -= 1) {
      const isRetry = this.#commands > 0 && draw.chance(0.3)
      if (!isRetry) this.#commands += 1
      const nth = isRetry ? draw.between(1, this.#commands) : this.#commands
      // A retry is the same command to the same entity.
      const entity = this.#entities[nth % this.#entities.length] as string
      steps.push({ kind: 'command', id: `cmd${nth}`, entity, event: { type: `e${nth % 4}`, amount: (nth * 37) % 800 } })
    }
    if (draw.chance(0.15)) steps.push({ kind: 'activate', partition: draw.between(0, 2), model: draw.pick(['new', 'new', 'old', 'unknown']) })
    if (draw.chance(0.15)) steps.push({ kind: 'forge', entity: draw.pick(this.#entities), what: draw.pick(['command', 'tell', 'task']), nth: draw.between(0, 5) })
    return steps
  }

  #feed(): Feed {
    const draw = this.#draw
    if (this.#fed.length > 0 && draw.chance(0.1)) return draw.pick(this.#fed)
    const feed = this.#fresh()
    this.#fed.push(feed)
    return feed
  }

  #fresh(): Feed {
    const draw = this.#draw
    this.#ids += 1
    // Equal times are as likely as later ones.
    this.#timeMs += draw.chance(0.3) ? 0 : draw.between(1, 6000)
    const card = draw.pick(this.#entities)
    const time = this.#timeMs - (draw.chance(0.5) ? 0 : draw.between(0, this.outOfOrderMs))
    const event = { type: this.#type(), card, time, id: `x${this.#ids}`, amount: this.#amount() }
    const feed = { source: this.#variant === 'event-arrival' ? 'a' as const : draw.pick(['a', 'b'] as const), key: card }
    if (draw.chance(0.96)) return { ...feed, text: JSON.stringify(event) }
    return draw.pick<() => Feed>([
      () => ({ ...feed, text: JSON.stringify(event).slice(0, -3) }),
      () => ({ ...feed, text: JSON.stringify({ ...event, amount: 'many' }) }),
      () => ({ ...feed, text: JSON.stringify({ ...event, card: 'another' }) }),
      () => ({ ...feed, text: JSON.stringify({ ...event, amount: AMOUNT_MAX + 1 }) }),
      () => ({ ...feed, text: JSON.stringify({ ...event, type: draw.pick(['xstate.done.actor.work1', 'inference.risk', 'lookup.limits', 'xstate.init', 'xstate.stop']) }) }),
    ])()
  }

  #type(): string {
    if (this.#spins && this.#draw.chance(0.08)) return 'spin'
    return this.#draw.pick(['e0', 'e0', 'e1', 'e1', 'e2', 'e2', 'e3', 'e3', 'unknown'])
  }

  #amount(): number {
    const draw = this.#draw
    if (draw.chance(0.93)) return draw.between(0, 800)
    const special = draw.pick(Object.values(AMOUNT))
    return special === AMOUNT.huge && this.#variant !== 'processing' ? 0 : special
  }
}
