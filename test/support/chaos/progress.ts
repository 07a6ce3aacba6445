// Progress: how far the partitions of a system on a cluster are, seen from outside again and again, and how long they take to be beyond a moment.
//
// Owns: the looking. Brokers that are away for a while are asked again.
import type { CommittedLog } from '../../../adapters/node/look.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'

interface Place {
  readonly plan: TypePlan
  readonly partition: number
  readonly topic: string
}

interface Mark {
  readonly atMs: number
  readonly done: (ms: number) => void
  /** Where the inputs ended at the first look behind the moment. */
  ends: readonly number[] | undefined
}

export class Unanswering extends TypeError {
  override readonly name = 'Unanswering'
}

const LOOK_MS = 250
/** Looks that fail for so long say that the cluster is gone. */
const SILENT_MS_MAX = 60_000

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export class Progress {
  readonly #log: CommittedLog
  readonly #places: readonly Place[]
  readonly #marks = new Set<Mark>()
  #positions = ''
  #movedAtMs = performance.now()
  #lookedAtMs = performance.now()
  #isOver = false
  /** Records that stand in sources and inboxes and are in no commit. */
  lag = 0

  constructor(log: CommittedLog, plans: ReadonlyMap<string, TypePlan>) {
    this.#log = log
    this.#places = [...plans.values()].flatMap((plan) => Array.from({ length: plan.partitions }, (_, partition) => plan.inputs.map((topic) => ({ plan, partition, topic }))).flat())
  }

  /** Looks until it is ended. */
  async watch(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#look()
        this.#lookedAtMs = performance.now()
      } catch (thrown) {
        if (performance.now() - this.#lookedAtMs > SILENT_MS_MAX) throw new Unanswering(`the cluster has not answered for ${SILENT_MS_MAX / 1000} s: ${String(thrown)}`)
      }
      await pause(LOOK_MS)
    }
  }

  end(): void {
    this.#isOver = true
  }

  /** Resolves when everything that stands in the inputs now is committed: after how many ms; undefined when it takes longer than `msMax`. */
  beyondNow(msMax: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      const mark: Mark = { atMs: performance.now(), ends: undefined, done: resolve }
      this.#marks.add(mark)
      setTimeout(() => {
        this.#marks.delete(mark)
        resolve(undefined)
      }, msMax).unref()
    })
  }

  /** How long nothing has moved while nothing was left, ms. */
  get quietMs(): number {
    return this.lag === 0 ? performance.now() - this.#movedAtMs : 0
  }

  async #look(): Promise<void> {
    const positions: number[] = []
    for (const { plan, partition, topic } of this.#places) positions.push((await this.#log.committed({ group: plan.group, topics: plan.inputs, metadataTopic: plan.inbox }, partition))?.positions.get(topic) ?? 0)
    const marks = [...this.#marks]
    const ends = await Promise.all(this.#places.map(({ topic, partition }) => this.#log.offsetsAt(topic, partition, 'latest')))
    this.lag = ends.reduce((sum, end, at) => sum + end - (positions[at] ?? 0), 0)
    const seen = positions.join()
    if (seen !== this.#positions || this.lag > 0) this.#movedAtMs = performance.now()
    this.#positions = seen
    for (const mark of marks) {
      if (mark.ends === undefined) mark.ends = ends
      else if (mark.ends.every((end, at) => (positions[at] ?? 0) >= end)) {
        this.#marks.delete(mark)
        mark.done(Math.round(performance.now() - mark.atMs))
      }
    }
  }
}
