// Owner gateway: answers by asking the owners of the partitions over rpc, and sends by appending to their inboxes.
import type { HistoryAsked } from '../inspect/history-page.ts'
import type { Letter, LettersAsked } from '../inspect/letters.ts'
import { IndexFeeder } from '../inspect/index-feeder.ts'
import type { Stored } from '../inspect/index-feeder.ts'
import type { InspectionEvent } from '../inspect/inspection.ts'
import { outcomeWithoutReply } from '../inspect/outcome.ts'
import type { SentCommand } from '../inspect/outcome.ts'
import { isIn } from '../node/in-state.ts'
import type { CallPorts } from '../node/call-owner.ts'
import { QueryClient } from '../node/query-client.ts'
import type { ClientAnswer, Misplaced, Waiting } from '../node/query-client.ts'
import type { Standing } from '../node/questions.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { Codec } from '../ports/codec.ts'
import type { EntityIndex } from '../ports/entity-index.ts'
import type { Log } from '../ports/log.ts'
import type { MachineEvent } from '../protocol/data.ts'
import { OperationError } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { FlowDocument } from './flow-document.ts'
import { Following } from './following.ts'
import type { CommandResult, CountsResult, EntitiesResult, EntityResult, Gateway, HistoryResult, InspectAsked, LettersResult, ListAsked, PartitionFlow, PartitionReport, Reaching, TypeSummary, Unavailable, WaitResult } from './gateway.ts'
import { inspect } from './inspecting.ts'
import { Listing } from './listing.ts'
import { LogReader } from './log-reader.ts'
import { sendCommand } from './sending.ts'
import { unreadReason } from './unread.ts'
import { ofAll, planNamed, typeSummaries } from './types.ts'
import { Watching } from './watching.ts'

export interface GatewayPorts extends CallPorts {
  readonly log: Log
  readonly codec: Codec
  /** Opened when entities are listed for the first time; undefined: they are not listed. */
  readonly openIndex?: (() => EntityIndex) | undefined
}

/** Between two looks of a wait, ms: first and longest. */
const LOOK_MS_MIN = 15
const LOOK_MS_MAX = 100
/** How long an owner is asked for what it has stored, ms. */
const STORED_MS_MAX = 200
/** Of a look with less time than this it says nothing that no answer came, where one came before. */
const LAST_LOOK_MS = 1000

export class OwnerGateway implements Gateway {
  readonly #ports: GatewayPorts
  readonly #plans: ReadonlyMap<string, TypePlan>
  readonly #client: QueryClient
  readonly #watching: Watching
  readonly #reader: LogReader
  readonly #following: Following
  #listing: Listing | undefined

  constructor(ports: GatewayPorts, plans: ReadonlyMap<string, TypePlan>) {
    this.#ports = ports
    this.#plans = plans
    this.#client = new QueryClient(ports, ports.codec, plans)
    this.#watching = new Watching(this.#client, ports.clock, plans)
    this.#reader = new LogReader(ports, plans)
    this.#following = new Following(async (type, id, waiting) => this.#seen(type, id, await this.#client.get(type, id, waiting)), ports.clock)
  }

  types(): readonly TypeSummary[] {
    return typeSummaries(this.#plans)
  }

  async get(type: string, id: EntityId, { atLeast, ...waiting }: Reaching): Promise<EntityResult | Misplaced> {
    this.#planOf(type)
    const answer = await this.#client.get(type, id, waiting, atLeast)
    return answer.kind === 'misplaced' ? answer : this.#seen(type, id, answer)
  }

  async counts(type: string, waiting: Waiting): Promise<CountsResult> {
    const states = new Map<string, number>()
    const at: Standing[] = []
    let parked = 0
    const answers = await ofAll(this.#planOf(type), (partition) => this.#client.livePartition(type, partition, waiting))
    for (const [partition, answer] of answers.entries()) {
      if (answer.kind === 'refused') return unavailable(type, partition, answer)
      at.push(answer.at)
      parked += answer.parked
      for (const [configuration, entities] of answer.occupancy) states.set(configuration, (states.get(configuration) ?? 0) + entities)
    }
    return { kind: 'counts', counts: { type, entities: sum(states.values()), parked, states: Object.fromEntries([...states].sort(([a], [b]) => (a < b ? -1 : 1))), at } }
  }

  async partitions(waiting: Waiting): Promise<readonly PartitionReport[]> {
    const reports = await Promise.all([...this.#plans].map(async ([type, plan]) => (await ofAll(plan, (partition) => this.#client.partition(type, partition, waiting))).map((answer, partition): PartitionReport => {
      if (answer.kind === 'refused') return { type, partition, state: answer.state, reason: answer.reason }
      const { at, look, occupancy, parked } = answer
      const { state, reason, sourceLag, inboxLag, watermarkMs, waitingFor } = look
      if (at === undefined) return { type, partition, state, reason }
      const lag = { sources: sourceLag, inbox: inboxLag }
      return { type, partition, state, reason, at, lag, entities: sum(occupancy.map(([, entities]) => entities)), parked, ...(watermarkMs === undefined ? {} : { watermarkMs, waitingFor }) }
    })))
    return reports.flat()
  }

