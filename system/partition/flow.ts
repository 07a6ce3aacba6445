// Flow: what a partition committed since its lease was assigned, as numbers, for whoever looks. Rates and diagrams are made of it elsewhere.
//
// Owns: the counts of one lease; the next begins with none, under another epoch. Restarts in between lose nothing of it.
//
// N1. Only what was committed is counted (I12): a batch is added when its commit is done, and not at all otherwise.
// N2. Nothing is done for a record or an entity, but for the transitions of a turn, which are counted for FLOW_WATCHED_MS after somebody looked.
// N3. Labels are bounded: classes and reasons are few, configurations and transitions beyond FLOW_LABELS_MAX count under one name. What is counted keeps
//     its name: one that came to count by itself would be counted twice by whoever adds up what is new.
import type { DropReason, FailureClass } from '../protocol/failures.ts'
import { FLOW_LABELS_MAX, FLOW_WATCHED_MS } from '../protocol/limits.ts'
import type { RecordRange } from '../protocol/record.ts'
import type { PreparedMachine } from '../ports/engine.ts'
import { Durations } from './durations.ts'
import type { DurationReport } from './durations.ts'
import type { CommittedBatch } from './publishing.ts'
import { Tally } from './tally.ts'

/** What is beyond a bound counts under this name. */
export const OTHERS = '...'

export type Counts<Name extends string = string> = readonly (readonly [name: Name, count: number])[]

/** Counted since the lease was assigned. */
export interface FlowReport {
  /** Epoch at which counting began: together with the life it names the counts. */
  readonly since: number
  readonly inputs: number
  /** Records that inputs wrote: outputs and tells. */
  readonly outputs: number
  readonly decisions: number
  readonly batches: number
  readonly drops: Counts<DropReason>
  /** Dead letters by class, and by the configuration of their entity; '' where there was none. */
  readonly refused: Counts<FailureClass>
  readonly refusedIn: readonly (readonly [configuration: string, refused: Counts<FailureClass>])[]
  /** By transition id, while somebody looked. */
  readonly taken: Counts
  /** Of some of them: how many were timed, and the sum of their times from the record's to the commit, ms. */
  readonly timed: readonly (readonly [id: string, count: number, sumMs: number])[]
  /** From the send of a commit to its outcome; from the poll to it; from the time of a batch's oldest record to it. */
  readonly commitMs: DurationReport
  readonly batchMs: DurationReport
  readonly delayMs: DurationReport
  /** Time of the newest record that was taken, ms since the epoch; undefined before the first. */
  readonly newestMs: number | undefined
}

/** Of a batch that is folded. */
export interface Counted {
  readonly times: RecordTimes
  /** Undefined: nobody looks. */
  readonly tally: Tally | undefined
}

export interface CommittedFlow extends CommittedBatch, Counted {
  /** By the wall clock. */
  readonly nowMs: number
}

/** Of the records of a poll, ms since the epoch; undefined where there were none. */
export interface RecordTimes {
  readonly oldestMs: number | undefined
  readonly newestMs: number | undefined
}

export class Flow {
  readonly #transitions: readonly string[]
  readonly #taken: Float64Array
  /** Names that transitions count under, in the order in which they were taken first. */
  readonly #names = new Set<string>()
  readonly #timed = new Map<number, { count: number; sumMs: number }>()
  readonly #drops = new Map<DropReason, number>()
  readonly #refused = new Map<FailureClass, number>()
  readonly #refusedIn = new Map<string, Map<FailureClass, number>>()
  readonly #commitMs = new Durations()
  readonly #batchMs = new Durations()
  readonly #delayMs = new Durations()
  #tally: Tally | undefined
  #watchedUntilMs = -Infinity
  #since: number | undefined
  #inputs = 0
  #outputs = 0
  #decisions = 0
  #batches = 0
  #newestMs: number | undefined

  constructor({ transitions }: PreparedMachine) {
    this.#transitions = transitions
    this.#taken = new Float64Array(transitions.length)
  }

  /** The partition is live, at this epoch. */
  live(epoch: number): void {
    this.#since ??= epoch
  }

  /** Somebody looks at what is taken: it is counted for a while. `nowMs`: monotonic. */
  watch(nowMs: number): void {
    this.#watchedUntilMs = nowMs + FLOW_WATCHED_MS
  }

