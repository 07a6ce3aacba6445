// Differential: many random machines, each driven by random events on two engines, with counts of what they met.
import { Chance } from './chance.ts'
import { bothOf, Duel, EnginesDiffer } from './duel.ts'
import type { Pair } from './duel.ts'
import { featuresOf, FEATURES } from './features.ts'
import { randomMachine } from './machines.ts'
import type { RandomMachine } from './machines.ts'
import { takeMarks } from './meter.ts'
import { TYPES } from './words.ts'
import type { StepResult } from '../../../system/ports/engine.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { asMachine, nodesOf } from '../../../adapters/xstate/shapes.ts'
import type { XMachine } from '../../../adapters/xstate/shapes.ts'

export interface Counts {
  machines: number
  comparisons: number
  /** Steps in which both took a transition. */
  moved: number
  /** Different configurations, summed over machines; states that were active at some point, too. */
  statesEntered: number
  failed: number
  /** Steps in which each feature was met; of input, output, tags and meta: machines that have it. */
  readonly met: Map<string, number>
}

export function noCounts(): Counts {
  return { machines: 0, comparisons: 0, moved: 0, statesEntered: 0, failed: 0, met: new Map() }
}

const EVENTS_EACH = 52
const FAILURES_MAX = 12

/** One machine, the events of which follow from the seed too. Throws EnginesDiffer with the seed. */
export function compareOne(seed: number, counts: Counts, pairOf: (machine: unknown, strict: boolean) => Pair = bothOf): void {
  const random = randomMachine(seed)
  const chance = new Chance(seed ^ 0x5bd1e995)
  const duel = new Duel(...pairOf(random.machine, seed % 4 === 0))
  const trial = new Trial(random, duel, chance, counts)
  try {
    trial.run()
  } catch (error) {
    throw error instanceof EnginesDiffer ? new EnginesDiffer(`machine ${seed}: ${error.message}`) : error
  }
}

class Trial {
  readonly #duel: Duel
  readonly #chance: Chance
  readonly #counts: Counts
  readonly #random: RandomMachine
  readonly #features: ReadonlyMap<string, readonly string[]>
  readonly #descriptors: ReadonlyMap<string, readonly string[]>
  readonly #entered = new Set<string>()

  constructor(random: RandomMachine, duel: Duel, chance: Chance, counts: Counts) {
    this.#random = random
    this.#duel = duel
    this.#chance = chance
    this.#counts = counts
    this.#features = featuresOf(random.machine)
    this.#descriptors = descriptorsOf(random.machine)
  }

  run(): void {
    const { met } = this.#counts
    const input = { n: this.#chance.below(5) }
    this.#counts.machines += 1
    for (const [feature, has] of [['input', this.#random.hasInput]] as const) if (has) met.set(feature, (met.get(feature) ?? 0) + 1)
    let failures = 0
    if (this.#begin(input).kind === 'failed') return
    for (let at = 0; at < EVENTS_EACH && failures < FAILURES_MAX; at += 1) {
      if (!this.#duel.isActive && this.#begin(input).kind === 'failed') return
      const result = this.#duel.take(this.#event())
      this.#count(result)
      if (result.kind === 'failed') failures += result.class === 'timeout' ? FAILURES_MAX : 1
      if (this.#chance.is(6)) this.#duel.swap()
    }
    this.#counts.statesEntered += this.#entered.size
  }

  #begin(input: unknown): StepResult {
    const result = this.#duel.begin(input)
    this.#count(result)
    return result
  }

  /** Mostly of a type that a state on the way down to an active one has transitions for. */
  #event(): MachineEvent {
    const types = this.#duel.configuration.split(',').flatMap((path) => this.#descriptors.get(path) ?? [])
    const type = this.#chance.is(32) && types.includes('finish') ? 'finish' : this.#chance.is(85) && types.length > 0 ? this.#chance.pick(types) : this.#chance.pick([...TYPES, 'unknown', 'x'])
    return { type, amount: this.#chance.below(9), ...(type.startsWith('xstate.done.actor.') ? { output: this.#chance.below(9) } : {}), ...(type.startsWith('xstate.error.actor.') ? { error: 'down' } : {}) }
  }

  #count(result: StepResult): void {
    const { met } = this.#counts
    const marks = new Set(takeMarks())
    this.#counts.comparisons += 1
    if (result.kind === 'failed') {
      this.#counts.failed += 1
      marks.add('failed')
    } else {
      const { taken = [], effects } = result
      if (taken.length > 0) this.#counts.moved += 1
      if (taken.length > 1) marks.add('several transitions')
      if (taken.some((id) => id.includes(':always:'))) marks.add('microsteps')
      for (const id of taken) for (const feature of this.#features.get(id) ?? []) marks.add(feature)
      for (const { kind } of effects) marks.add(kind)
      for (const path of this.#duel.configuration.split(',')) this.#enter(path)
    }
    for (const mark of marks) met.set(mark, (met.get(mark) ?? 0) + 1)
  }

  #enter(path: string): void {
    const keys = path.split('.')
    keys.forEach((_, at) => this.#entered.add(keys.slice(0, at + 1).join('.')))
  }
}

/** Path of a state -> event types that it and its ancestors have transitions for, wildcards as an example of theirs. */
function descriptorsOf(value: unknown): ReadonlyMap<string, readonly string[]> {
  const root = (asMachine(value) as XMachine).root
  const own = new Map(nodesOf(root).map((node) => [node, [...node.transitions.keys()].filter((type) => !type.startsWith('xstate.done.state.')).map((type) => (type === '*' ? 'x' : type.endsWith('.*') ? `${type.slice(0, -1)}q` : type))] as const))
  return new Map(nodesOf(root).map((node) => {
    const types: string[] = []
    for (let each = node as typeof node | undefined; each !== undefined; each = each.parent) types.push(...(own.get(each) ?? []))
    return [node.path.join('.'), types] as const
  }))
}

/** What was met too seldom, as lines. */
export function scarceFeatures({ comparisons, met }: Counts, share: number): readonly string[] {
  return FEATURES.filter((feature) => (met.get(feature) ?? 0) < comparisons * share).map((feature) => `${feature}: ${met.get(feature) ?? 0} of ${comparisons}`)
}

export function countLines({ machines, comparisons, moved, statesEntered, failed, met }: Counts): readonly string[] {
  const percent = (count: number): string => `${((100 * count) / comparisons).toFixed(1)} %`
  const features = FEATURES.map((feature) => `${feature} ${percent(met.get(feature) ?? 0)}`)
  return [
    `${comparisons} comparisons over ${machines} machines; both took a transition in ${percent(moved)}; ${(statesEntered / machines).toFixed(1)} states entered by each; ${percent(failed)} failed alike`,
    features.join(' · '),
  ]
}
