// Watching: one look at all partitions after another, for as long as somebody watches; what they make together goes to all who do.
//
// Owns: who watches which types, and the look under way. With nobody watching nothing is asked, and nothing kept.
//
// W1. Looks are FLOW_EVERY_MS apart however many watch. A partition that does not answer holds up no other, and is asked one thing at a time.
// W2. A watcher is given the newest document when it asks for one: whoever is slow misses what was between (I9).
// W3. An owner that answers late, because its batches take long, is slow, and what it said last stands; silent is one that has not answered for SILENT_MS.
import { FLOW_EVERY_MS } from '../protocol/limits.ts'
import { patchBetween } from '../protocol/merge-patch.ts'
import { within } from '../protocol/within.ts'
import type { Clock } from '../ports/clock.ts'
import type { FlowAnswer, QueryClient, Unanswered } from '../node/query-client.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { FlowDocument, TypeFlow } from './flow-document.ts'
import { FlowSums } from './flow-sums.ts'

/** How long an owner may take for its answer before it is asked anew, how long it may do so before it counts as silent, and how long the others wait for it, ms. */
const ANSWER_MS_MAX = 1000
const SILENT_MS = 5000
const ROUND_MS_MAX = 150
/** Looks that the first document of a type waits for partitions that nothing is known of: until they are late. */
const PATIENT_LOOKS = Math.ceil(ANSWER_MS_MAX / FLOW_EVERY_MS) + 1

/** Who tells what goes through a partition. */
export type FlowSource = Pick<QueryClient, 'flow'>

interface Watched {
  readonly plan: TypePlan
  readonly sums: FlowSums
  /** Partitions that have not answered yet. */
  readonly asked: Set<number>
  /** When each of them answered last. */
  readonly answeredMs: Map<number, number>
  watchers: number
  looks: number
  /** Undefined before the first look. */
  flow: TypeFlow | undefined
}

export class Watching {
  readonly #asked: FlowSource
  readonly #clock: Clock
  readonly #plans: ReadonlyMap<string, TypePlan>
  readonly #watched = new Map<string, Watched>()
  readonly #waiting = new Set<() => void>()
  #atMs = 0
  #isRunning = false

  constructor(asked: FlowSource, clock: Clock, plans: ReadonlyMap<string, TypePlan>) {
    this.#asked = asked
    this.#clock = clock
    this.#plans = plans
  }

  /** Documents of these types, the first one whole, then one whenever something has changed. Ends when `signal` aborts. */
  async *watch(types: readonly string[], signal: AbortSignal): AsyncGenerator<FlowDocument, void> {
    const plans = types.flatMap((type) => this.#plans.get(type) ?? [])
    for (const plan of plans) this.#join(plan)
    void this.#run()
    try {
      for (let given: FlowDocument | undefined; !signal.aborted;) {
        const document = this.#document(plans, given)
        if (document === undefined) await this.#change(signal)
        else yield (given = document)
      }
    } finally {
      for (const plan of plans) this.#leave(plan)
    }
  }

  #join(plan: TypePlan): void {
    const { name } = plan.definition
    const watched = this.#watched.get(name) ?? { plan, sums: new FlowSums(plan.partitions), asked: new Set(), answeredMs: new Map(), watchers: 0, looks: 0, flow: undefined }
    watched.watchers += 1
    this.#watched.set(name, watched)
  }

  #leave({ definition: { name } }: TypePlan): void {
    const watched = this.#watched.get(name)
    if (watched === undefined) return
    watched.watchers -= 1
    if (watched.watchers === 0) this.#watched.delete(name)
  }

  /** Undefined: it is not known yet, or is the one given before. */
  #document(plans: readonly TypePlan[], given: FlowDocument | undefined): FlowDocument | undefined {
    const flows: (readonly [string, TypeFlow])[] = []
    for (const { definition: { name } } of plans) {
      const flow = this.#watched.get(name)?.flow
      if (flow === undefined) return undefined
      flows.push([name, flow])
    }
    if (given !== undefined && flows.every(([name, flow]) => given.types[name] === flow)) return undefined
    return { at: this.#atMs, system: plans[0]?.app ?? '', types: Object.fromEntries(flows) }
  }

  /** After the next look, or when `signal` aborts. */
  async #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    const abandon = (): void => resolve()
    signal.addEventListener('abort', abandon)
    await promise
    signal.removeEventListener('abort', abandon)
    this.#waiting.delete(resolve)
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    while (this.#watched.size > 0) {
      const dueMs = this.#clock.monotonicMs() + FLOW_EVERY_MS
      const watched = [...this.#watched.values()]
      await within(this.#clock, Promise.all(watched.flatMap((one) => this.#ask(one))).then(() => {}), ROUND_MS_MAX, () => {})
      for (const one of watched) this.#see(one)
      for (const tell of [...this.#waiting]) tell()
      await this.#clock.sleep(Math.max(0, dueMs - this.#clock.monotonicMs()))
    }
    this.#isRunning = false
  }

  /** Those that have answered the last time. */
  #ask(watched: Watched): readonly Promise<void>[] {
    const { plan, sums, asked } = watched
    const free = Array.from({ length: plan.partitions }, (_, partition) => partition).filter((partition) => !asked.has(partition))
    return free.map(async (partition) => {
      asked.add(partition)
      try {
        sums.take(partition, this.#inTime(watched, partition, await this.#asked.flow(plan.definition.name, partition, true, { deadlineMs: ANSWER_MS_MAX })))
      } catch (thrown) {
        sums.take(partition, { kind: 'refused', state: 'unknown', reason: thrown instanceof Error ? thrown.message : String(thrown) })
      } finally {
        asked.delete(partition)
      }
    })
  }

  /** W3. */
  #inTime({ answeredMs }: Watched, partition: number, answer: FlowAnswer | Unanswered): FlowAnswer | Unanswered {
    const nowMs = this.#clock.monotonicMs()
    const lastMs = answeredMs.get(partition)
    if (answer.kind === 'flow') answeredMs.set(partition, nowMs)
    else if (answer.state !== 'silent') answeredMs.delete(partition)
    else if (lastMs !== undefined && nowMs - lastMs < SILENT_MS) return { ...answer, state: 'slow', reason: `it has not answered for more than ${ANSWER_MS_MAX / 1000} s: what is told of it is from before` }
    return answer
  }

  /** What has not changed stays the same object. */
  #see(watched: Watched): void {
    watched.looks += 1
    if (watched.flow === undefined && watched.looks <= PATIENT_LOOKS && !watched.sums.isWhole) return
    const flow = watched.sums.document()
    if (watched.flow !== undefined && patchBetween({ ...watched.flow }, { ...flow }) === undefined) return
    watched.flow = flow
    this.#atMs = this.#clock.nowMs()
  }
}