  async command(type: string, id: EntityId, event: MachineEvent, key: string, { deadlineMs, signal }: Waiting): Promise<CommandResult> {
    const plan = this.#planOf(type)
    const { clock } = this.#ports
    const untilMs = clock.monotonicMs() + deadlineMs
    const sending = await sendCommand(this.#ports, plan, id, event, key, deadlineMs)
    if (sending.kind !== 'sent') return sending
    return this.#outcome(plan, sending.command, () => untilMs - clock.monotonicMs(), signal)
  }

  async wait(type: string, id: EntityId, state: string, { deadlineMs, signal, atLeast }: Reaching): Promise<WaitResult> {
    const { clock } = this.#ports
    const untilMs = clock.monotonicMs() + deadlineMs
    let last: WaitResult | undefined
    for (let pauseMs = LOOK_MS_MIN; ; pauseMs = Math.min(LOOK_MS_MAX, pauseMs * 2)) {
      const leftMs = untilMs - clock.monotonicMs()
      // With less than this left an owner that is there may seem away.
      if (last !== undefined && leftMs < LOOK_MS_MIN) return last
      const result = await this.get(type, id, { deadlineMs: leftMs, signal, ...(atLeast === undefined ? {} : { atLeast }) })
      if (result.kind === 'misplaced') return result
      // Asked so late, an owner that commits just then does not answer in time.
      if (result.kind === 'unavailable') return last !== undefined && leftMs < LAST_LOOK_MS ? last : result
      if (isIn(result.answer.entity?.configuration, state)) return { kind: 'reached', answer: result.answer }
      last = { kind: 'not-reached', answer: result.answer }
      await clock.sleep(Math.max(0, Math.min(pauseMs, untilMs - clock.monotonicMs())), signal)
      if (signal?.aborted === true) return last
    }
  }

  async flows(waiting: Waiting): Promise<readonly PartitionFlow[]> {
    const flows = await Promise.all([...this.#plans].map(async ([type, plan]) => (await ofAll(plan, (partition) => this.#client.flow(type, partition, false, waiting))).map((answer, partition): PartitionFlow => ({ type, partition, answer }))))
    return flows.flat()
  }

  watch(types: readonly string[], signal: AbortSignal): AsyncIterable<FlowDocument> {
    return this.#watching.watch(types.map((type) => this.#planOf(type).definition.name), signal)
  }

  follow(type: string, id: EntityId, signal: AbortSignal): AsyncIterable<EntityResult> {
    this.#planOf(type)
    return this.#following.follow(type, id, signal)
  }

  inspect(asked: InspectAsked, signal: AbortSignal): AsyncIterable<InspectionEvent | Unavailable> {
    const plan = planNamed(this.#plans, asked.type)
    return inspect(this, () => this.#reader.tail(plan, asked.id), this.#ports.clock, asked, signal)
  }

  async list(type: string, asked: ListAsked): Promise<EntitiesResult> {
    const plan = this.#planOf(type)
    return (this.#listing ??= this.#newListing()).list(plan, asked)
  }

  async history(type: string, id: EntityId, asked: HistoryAsked): Promise<HistoryResult> {
    return this.#reader.history(this.#planOf(type), id, asked)
  }

  letters(asked: LettersAsked): Promise<LettersResult> {
    return this.#reader.letters(asked)
  }

  letter(topic: string, partition: number, offset: number): Promise<Letter | undefined> {
    return this.#reader.letter(topic, partition, offset)
  }

  #seen(type: string, id: EntityId, answer: ClientAnswer): EntityResult {
    if (answer.kind === 'refused') return unavailable(type, partitionOf(utf8Encode(id), this.#planOf(type).partitions), answer)
    return { kind: 'entity', answer: { type, id, ...answer.at, code: answer.code, watermarkMs: answer.watermarkMs, entity: answer.entity } }
  }

  /** The owner knows the reply, the log a refusal. */
  async #outcome(plan: TypePlan, sent: SentCommand, leftMs: () => number, signal: AbortSignal | undefined): Promise<CommandResult> {
    const { log, codec, clock } = this.#ports
    const answer = await this.#client.command(plan.definition.name, sent, { deadlineMs: leftMs(), signal })
    const { partition } = sent
    if (answer.kind === 'refused') return { kind: 'waiting', partition, state: answer.state, reason: answer.reason }
    const { at, reply, isOther } = answer
    if (isOther === true) return { kind: 'other-event', at }
    if (reply !== undefined) return { kind: 'reply', at, value: reply }
    for (;;) {
      // It is durable all the same (G3).
      const outcome = await outcomeWithoutReply(log, codec, plan, sent).catch((thrown: unknown) => ({ kind: 'unread' as const, isTaken: true, reason: unreadReason(thrown) }))
      if (outcome.kind === 'unread') return outcome
      if (outcome.kind === 'refused') return { kind: 'refused', at, class: outcome.class, message: outcome.message, letter: outcome.letter }
      if (outcome.kind === 'unknown') return { kind: 'unknown', at }
      // Its owner sees a commit before others do.
      if (leftMs() <= 0 || signal?.aborted === true) return { kind: 'waiting', partition, state: 'live', reason: 'the commit that took it cannot be read here yet' }
      await clock.sleep(LOOK_MS_MIN)
    }
  }

  #newListing(): Listing {
    const { openIndex, log, codec, clock } = this.#ports
    if (openIndex === undefined) throw new OperationError('index/none', 'no index of entities is kept here')
    const index = openIndex()
    const stored = async (type: string, partition: number): Promise<Stored | undefined> => {
      const answer = await this.#client.livePartition(type, partition, { deadlineMs: STORED_MS_MAX })
      return answer.kind === 'partition' && answer.stored !== undefined ? { ...answer.at, ...answer.stored } : undefined
    }
    return new Listing(clock, index, new IndexFeeder({ log, codec, clock, index, stored }))
  }

  #planOf(type: string): TypePlan {
    return planNamed(this.#plans, type)
  }
}

const unavailable = (type: string, partition: number, { state, reason }: { readonly state: string; readonly reason: string }): Unavailable => ({ kind: 'unavailable', type, partition, state, reason })

const sum = (counts: Iterable<number>): number => [...counts].reduce((total, count) => total + count, 0)