  /** For the batch that begins; undefined while nobody looks (N2). */
  tally(nowMs: number): Tally | undefined {
    if (nowMs >= this.#watchedUntilMs) return (this.#tally = undefined)
    this.#tally ??= new Tally(this.#transitions.length)
    this.#tally.clear()
    return this.#tally
  }

  /** N1. */
  committed({ batch, times, tally, outputs, commitMs, cycleMs, nowMs }: CommittedFlow): void {
    this.#batches += 1
    this.#inputs += batch.consumed
    this.#outputs += outputs
    this.#decisions += batch.decisions.length
    this.#commitMs.add(commitMs)
    this.#batchMs.add(cycleMs)
    if (times.oldestMs !== undefined && batch.consumed > 0) this.#delayMs.add(Math.max(0, nowMs - times.oldestMs))
    if (times.newestMs !== undefined && batch.consumed > 0) this.#newestMs = times.newestMs
    for (const [reason, count] of batch.drops) add(this.#drops, reason, count)
    for (const { failure, configuration } of batch.deadLetters) {
      add(this.#refused, failure.class, 1)
      add(this.#refusedAt(configuration), failure.class, 1)
    }
    if (tally !== undefined) this.#take(tally, nowMs)
  }

  report(): FlowReport {
    return {
      since: this.#since ?? 0, inputs: this.#inputs, outputs: this.#outputs, decisions: this.#decisions, batches: this.#batches,
      drops: [...this.#drops], refused: [...this.#refused], refusedIn: [...this.#refusedIn].map(([configuration, refused]) => [configuration, [...refused]] as const),
      taken: summed([...this.#taken].map((count, place) => [this.#nameOf(place), count] as const)),
      timed: [...this.#timed].slice(0, FLOW_LABELS_MAX).map(([place, { count, sumMs }]) => [this.#transitions[place] ?? '', count, sumMs] as const),
      commitMs: this.#commitMs.report(), batchMs: this.#batchMs.report(), delayMs: this.#delayMs.report(), newestMs: this.#newestMs,
    }
  }

  #take({ taken, timed }: Tally, nowMs: number): void {
    for (let place = 0; place < taken.length; place += 1) {
      if ((taken[place] as number) === 0) continue
      if (this.#taken[place] === 0 && this.#names.size < FLOW_LABELS_MAX - 1) this.#names.add(this.#transitions[place] ?? '')
      this.#taken[place] = (this.#taken[place] as number) + (taken[place] as number)
    }
    for (const { place, writtenMs } of timed) {
      const times = this.#timed.get(place) ?? { count: 0, sumMs: 0 }
      times.count += 1
      times.sumMs += Math.max(0, nowMs - writtenMs)
      this.#timed.set(place, times)
    }
  }

  /** N3. */
  #nameOf(place: number): string {
    const name = this.#transitions[place] ?? ''
    return this.#names.has(name) ? name : OTHERS
  }

  /** N3. */
  #refusedAt(configuration: string): Map<FailureClass, number> {
    const name = this.#refusedIn.has(configuration) || this.#refusedIn.size < FLOW_LABELS_MAX - 1 ? configuration : OTHERS
    const known = this.#refusedIn.get(name)
    if (known !== undefined) return known
    const made = new Map<FailureClass, number>()
    this.#refusedIn.set(name, made)
    return made
  }
}

export function timesOf(ranges: readonly RecordRange[]): RecordTimes {
  const oldest = ranges.flatMap(({ records }) => records[0]?.timestampMs ?? [])
  const newest = ranges.flatMap(({ records }) => records.at(-1)?.timestampMs ?? [])
  return { oldestMs: oldest.length === 0 ? undefined : Math.min(...oldest), newestMs: newest.length === 0 ? undefined : Math.max(...newest) }
}

/** The largest counts by name, at most FLOW_LABELS_MAX, with what is beyond them under one name. */
export function bounded(counts: Counts): Counts {
  if (counts.length <= FLOW_LABELS_MAX) return counts
  const sorted = [...counts].sort(([a, more], [b, count]) => count - more || (a < b ? -1 : 1))
  const rest = sorted.slice(FLOW_LABELS_MAX - 1).reduce((sum, [, count]) => sum + count, 0)
  return [...sorted.slice(0, FLOW_LABELS_MAX - 1), [OTHERS, rest]]
}

/** Without those that are zero; names that are given twice are one. */
function summed(counts: Counts): Counts {
  const sums = new Map<string, number>()
  for (const [name, count] of counts) if (count > 0) add(sums, name, count)
  return [...sums]
}

function add<Name>(counts: Map<Name, number>, name: Name, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count)
}
