// Node: runs every actor type of a system over one log: memberships, partitions, tasks, commands and queries.
//
// Owns: who is assigned here. Durable data and ownership belong to the log; a node can die at any moment.
//
// U1. A partition index of a type has at most one `Partition` here.
// U2. Callers get an answer only after the commit that it follows from.
import { OperationError } from '../protocol/failures.ts'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, COMMIT_WAIT_MS, DRAIN_MS_MAX, IDLE_MS, RELEASES_PER_BATCH_MAX } from '../protocol/limits.ts'
import type { SnapshotCache } from '../ports/cache.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Lease, Log, Member } from '../ports/log.ts'
import type { LoadedModel, ModelStore } from '../ports/models.ts'
import type { Random } from '../ports/random.ts'
import type { Rpc } from '../ports/rpc.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { Turnstile } from '../ports/turnstile.ts'
import type { Witness } from '../ports/witness.ts'
import type { SystemDefinition } from '../authoring/system.ts'
import { CachedStates } from '../partition/cached-states.ts'
import type { PartitionDeps, PartitionSettings } from '../partition/deps.ts'
import { Partition } from '../partition/partition.ts'
import { ModelLibrary } from '../models/library.ts'
import { liveOutside } from '../partition/outside.ts'
import type { Outside } from '../partition/turn-input.ts'
import { keyedStateStore } from '../partition/state-store.ts'
import { planSystem } from '../partition/topology.ts'
import type { TypePlan } from '../partition/topology.ts'
import { Commands } from './commands.ts'
import { ensureFittingTopics } from './fitting-topics.ts'
import { answerQuestion } from './queries.ts'
import { parseQuestion } from './questions.ts'
import { TaskRunner } from './tasks.ts'
import { LocalTurnstile } from './turnstile.ts'

export interface NodeOptions {
  readonly system: SystemDefinition
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  /** Loaded artifacts by model name. */
  /** Whoever opened the log has looked that its topics fit. */
  readonly hasTopics?: boolean
  readonly models: ReadonlyMap<string, LoadedModel>
  /** Where artifacts stand that are activated later. */
  readonly modelStore?: ModelStore
  /** Used instead of keyed reads where given. */
  readonly cache?: SnapshotCache
  readonly settings?: Partial<PartitionSettings>
  /** Shared by all threads of the process; default: one of this node's own. */
  readonly turnstile?: Turnstile
  /** Told what runs, where somebody watches. */
  readonly witness?: Witness
  /** Serves queries where given. */
  readonly rpc?: Rpc
  /** Session timeout of the groups, ms; half of it is how old a proof of ownership may be. Default 10 s. */
  readonly sessionMs?: number
  /** When it aborts, draining skips the states, not the release. */
  readonly hurry?: AbortSignal
}

export interface PartitionStatus {
  readonly type: string
  readonly partition: number
  readonly state: string
  readonly reason: string
  readonly seq: number
  /** Records behind the end of all inputs. */
  readonly lag: number
  readonly entities: number
  readonly occupancy: ReadonlyMap<string, number>
  /** Inputs that hold the watermark back; empty where there is no watermark. */
  readonly waitingFor: readonly string[]
  readonly watermarkMs: number | undefined
}

const SETTINGS: PartitionSettings = {
  batchRecordsMax: BATCH_RECORDS_MAX, batchBytesMax: BATCH_BYTES_MAX, commitWaitMs: COMMIT_WAIT_MS,
  drainMsMax: DRAIN_MS_MAX, idleMs: IDLE_MS, releasesMax: RELEASES_PER_BATCH_MAX,
}

export class StatelogNode {
  readonly plans: ReadonlyMap<string, TypePlan>
  readonly commands: Commands
  readonly #options: NodeOptions
  readonly #tasks: TaskRunner
  readonly #library: ModelLibrary
  readonly #outside: Outside
  readonly #turnstile: Turnstile
  readonly #members: Member[] = []
  readonly #partitions = new Map<string, Partition>()
  #isStopping = false

  constructor(options: NodeOptions) {
    this.#options = options
    this.plans = planSystem(options.system)
    this.commands = new Commands(options.log, options.codec, options.clock, options.random, this.plans)
    this.#library = new ModelLibrary(options.system.models, options.models, options.modelStore)
    const tables = new Map(options.system.tables.map((table) => [table.name, table]))
    this.#outside = liveOutside({ model: (hash) => this.#library.get(hash), tables, clock: options.clock, codec: options.codec })
    this.#turnstile = options.turnstile ?? new LocalTurnstile()
    this.#tasks = new TaskRunner(options.log, options.codec, options.clock, options.telemetry)
  }

