// Looker: asks the one node of a cluster for entities, at named points of every batch and whenever a fold gives way, and keeps what it is told.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { SimulatedClock } from '../../../adapters/memory/clock.ts'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import type { StatelogNode } from '../../../system/node/node.ts'
import { answerQuery } from '../../../system/node/queries.ts'
import type { QueryAnswer } from '../../../system/node/questions.ts'
import type { Partition } from '../../../system/partition/partition.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import type { Telemetry } from '../../../system/ports/telemetry.ts'
import type { EntityId } from '../../../system/protocol/ids.ts'
import { entityId } from '../partition/bench.ts'
import { NOW_MS } from './cluster.ts'
import type { Cluster } from './cluster.ts'
import { Views } from './views.ts'

const POINTS = ['after-load', 'after-step', 'before-commit', 'after-commit']
const ASKED_OF = 25
/** Each time that a fold gives way. */
const ASKED_AMID = 3

/** While something is folded each reading takes a millisecond, so that a fold gives way whenever it may. */
class RestlessClock extends SimulatedClock {
  isFolding = false
  #lostMs = 0
  readonly #onAway: () => void

  constructor(onAway: () => void) {
    super(NOW_MS)
    this.#onAway = onAway
  }

  override monotonicMs(): number {
    if (this.isFolding) this.#lostMs += 1
    return super.monotonicMs() + this.#lostMs
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms > 0) return super.sleep(ms, signal)
    this.#onAway()
    return new Promise((resolve) => void setImmediate(resolve))
  }
}

export interface Told {
  readonly plan: TypePlan
  readonly id: EntityId
  readonly askedAtMs: number
  readonly answer: Extract<QueryAnswer, { readonly kind: 'state' }>
}

interface Place {
  readonly type: string
  readonly index: number
}

export class Looker {
  readonly told: Told[] = []
  readonly views = new Views()
  /** Told of the commit before the batch in hand; of them amid its fold; of them of who is changed by it; of these those with parts of each kind. */
  readonly counts = { early: 0, amid: 0, ofChanged: 0, held: 0, timers: 0, tasks: 0 }
  readonly clock = new RestlessClock(() => this.#askAmid())
  readonly #plans: ReadonlyMap<string, TypePlan>
  readonly #random: SeededRandom
  readonly #sessionMs: number
  readonly #folding = new Map<string, Place>()
  readonly #asking: Promise<void>[] = []
  #cluster: Cluster | undefined
  #node: StatelogNode | undefined

  constructor(plans: ReadonlyMap<string, TypePlan>, seed: number, sessionMs: number) {
    this.#plans = plans
    this.#random = new SeededRandom(seed)
    this.#sessionMs = sessionMs
  }

  follow(cluster: Cluster): void {
    this.#cluster = cluster
  }

  readonly probe: Telemetry['probe'] = (point, group, index) => {
    const place = { type: typeOf(group), index }
    if (POINTS.includes(point)) this.#asking.push(this.#ask(place, false))
    // When the commit is known, and the loop has not gone on yet.
    if (point === 'after-commit') queueMicrotask(() => this.#asking.push(this.#ask(place, false)))
    if (point === 'after-load') this.#folding.set(`${group}/${index}`, place)
    if (point === 'after-step') this.#folding.delete(`${group}/${index}`)
    this.clock.isFolding = this.#folding.size > 0
    const memory = this.#partition(place)?.live?.parts.memory
    if (point === 'after-step' && memory !== undefined) this.views.folded(memory)
  }

  readonly batch: Telemetry['batch'] = ({ group, partition }) => {
    const memory = this.#partition({ type: typeOf(group), index: partition })?.live?.parts.memory
    if (memory !== undefined) this.views.committed(memory)
  }

  /** Resolves when nothing is asked any more. */
  async end(): Promise<void> {
    await Promise.all(this.#asking)
  }

  #partition({ type, index }: Place): Partition | undefined {
    // One that is stopped goes on for a while.
    this.#node = this.#cluster?.nodes[0] ?? this.#node
    return this.#node?.partition(type, index)
  }

  #askAmid(): void {
    for (const place of this.#folding.values()) for (let asked = 0; asked < ASKED_AMID; asked += 1) this.#asking.push(this.#ask(place, true))
  }

  async #ask(place: Place, isAmid: boolean): Promise<void> {
    const plan = this.#plans.get(place.type)
    const partition = this.#partition(place)
    const memory = partition?.live?.parts.memory
    if (plan === undefined || partition === undefined || memory === undefined) return
    // Mostly somebody whom the batch has changed.
    const known = [...memory.entities.dirty()].at(-1 - this.#random.between(0, 3))
    const id = known === undefined || this.#random.next() < 0.3 ? entityId(`${place.type}-${this.#random.between(0, ASKED_OF)}`) : known.id
    // Amid its fold a batch has not moved it yet.
    const [seq, askedAtMs] = [isAmid ? memory.seq + 1 : memory.seq, this.clock.nowMs()]
    const isChanged = memory.entities.peek(id)?.seq === seq
    const answer = await answerQuery(plan, partition, cborCodec, this.clock, this.#sessionMs, id)
    if (answer.kind !== 'state') return
    this.told.push({ plan, id, askedAtMs, answer })
    if (answer.at.seq >= seq) return
    this.counts.early += 1
    if (isAmid) this.counts.amid += 1
    if (!isChanged) return
    this.counts.ofChanged += 1
    for (const part of ['held', 'timers', 'tasks'] as const) if ((answer.entity?.[part].length ?? 0) > 0) this.counts[part] += 1
  }
}

const typeOf = (group: string): string => group.slice(group.indexOf('.') + 1)
