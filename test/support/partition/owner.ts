// Owner: a partition's owner over the memory log, driven by hand: acquire, batch, write states, release, crash. Takes the parts that a live partition takes.
import { SimulatedClock } from '../../../adapters/memory/clock.ts'
import type { MemoryLog } from '../../../adapters/memory/log.ts'
import { acquire } from '../../../system/partition/acquisition.ts'
import { prepareActivations } from '../../../system/partition/activation.ts'
import type { ModelLoader } from '../../../system/partition/activation.ts'
import { arrivalsOf } from '../../../system/partition/arrivals.ts'
import type { PartitionParts } from '../../../system/partition/parts.ts'
import { Decoder } from '../../../system/partition/decode.ts'
import type { PartitionDeps } from '../../../system/partition/deps.ts'
import { drain } from '../../../system/partition/draining.ts'
import { decodeEntity, encodeEntity, isBlank } from '../../../system/partition/entity.ts'
import { foldBatch } from '../../../system/partition/fold.ts'
import { loadEntities, neededEntities, unloadEntities } from '../../../system/partition/loading.ts'
import type { Memory } from '../../../system/partition/memory.ts'
import { RecordMaker } from '../../../system/partition/outbox.ts'
import type { Unfoldable } from '../../../system/partition/parking.ts'
import { recover } from '../../../system/partition/recovery.ts'
import type { Recovered } from '../../../system/partition/recovery.ts'
import { LocalTurnstile } from '../../../system/node/turnstile.ts'
import { topicSpecs } from '../../../system/partition/topology.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import type { StateStore } from '../../../system/partition/state-store.ts'
import type { Lease, Log } from '../../../system/ports/log.ts'
import type { Telemetry } from '../../../system/ports/telemetry.ts'
import type { RecordRange } from '../../../system/protocol/record.ts'
import { codec, entityId, hex, plainOutside } from './bench.ts'

export const silent: Telemetry = { partition: () => {}, batch: () => {}, log: () => {}, probe: () => {} }

/** Everything of a partition's memory that later steps depend on, as text. */
export interface Dump {
  readonly states: ReadonlyMap<string, string>
  readonly dues: readonly string[]
  readonly watermarks: unknown
  readonly occupancy: readonly string[]
  readonly parked: readonly string[]
}

export interface OwnerOptions {
  readonly states: (log: Log) => StateStore
  readonly releasesMax: number
  readonly startMs: number
  readonly models?: ModelLoader
}

export class Owner {
  readonly clock: SimulatedClock
  readonly #log: MemoryLog
  readonly #plan: TypePlan
  readonly #deps: PartitionDeps
  #leave: () => Promise<void> = async () => {}
  #lease: Lease | undefined
  #parts: PartitionParts | undefined
  rebased: readonly number[] = []

