// Differential: many random machines, each driven by random events on two engines, with counts of what they met.
import { asMachine, nodesOf } from '../../../adapters/xstate/shapes.ts'
import type { XMachine } from '../../../adapters/xstate/shapes.ts'
import type { StepResult } from '../../../system/ports/engine.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { Chance } from './chance.ts'
import type { Counts } from './counts.ts'
import { bothOf, Duel, EnginesDiffer } from './duel.ts'
import type { Pair } from './duel.ts'
import { featuresOf, wordsOf } from './features.ts'
import { randomMachine } from './machines.ts'
import type { RandomMachine } from './machines.ts'
import { takeMarks } from './meter.ts'
import { TYPES } from './words.ts'

const EVENTS_EACH = 58
const FAILURES_MAX = 25
const BEGINNINGS_MAX = 5

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
  readonly #hasInput: boolean
  readonly #features: ReadonlyMap<string, readonly string[]>
  readonly #words: ReadonlyMap<string, readonly string[]>
  readonly #descriptors: ReadonlyMap<string, readonly string[]>
  readonly #entered = new Set<string>()

  constructor({ machine, hasInput }: RandomMachine, duel: Duel, chance: Chance, counts: Counts) {
    const read = asMachine(machine) as XMachine
    this.#duel = duel
    this.#chance = chance
    this.#counts = counts
    this.#hasInput = hasInput
    this.#features = featuresOf(read)
    this.#words = wordsOf(read)
    this.#descriptors = descriptorsOf(read)
  }

  run(): void {
    this.#counts.machines += 1
    this.#counts.hashes.add(this.#duel.one.hash)
    let failures = 0
    if (this.#begin()) {
      for (let at = 0; at < EVENTS_EACH && failures < FAILURES_MAX; at += 1) {
        if (!this.#duel.isActive && !this.#begin()) break
        const result = this.#duel.take(this.#event())
        this.#count(result)
        if (result.kind === 'failed') failures += result.class === 'timeout' ? FAILURES_MAX : 1
        if (this.#chance.is(6)) this.#duel.swap()
      }
    }
    this.#counts.statesEntered += this.#entered.size
  }

  /** With another input where the first step fails with one. */
  #begin(): boolean {
    for (let at = 0; at < (this.#hasInput ? BEGINNINGS_MAX : 1); at += 1) {
      const result = this.#duel.begin({ n: this.#chance.below(9) })
      this.#count(result)
      if (result.kind === 'ok') return true
      if (result.class === 'timeout') return false
    }
    return false
  }

  /** Mostly of a type that a state on the way down to an active one has transitions for. */
  #event(): MachineEvent {
    const types = this.#duel.configuration.split(',').flatMap((path) => this.#descriptors.get(path) ?? [])
    const type = this.#typeOf(types)
    return { type, amount: this.#chance.below(9), ...(type.startsWith('xstate.done.actor.') ? { output: { at: this.#chance.below(9) } } : {}), ...(type.startsWith('xstate.error.actor.') ? { error: 'down' } : {}) }
  }

  #typeOf(types: readonly string[]): string {
    const chance = this.#chance
    if (chance.is(55) && types.includes('finish')) return 'finish'
    const results = types.filter((type) => type.startsWith('xstate.done.actor.'))
    if (chance.is(6) && results.length > 0) return chance.pick(results)
    if (chance.is(4.5)) return 'xstate.error.actor.nobody'
    return chance.is(97) && types.length > 0 ? chance.pick(types) : chance.pick([...TYPES, 'unknown', 'x'])
  }

  #count(result: StepResult): void {
    const { met } = this.#counts
    const marks = new Set(takeMarks())
    this.#counts.comparisons += 1
    if (this.#hasInput) marks.add('input')
    if (result.kind === 'failed') {
      this.#counts.failed += 1
      marks.add('failed')
    } else this.#markOk((result.taken ?? []).map((place) => this.#duel.one.transitions[place] ?? ''), marks)
    if (result.kind === 'ok') for (const { kind } of result.effects) marks.add(kind)
    for (const mark of marks) met.set(mark, (met.get(mark) ?? 0) + 1)
  }

  #markOk(taken: readonly string[], marks: Set<string>): void {
    if (taken.length > 0) this.#counts.moved += 1
    if (taken.length > 1) marks.add('several transitions')
    if (taken.some((id) => id.includes(':always:'))) marks.add('microsteps')
    for (const id of taken) for (const feature of this.#features.get(id) ?? []) marks.add(feature)
    if (!this.#duel.isActive) marks.add(this.#duel.status)
    const paths = this.#duel.configuration.split(',')
    if (paths.length > 1 && taken.length === 1) marks.add('one region of several')
    for (const path of paths) {
      for (const word of this.#words.get(path) ?? []) marks.add(word)
      this.#enter(path)
    }
  }

  #enter(path: string): void {
    for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) this.#entered.add(path.slice(0, end))
  }
}

/** Path of a state -> event types that it and its ancestors have transitions for, wildcards as an example of theirs. */
function descriptorsOf({ root }: XMachine): ReadonlyMap<string, readonly string[]> {
  const own = new Map(nodesOf(root).map((node) => [node, [...node.transitions.keys()].filter((type) => !type.startsWith('xstate.done.state.')).map((type) => (type === '*' ? 'unknown' : type.endsWith('.*') ? `${type.slice(0, -1)}q` : type))] as const))
  return new Map(nodesOf(root).map((node) => {
    const types: string[] = []
    for (let each = node as typeof node | undefined; each !== undefined; each = each.parent) types.push(...(own.get(each) ?? []))
    return [node.path.join('.'), types] as const
  }))
}
