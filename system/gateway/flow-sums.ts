// Flow sums: one type's flow over all its partitions, out of what their owners answer from time to time.
//
// Owns: the newest answer of each partition, and the sums of what came since the first. Asks nobody.
//
// S1. Sums never go back (F2): an owner counts from nothing when it is given a partition, which `since` tells; then all of its count is new.
//     What beyond FLOW_LABELS_MAX counts under one name stays there.
// S2. What was counted before somebody began to look is not in the sums: the first answer of a partition is where they begin, unless it was not live before.
import type { Counts, FlowReport } from '../partition/flow.ts'
import { bounded, OTHERS } from '../partition/flow.ts'
import { FLOW_LABELS_MAX } from '../protocol/limits.ts'
import type { FlowAnswer, Unanswered } from '../node/query-client.ts'
import type { LiveFlow } from '../node/flow-answer.ts'
import type { Standing } from '../node/questions.ts'
import type { PartitionRow, TypeFlow } from './flow-document.ts'

interface Heard {
  state: string
  reason: string
  live: { readonly at: Standing; readonly owner: string; readonly flow: LiveFlow } | undefined
  /** It was heard of before it was live: all that it counts is new. */
  wasNotLive: boolean
  inputs: number
  deadLetters: number
}

const UNHEARD = 'unknown'

/** What a new time counts against those before, in the mean of the newest. */
const KEPT = 0.7

export class FlowSums {
  readonly #heard: readonly Heard[]
  readonly #taken = new Map<string, number>()
  readonly #refused = new Map<string, number>()
  readonly #refusedIn = new Map<string, Map<string, number>>()
  readonly #times = new Map<string, { count: number; sumMs: number }>()
  #inputs = 0
  #outputs = 0
  #decisions = 0
  #drops = 0

  constructor(partitions: number) {
    this.#heard = Array.from({ length: partitions }, () => ({ state: UNHEARD, reason: '', live: undefined, wasNotLive: false, inputs: 0, deadLetters: 0 }))
  }

  /** Something is known of every partition. */
  get isWhole(): boolean {
    return this.#heard.every(({ state }) => state !== UNHEARD)
  }

  take(partition: number, answer: FlowAnswer | Unanswered): void {
    const heard = this.#heard[partition]
    if (heard === undefined) return
    heard.state = answer.state
    heard.reason = answer.reason
    if (answer.kind === 'refused') return
    const { at, owner, flow } = answer
    if (at === undefined || flow === undefined) {
      heard.wasNotLive ||= heard.live === undefined
      return
    }
    const { live } = heard
    const isSame = live !== undefined && live.at.life === at.life && live.flow.since === flow.since
    if (live !== undefined || heard.wasNotLive) this.#add(heard, flow, isSame ? live.flow : undefined)
    heard.live = { at, owner, flow }
  }

  document(): TypeFlow {
    const occupancy = new Map<string, number>()
    let [entities, parked] = [0, 0]
    for (const { live } of this.#heard) {
      entities += live?.flow.entities ?? 0
      parked += live?.flow.parked ?? 0
      for (const [configuration, count] of live?.flow.occupancy ?? []) add(occupancy, configuration, count)
    }
    return {
      entities, parked, occupancy: named(bounded([...occupancy])), taken: named([...this.#taken]), refused: named([...this.#refused]),
      refusedIn: Object.fromEntries([...this.#refusedIn].map(([configuration, refused]) => [configuration, named([...refused])])),
      inputs: this.#inputs, outputs: this.#outputs, deadLetters: sumOf(this.#refused.values()), drops: this.#drops, decisions: this.#decisions,
      latencyMs: Object.fromEntries([...this.#times].map(([id, { count, sumMs }]) => [id, tenths(sumMs / count)])),
      partitions: Object.fromEntries(this.#heard.map((heard, index) => [String(index), rowOf(heard)])),
    }
  }

  #add(heard: Heard, now: FlowReport, before: FlowReport | undefined): void {
    const inputs = grown(now.inputs, before?.inputs)
    heard.inputs += inputs
    this.#inputs += inputs
    this.#outputs += grown(now.outputs, before?.outputs)
    this.#decisions += grown(now.decisions, before?.decisions)
    this.#drops += sumOf(growth(now.drops, before?.drops).map(([, count]) => count))
    for (const [id, count] of growth(now.taken, before?.taken)) add(this.#taken, labelIn(this.#taken, id), count)
    for (const [name, count] of growth(now.refused, before?.refused)) {
      add(this.#refused, name, count)
      heard.deadLetters += count
    }
    const earlier = new Map(before?.refusedIn)
    for (const [configuration, refused] of now.refusedIn) {
      for (const [name, count] of growth(refused, earlier.get(configuration))) add(innerOf(this.#refusedIn, configuration), name, count)
    }
    this.#time(now.timed, new Map(before?.timed.map(([id, count, sumMs]) => [id, { count, sumMs }])))
  }

  #time(timed: FlowReport['timed'], before: ReadonlyMap<string, { readonly count: number; readonly sumMs: number }>): void {
    for (const [id, count, sumMs] of timed) {
      const more = count - (before.get(id)?.count ?? 0)
      if (more <= 0) continue
      const times = this.#times.get(id) ?? { count: 0, sumMs: 0 }
      this.#times.set(id, { count: times.count * KEPT + more, sumMs: times.sumMs * KEPT + sumMs - (before.get(id)?.sumMs ?? 0) })
    }
  }
}

function rowOf({ state, reason, live, inputs, deadLetters }: Heard): PartitionRow {
  if (live === undefined) return { state, reason, inputs, deadLetters }
  const { at: { epoch, seq }, owner, flow: { lag, entities, parked, watermarkMs, commitMs: { p50Ms, p99Ms } } } = live
  return {
    state, reason, epoch, seq, ...(lag === undefined ? {} : { lag }), entities, parked, ...(Number.isFinite(watermarkMs) ? { watermarkMs: watermarkMs as number } : {}),
    // Read from its log: nobody was asked.
    ...(owner === '' ? {} : { owner, commitMs: { p50: tenths(p50Ms), p99: tenths(p99Ms) } }), inputs, deadLetters,
  }
}

/** What is more than before. */
function growth(now: Counts, before: Counts | undefined): Counts {
  const earlier = new Map<string, number>(before)
  return now.flatMap(([name, count]) => {
    const more = count - (earlier.get(name) ?? 0)
    return more > 0 ? [[name, more] as const] : []
  })
}

const grown = (now: number, before = 0): number => Math.max(0, now - before)

const named = (counts: Counts): Record<string, number> => Object.fromEntries(counts)

const sumOf = (counts: Iterable<number>): number => [...counts].reduce((sum, count) => sum + count, 0)

const tenths = (ms: number): number => Math.round(ms * 10) / 10

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}

const labelIn = (of: ReadonlyMap<string, unknown>, given: string): string => (of.has(given) || of.size < FLOW_LABELS_MAX - 1 ? given : OTHERS)

/** Names beyond the bound are one. */
function innerOf(of: Map<string, Map<string, number>>, given: string): Map<string, number> {
  const name = labelIn(of, given)
  const known = of.get(name)
  if (known !== undefined) return known
  const made = new Map<string, number>()
  of.set(name, made)
  return made
}