  constructor(log: MemoryLog, plan: TypePlan, options: OwnerOptions) {
    this.#log = log
    this.#plan = plan
    this.clock = new SimulatedClock(options.startMs)
    let lives = 0
    this.#deps = {
      log, codec, clock: this.clock, random: { next: () => 0.5, uuid: () => `life-${(lives += 1)}` }, telemetry: silent, plan, turnstile: new LocalTurnstile(), outside: plainOutside, models: options.models ?? { load: async () => undefined }, states: () => options.states(log),
      settings: { batchRecordsMax: 100, batchBytesMax: 1 << 20, commitWaitMs: 0, drainMsMax: 1000, idleMs: 1000, releasesMax: options.releasesMax },
      onReplies: () => {}, onTasks: () => {}, onCommitted: () => {},
    }
  }

  get parts(): PartitionParts {
    if (this.#parts === undefined) throw new RangeError('nothing is acquired')
    return this.#parts
  }

  /** A new lease, as after a crash unless `release` came before. `unfoldable`: whom it takes out of the fold first. */
  async acquire(unfoldable?: Unfoldable): Promise<void> {
    await this.#leave()
    this.#parts = undefined
    const plan = this.#plan
    const lease = await new Promise<Lease>((resolve) => {
      void this.#log.join({ group: plan.group, topics: plan.inputs, metadataTopic: plan.inbox }, { assigned: resolve }).then((member) => {
        this.#leave = () => member.leave()
      })
    })
    await lease.fence()
    let acquired = await acquire(this.#deps, lease, { forced: new Map(), unfoldable })
    // Whoever was taken out, because owners died of it too, is out then.
    while (acquired.kind === 'again') acquired = await acquire(this.#deps, lease, { forced: new Map(), unfoldable: acquired.unfoldable })
    if (acquired.kind !== 'live') throw new RangeError(`not acquired: ${JSON.stringify(acquired)}`)
    this.#lease = lease
    this.#parts = acquired.parts
    this.rebased = acquired.rebased
  }

  /** One batch of at most `recordsMax` records a topic. */
  async batch(recordsMax: number): Promise<void> {
    const { memory, position, states, committer } = this.parts
    const plan = this.#plan
    const ranges: RecordRange[] = []
    for (const topic of plan.inputs) {
      const range = await this.#log.read(topic, 0, position.of(topic), Infinity, { recordsMax, bytesMax: Infinity })
      if (range.records.length > 0) ranges.push(range)
    }
    const nowMs = Math.max(this.clock.nowMs(), memory.nowMs)
    const arrivals = arrivalsOf(new Decoder(plan, codec), plan.inputs, ranges, nowMs)
    await loadEntities(memory, codec, states, neededEntities(memory, arrivals, nowMs, undefined), false)
    const watermarks = memory.watermarks?.save() ?? []
    const { models } = memory
    const forced = await prepareActivations(plan, arrivals, this.#deps.models)
    const batch = await foldBatch(memory, new RecordMaker(plan, 0, codec), plainOutside, {
      seq: memory.seq + 1, nowMs, arrivals, journal: undefined, forced, releasesMax: this.#deps.settings.releasesMax,
    })
    const result = await committer.commit({ kind: 'batch', seq: batch.seq, nowMs, batch, inputs: position.consumed(ranges, arrivals, batch.consumed), watermarks, models, idle: false, pace: 'steady' })
    if (result.kind !== 'done') throw new RangeError(`not committed: ${result.kind}`)
    await unloadEntities(memory, states)
  }

  /** Everything that may leave memory leaves. */
  evict(): void {
    const { memory, states } = this.parts
    memory.entities.evict(0, (entity) => states.mayLeave(entity.id))
  }

  /** An orderly end. */
  async release(): Promise<void> {
    if (this.#lease !== undefined) await drain(this.#deps, this.#lease, this.parts, this.clock.monotonicMs() + this.#deps.settings.drainMsMax)
  }

  /** What this owner believes. */
  async dump(ids: readonly string[]): Promise<Dump> {
    return dumpOf(this.#plan, this.parts.memory, ids, this.parts.states)
  }

  /** What a full replay of the journal, without any stored state, says. */
  async replay(ids: readonly string[], states: StateStore): Promise<{ readonly recovered: Recovered; readonly dump: Dump }> {
    const recovered = await recover({ log: this.#log, codec, plan: this.#plan, partition: 0, states, telemetry: silent, fromStart: true })
    if (recovered.kind !== 'recovered') throw new RangeError(recovered.reason)
    return { recovered, dump: await dumpOf(this.#plan, recovered.memory, ids, undefined) }
  }
}

async function dumpOf(plan: TypePlan, memory: Memory, ids: readonly string[], states: StateStore | undefined): Promise<Dump> {
  const found = new Map<string, string>()
  for (const id of ids.map(entityId)) {
    let entity = memory.entities.peek(id)
    if (entity === undefined && states !== undefined) {
      const stored = (await states.load([id])).get(id)
      const read = stored === undefined ? undefined : decodeEntity(codec, plan.definition, id, stored.seq, stored.value)
      if (read !== undefined && read.kind !== 'ok') throw new RangeError(read.reason)
      entity = read?.entity
    }
    if (entity !== undefined && !isBlank(entity)) found.set(id, hex(encodeEntity(codec, plan.definition, entity)))
  }
  const { eventDues, clockDues } = memory.entities
  const dues = [...eventDues.due(Infinity, Infinity), ...clockDues.due(Infinity, Infinity)].map(({ dueMs, entity, kind, id }) => `${dueMs} ${entity} ${kind} ${id}`)
  return { states: found, dues, watermarks: memory.watermarks?.save(), occupancy: [...memory.occupancy].filter(([, count]) => count !== 0).map(([name, count]) => `${name}: ${count}`).sort(), parked: [...memory.parked].map((entry) => JSON.stringify(entry)).sort() }
}

/** A memory log with the topics of a plan and of the types it tells. */
export async function makeTopics(log: Log, plan: TypePlan): Promise<void> {
  await log.ensureTopics([...topicSpecs(new Map([['one', plan]])), ...[...plan.targets.values()].map(({ inbox }) => ({ name: inbox, partitions: 1, cleanup: 'delete' as const }))])
}
