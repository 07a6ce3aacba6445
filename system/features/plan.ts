// Plan: what a set keeps per entity and how each feature reads it, worked out once when the set is defined.
//
// Owns: sharing. One ring and one tail per event kind, one column per distinct expression, one pair of edges per
// distinct window, one running sum per (window, column). Equal expressions are equal by their canonical JSON.
import { DefinitionError } from '../protocol/failures.ts'
import { compileEvent } from './compute.ts'
import type { Compute, EventRecord } from './compute.ts'
import { LAST_SAMPLES_MAX, WINDOWS_MAX } from './limits.ts'
import { collectKinds, containsFold } from './node.ts'
import type { Node } from './node.ts'
import type { RingPlan } from './ring.ts'
import type { TailPlan } from './tail.ts'

/** A list without repetition: `add` gives the place of an equal entry. */
class Shared<Entry> {
  readonly entries: Entry[] = []
  readonly #places = new Map<string, number>()

  add(key: string, make: () => Entry): number {
    const known = this.#places.get(key)
    if (known !== undefined) return known
    this.#places.set(key, this.entries.length)
    this.entries.push(make())
    return this.entries.length - 1
  }
}

export interface DecayPlan { readonly kind: string; readonly halfLifeMs: number; readonly of: Compute<EventRecord> | null }
export interface RulePlan { readonly kind: string; readonly on: Compute<EventRecord> | null; readonly factor: number; readonly gain: Compute<EventRecord> }

/** Collects what the features of a set need. `reader.ts` asks; the places it gets are valid in every state of the set. */
export class Plan {
  readonly kinds: readonly string[]
  readonly #name: string
  readonly #samplesMax: number
  readonly #currents = new Shared<{ kind: string; compute: Compute<EventRecord> }>()
  readonly #rings = new Shared<{ kind: string; columns: Shared<Compute<EventRecord>>; windows: Shared<RingPlan['windows'][number]>; sums: Shared<RingPlan['sums'][number]> }>()
  readonly #tails = new Shared<{ kind: string; size: number; columns: Shared<Compute<EventRecord>>; tracks: Shared<TailPlan['tracks'][number]> }>()
  readonly #decays = new Shared<DecayPlan>()
  readonly #counters = new Shared<readonly RulePlan[]>()

  constructor(name: string, kinds: readonly string[], samplesMax: number) {
    this.#name = name
    this.kinds = kinds
    this.#samplesMax = samplesMax
  }

  current(node: Node, place: string): number {
    const kind = this.kindOf(null, [node], place)
    return this.#currents.add(JSON.stringify(node), () => ({ kind, compute: this.#compiled(node, kind) }))
  }

  window(kind: string, delayMs: number, windowMs: number): { readonly ring: number; readonly window: number } {
    const ring = this.#ring(kind)
    const plan = this.#rings.entries[ring]!
    const window = plan.windows.add(`${delayMs}+${windowMs}`, () => ({ delayMs, windowMs }))
    if (window >= WINDOWS_MAX) throw new DefinitionError([`${this.#name}: more than ${WINDOWS_MAX} distinct windows of one event kind`])
    return { ring, window }
  }

  column(kind: string, of: Node): number {
    return this.#rings.entries[this.#ring(kind)]!.columns.add(JSON.stringify(of), () => this.#compiled(of, kind))
  }

  sum(kind: string, window: number, column: number): number {
    return this.#rings.entries[this.#ring(kind)]!.sums.add(`${window} ${column}`, () => ({ window, column }))
  }

  tail(kind: string, size: number): number {
    const tail = this.#tails.add(kind, () => ({ kind, size, columns: new Shared(), tracks: new Shared() }))
    const plan = this.#tails.entries[tail]!
    plan.size = Math.min(LAST_SAMPLES_MAX, Math.max(plan.size, size))
    return tail
  }

  tailColumn(tail: number, of: Node): number {
    const plan = this.#tails.entries[tail]!
    return plan.columns.add(JSON.stringify(of), () => this.#compiled(of, plan.kind))
  }

  track(tail: number, lat: Node, lng: Node): number {
    const track = { lat: this.tailColumn(tail, lat), lng: this.tailColumn(tail, lng) }
    return this.#tails.entries[tail]!.tracks.add(`${track.lat} ${track.lng}`, () => track)
  }

  decay(kind: string, halfLifeMs: number, of: Node | null): number {
    return this.#decays.add(JSON.stringify([kind, halfLifeMs, of]), () => ({ kind, halfLifeMs, of: of && this.#compiled(of, kind) }))
  }

  counter(rules: readonly { readonly kind: string; readonly on: Node | null; readonly factor: number; readonly gain: Node }[]): number {
    return this.#counters.add(JSON.stringify(rules), () => rules.map(({ kind, on, factor, gain }) => ({
      kind, on: on && this.#compiled(on, kind), factor, gain: this.#compiled(gain, kind),
    })))
  }

  /** The one event kind that a fold or a plain expression reads. Throws DefinitionError when there are none or several. */
  kindOf(declared: string | null, nodes: readonly (Node | null)[], place: string): string {
    const kinds = new Set<string>()
    if (declared !== null) kinds.add(declared)
    for (const node of nodes) {
      if (!node) continue
      if (containsFold(node)) throw new DefinitionError([`${this.#name}.${place}: a fold inside a fold; combine their results instead`])
      collectKinds(node, kinds)
    }
    const [first = this.kinds[0] ?? '', ...others] = kinds
    if (others.length > 0) throw new DefinitionError([`${this.#name}.${place}: reads ${[...kinds].join(' and ')} at once; an expression reads one event`])
    if (kinds.size === 0 && this.kinds.length > 1) {
      throw new DefinitionError([`${this.#name}.${place}: which event? Write count(${this.kinds[0]}) with one of ${this.kinds.join(', ')}`])
    }
    if (!this.kinds.includes(first)) throw new DefinitionError([`${this.#name}.${place}: uses an event of another feature set`])
    return first
  }

  finished(): FinishedPlan {
    return {
      currents: this.#currents.entries, decays: this.#decays.entries, counters: this.#counters.entries,
      rings: this.#rings.entries.map(({ kind, columns, windows, sums }) => (
        { kind, columns: columns.entries, windows: windows.entries, sums: sums.entries, samplesMax: this.#samplesMax })),
      tails: this.#tails.entries.map(({ kind, size, columns, tracks }) => ({ kind, size, columns: columns.entries, tracks: tracks.entries })),
    }
  }

  #ring(kind: string): number {
    return this.#rings.add(kind, () => ({ kind, columns: new Shared(), windows: new Shared(), sums: new Shared() }))
  }

  #compiled(node: Node, kind: string): Compute<EventRecord> {
    return compileEvent(node, kind === '' ? this.#name : `${this.#name} (${kind})`)
  }
}

export interface FinishedPlan {
  readonly currents: readonly { readonly kind: string; readonly compute: Compute<EventRecord> }[]
  readonly rings: readonly (RingPlan & { readonly kind: string })[]
  readonly tails: readonly (TailPlan & { readonly kind: string })[]
  readonly decays: readonly DecayPlan[]
  readonly counters: readonly (readonly RulePlan[])[]
}