  /** Creates missing topics and joins every group. Throws OperationError when existing topics do not fit. */
  async start(): Promise<void> {
    if (this.#options.hasTopics !== true) await ensureFittingTopics(this.#options.log, this.plans)
    for (const plan of this.plans.values()) {
      this.#members.push(await this.#options.log.join({ group: plan.group, topics: plan.inputs, metadataTopic: plan.inbox }, { assigned: (lease) => this.#assign(plan, lease) }))
    }
  }

  /** Drains every partition and leaves the groups. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#tasks.stop()
    const partitions = [...this.#partitions.values()]
    for (const partition of partitions) partition.drain()
    await Promise.all(partitions.map((partition) => partition.done))
    await Promise.all(this.#members.map((member) => member.leave()))
    this.commands.close()
  }

  partition(type: string, partition: number): Partition | undefined {
    return this.#partitions.get(`${type}/${partition}`)
  }

  /** A look at every partition assigned here. Reads the ends of the inputs for the lag. */
  async status(): Promise<readonly PartitionStatus[]> {
    return Promise.all([...this.#partitions].map(async ([name, partition]) => this.#statusOf(name.slice(0, name.indexOf('/')), partition)))
  }

  async #statusOf(type: string, partition: Partition): Promise<PartitionStatus> {
    const parts = partition.live?.parts
    const index = partition.lease.partition
    let lag = 0
    for (const [topic, next] of parts?.position.next() ?? []) lag += (await this.#options.log.offsetsAt(topic, index, 'latest')) - next
    const watermarks = parts?.memory.watermarks
    return {
      type, partition: index, state: partition.state, reason: partition.reason, seq: parts?.memory.seq ?? -1, lag,
      entities: parts?.memory.entities.size ?? 0, occupancy: parts?.memory.occupancy ?? new Map(),
      waitingFor: watermarks?.waitingFor() ?? [], watermarkMs: watermarks?.currentMs,
    }
  }

  #assign(plan: TypePlan, lease: Lease): void {
    // A released partition may be handed back before the membership ends: it waits for the next owner unfenced.
    if (this.#isStopping) return
    const name = `${plan.definition.name}/${lease.partition}`
    const partition = new Partition(this.#depsOf(plan), lease)
    this.#partitions.set(name, partition)
    this.#serve(plan, partition)
    const forget = (): void => {
      if (this.#partitions.get(name) === partition && partition.state !== 'failed' && partition.state !== 'position-moved') this.#partitions.delete(name)
    }
    partition.done.then(forget, (thrown: unknown) => {
      this.#options.telemetry.log('error', `${plan.group}/${lease.partition} ended: ${String(thrown)}`)
      forget()
    })
  }

  /** Answers queries for the partition as long as it is here. */
  #serve(plan: TypePlan, partition: Partition): void {
    const { rpc, log, codec, clock, sessionMs = 10_000, telemetry } = this.#options
    if (rpc === undefined) return
    const answer = async (request: Uint8Array): Promise<Uint8Array> => {
      const decoded = codec.decode(request)
      const question = decoded.kind === 'ok' ? parseQuestion(decoded.value) : undefined
      return codec.encode(question === undefined ? { kind: 'refused', reason: 'the request is no question that is understood here; it may come from another version' } : await answerQuestion(plan, partition, { log, codec, clock, sessionMs, replies: this.commands.replies }, question))
    }
    const serving = rpc.serve({ group: plan.group, partition: partition.lease.partition }, answer)
    serving.then((stop) => partition.done.finally(stop)).catch((thrown: unknown) => telemetry.log('warn', `queries for ${plan.group}/${partition.lease.partition} are not served: ${String(thrown)}`))
  }

  #depsOf(plan: TypePlan): PartitionDeps {
    const { log, codec, clock, random, telemetry, cache, settings, hurry, witness } = this.#options
    const keyed = log.keyed
    return {
      log, codec, clock, random, telemetry, plan,
      outside: this.#outside,
      turnstile: this.#turnstile,
      ...(witness === undefined ? {} : { witness }),
      models: this.#library,
      states: (partition) => {
        if (cache !== undefined) return new CachedStates({ log, cache, codec, clock, telemetry }, plan, partition)
        if (keyed !== undefined) return keyedStateStore(keyed, codec, plan, partition)
        throw new OperationError('cache/missing', `the log cannot read the state topic by key: ${plan.group} needs a snapshot cache. Configure one.`)
      },
      settings: { ...SETTINGS, ...settings },
      ...(hurry === undefined ? {} : { hurry }),
      onReplies: (replies) => this.commands.settle(plan.definition.name, replies),
      onTasks: (starts) => this.#tasks.start(plan, starts),
      onCommitted: () => {},
    }
  }
}
