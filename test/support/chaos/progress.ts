// Progress: how far the partitions of a system on a cluster are, seen from outside again and again, and how soon all of them commit again.
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
  /** By partition, its positions at the first look behind the moment, until it has committed again. */
  waiting: Map<string, string> | undefined
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
  readonly #partitions: readonly (readonly Place[])[]
  readonly #marks = new Set<Mark>()
  #positions = ''
  #movedAtMs = performance.now()
  #lookedAtMs = performance.now()
  #isOver = false
  /** Records that stand in sources and inboxes and are in no commit. */
  lag = 0

  constructor(log: CommittedLog, plans: ReadonlyMap<string, TypePlan>) {
    this.#log = log
    this.#partitions = [...plans.values()].flatMap((plan) => Array.from({ length: plan.partitions }, (_, partition) => plan.inputs.map((topic) => ({ plan, partition, topic }))))
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

  /** Resolves when every partition has committed something since now, or has nothing left: after how many ms; undefined when it takes longer than `msMax`. */
  allAgain(msMax: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      const mark: Mark = { atMs: performance.now(), waiting: undefined, done: resolve }
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
    const marks = [...this.#marks]
    const looks = await Promise.all(this.#partitions.map((places) => this.#lookAt(places)))
    this.lag = looks.reduce((sum, { lag }) => sum + lag, 0)
    const seen = looks.map(({ positions }) => positions).join()
    if (seen !== this.#positions || this.lag > 0) this.#movedAtMs = performance.now()
    this.#positions = seen
    for (const mark of marks) {
      mark.waiting ??= new Map(looks.map(({ name, positions }) => [name, positions]))
      for (const { name, positions, lag } of looks) if (lag === 0 || mark.waiting.get(name) !== positions) mark.waiting.delete(name)
      if (mark.waiting.size > 0) continue
      this.#marks.delete(mark)
      mark.done(Math.round(performance.now() - mark.atMs))
    }
  }

  /** Positions are read before the ends: what is added meanwhile counts as left. */
  async #lookAt(places: readonly Place[]): Promise<{ readonly name: string; readonly positions: string; readonly lag: number }> {
    const [first] = places
    if (first === undefined) return { name: '', positions: '', lag: 0 }
    const { plan, partition } = first
    const committed = await this.#log.committed({ group: plan.group, topics: plan.inputs, metadataTopic: plan.inbox }, partition)
    const positions = places.map(({ topic }) => committed?.positions.get(topic) ?? 0)
    const ends = await Promise.all(places.map(({ topic }) => this.#log.offsetsAt(topic, partition, 'latest')))
    return { name: `${plan.group}/${partition}`, positions: positions.join(), lag: ends.reduce((sum, end, at) => sum + end - (positions[at] ?? 0), 0) }
  }
}
