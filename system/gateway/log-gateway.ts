// Log gateway: answers from the log alone, for a system that nobody runs, or beside whoever runs it.
//
// Owns: nothing but what it has read. It runs no partition and asks no owner.
//
// R1. What is told stands at the end of the journal as the log shows it (I12), exact where stored states lag behind. The log is looked at anew for each question;
//     for whoever watches, follows or waits, once in LOOK_EVERY_MS.
// R2. A command is durable in the inbox of its type (G3), and taken when the system runs: at rest nobody waits for that.
// R3. What was taken, refused or written is not counted: whoever watches is told of places, lag and occupancy.
import type { HistoryAsked } from '../inspect/history-page.ts'
import { IndexFeeder } from '../inspect/index-feeder.ts'
import type { InspectionEvent } from '../inspect/inspection.ts'
import type { Letter, LettersAsked } from '../inspect/letters.ts'
import { outcomeOf } from '../inspect/outcome.ts'
import type { SentCommand } from '../inspect/outcome.ts'
import { Tips } from '../inspect/tips.ts'
import type { Tip } from '../inspect/tips.ts'
import { isIn } from '../node/in-state.ts'
import { lagOf } from '../node/partition-look.ts'
import { isBefore, otherLife, otherPartition } from '../node/query-client.ts'
import type { Misplaced, Unanswered, Waiting } from '../node/query-client.ts'
import type { Standing } from '../node/questions.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { EntityIndex } from '../ports/entity-index.ts'
import type { Log } from '../ports/log.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { EntityId } from '../protocol/ids.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import { within } from '../protocol/within.ts'
import { EntityLooks } from './entity-looks.ts'
import type { FlowDocument } from './flow-document.ts'
import { Following } from './following.ts'
import type { CommandResult, CountsResult, EntitiesResult, EntityResult, Gateway, HistoryResult, InspectAsked, LettersResult, ListAsked, PartitionFlow, PartitionReport, Reaching, TypeSummary, Unavailable, WaitResult } from './gateway.ts'
import { inspect } from './inspecting.ts'
import { Listing } from './listing.ts'
import { LogReader } from './log-reader.ts'
import { flowAtRest, reasonOf, standingOf, stateOf } from './resting.ts'
import { sendCommand } from './sending.ts'
import { ofAll, planNamed, typeSummaries } from './types.ts'
import type { Plans } from './types.ts'
import { unreadReason } from './unread.ts'
import { Watching } from './watching.ts'

export interface LogGatewayPorts {
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
  readonly openIndex: () => EntityIndex
  /** It is known that nobody runs a partition. */
  readonly isAtRest: () => boolean
}

/** Between two looks at the log of whoever watches, follows or waits, ms. */
const LOOK_EVERY_MS = 1000
/** Between two looks for what became of a command, ms. */
const OUTCOME_EVERY_MS = 50
/** With less than this left nothing can be read, ms. */
const LOOK_MS_MIN = 10

export class LogGateway implements Gateway {
  readonly #ports: LogGatewayPorts
  readonly #plans: Plans
  readonly #tips: Tips
  readonly #looks: EntityLooks
  readonly #reader: LogReader
  readonly #following: Following
  readonly #watching: Watching
  readonly #flows = new Map<string, { readonly atMs: number; readonly answer: Promise<PartitionFlow['answer']> }>()
  #listing: Listing | undefined

  constructor(ports: LogGatewayPorts, plans: Plans) {
    this.#ports = ports
    this.#plans = plans
    this.#tips = new Tips(ports)
    this.#looks = new EntityLooks(ports)
    this.#reader = new LogReader(ports, plans)
    this.#following = new Following((type, id, waiting) => this.#look(type, id, waiting), ports.clock, LOOK_EVERY_MS)
    this.#watching = new Watching({ flow: (type, partition, _, { deadlineMs }) => this.#recentFlow(planNamed(plans, type), partition, deadlineMs) }, ports.clock, plans)
  }

  types(): readonly TypeSummary[] {
    return typeSummaries(this.#plans)
  }

  async get(type: string, id: EntityId, { atLeast, deadlineMs, signal }: Reaching): Promise<EntityResult | Misplaced> {
    const leftMs = this.#leftMs(deadlineMs)
    for (;;) {
      const result = await this.#look(type, id, { deadlineMs: leftMs(), signal })
      if (result.kind === 'unavailable') return result
      const misplaced = otherPartition(id, result.answer.partition, atLeast) ?? otherLife(result.answer, atLeast)
      if (misplaced !== undefined || atLeast === undefined || !isBefore(result.answer, atLeast)) return misplaced ?? result
      const { partition, epoch, seq } = result.answer
      const behind: Unavailable = { kind: 'unavailable', type, partition, state: this.#words().state, reason: `its log ends at epoch ${epoch}, seq ${seq}, and has not reached epoch ${atLeast.epoch}, seq ${atLeast.seq}` }
      if (await this.#isOver(leftMs, signal)) return behind
    }
  }

  async counts(type: string, { deadlineMs }: Waiting): Promise<CountsResult> {
    const plan = planNamed(this.#plans, type)
    const states = new Map<string, number>()
    const at: Standing[] = []
    let [entities, parked] = [0, 0]
    for (const [partition, seen] of (await ofAll(plan, (partition) => this.#tip(plan, partition, deadlineMs))).entries()) {
      if (seen.kind === 'refused') return { ...seen, kind: 'unavailable', type, partition }
      if (seen.what === undefined) continue
      at.push(standingOf(partition, seen.what))
      parked += seen.what.parked.size
      for (const [configuration, count] of seen.what.occupancy) {
        states.set(configuration, (states.get(configuration) ?? 0) + count)
        entities += count
      }
    }
    return { kind: 'counts', counts: { type, entities, parked, states: Object.fromEntries([...states].sort(([a], [b]) => (a < b ? -1 : 1))), at } }
  }

  async partitions(waiting: Waiting): Promise<readonly PartitionReport[]> {
    return (await this.flows(waiting)).map(({ type, partition, answer }): PartitionReport => {
      const { state, reason } = answer
      if (answer.kind === 'refused' || answer.at === undefined || answer.flow === undefined) return { type, partition, state, reason }
      const { at, flow: { lag, entities, parked } } = answer
      return { type, partition, state, reason, at, ...(lag === undefined ? {} : { lag }), entities, parked }
    })
  }

  /** R2. */
  async command(type: string, id: EntityId, event: MachineEvent, key: string, { deadlineMs, signal }: Waiting): Promise<CommandResult> {
    const plan = planNamed(this.#plans, type)
    const leftMs = this.#leftMs(deadlineMs)
    const sent = await sendCommand(this.#ports, plan, id, event, key, deadlineMs)
    if (sent.kind !== 'sent') return sent
    const { partition } = sent.command
    const waiting: CommandResult = { kind: 'waiting', partition, ...this.#words() }
    if (this.#ports.isAtRest()) return { ...waiting, reason: `${waiting.reason}: the event is kept, and taken when the system runs next` }
    for (;;) {
      const result = await within(this.#ports.clock, this.#outcome(plan, sent.command), leftMs(), () => undefined)
      if (result !== undefined) return result
      if (await this.#isOver(leftMs, signal, OUTCOME_EVERY_MS)) return waiting
    }
  }

  async wait(type: string, id: EntityId, state: string, { atLeast, deadlineMs, signal }: Reaching): Promise<WaitResult> {
    const leftMs = this.#leftMs(deadlineMs)
    let last: WaitResult | undefined
    for (;;) {
      const result = await this.get(type, id, { deadlineMs: leftMs(), signal, ...(atLeast === undefined ? {} : { atLeast }) })
      if (result.kind === 'misplaced') return result
      if (result.kind === 'unavailable') return last ?? result
      if (isIn(result.answer.entity?.configuration, state)) return { kind: 'reached', answer: result.answer }
      last = { kind: 'not-reached', answer: result.answer }
      if (await this.#isOver(leftMs, signal)) return last
    }
  }

  async flows({ deadlineMs }: Waiting): Promise<readonly PartitionFlow[]> {
    const flows = await Promise.all([...this.#plans].map(async ([type, plan]) => (await ofAll(plan, (partition) => this.#flow(plan, partition, deadlineMs))).map((answer, partition): PartitionFlow => ({ type, partition, answer }))))
    return flows.flat()
  }

  watch(types: readonly string[], signal: AbortSignal): AsyncIterable<FlowDocument> {
    return this.#watching.watch(types.map((type) => planNamed(this.#plans, type).definition.name), signal)
  }

  follow(type: string, id: EntityId, signal: AbortSignal): AsyncIterable<EntityResult> {
    planNamed(this.#plans, type)
    return this.#following.follow(type, id, signal)
  }

  inspect(asked: InspectAsked, signal: AbortSignal): AsyncIterable<InspectionEvent | Unavailable> {
    const plan = planNamed(this.#plans, asked.type)
    return inspect(this, () => this.#reader.tail(plan, asked.id), this.#ports.clock, asked, signal)
  }

  async list(type: string, asked: ListAsked): Promise<EntitiesResult> {
    return (this.#listing ??= this.#newListing()).list(planNamed(this.#plans, type), asked)
  }

  async history(type: string, id: EntityId, asked: HistoryAsked): Promise<HistoryResult> {
    return this.#reader.history(planNamed(this.#plans, type), id, asked)
  }

  letters(asked: LettersAsked): Promise<LettersResult> {
    return this.#reader.letters(asked)
  }

  letter(topic: string, partition: number, offset: number): Promise<Letter | undefined> {
    return this.#reader.letter(topic, partition, offset)
  }

  async #look(type: string, id: EntityId, waiting: Waiting): Promise<EntityResult> {
    const plan = planNamed(this.#plans, type)
    const deadlineMs = Math.max(0, Math.round(waiting.deadlineMs))
    const seen = await this.#inTime(this.#looks.at(plan, id, { ...waiting, deadlineMs }), deadlineMs)
    if (seen.kind === 'refused') return { ...seen, kind: 'unavailable', type, partition: partitionOf(utf8Encode(id), plan.partitions) }
    return { kind: 'entity', answer: seen.what }
  }

  #tip(plan: TypePlan, partition: number, deadlineMs: number): Promise<Seen<Tip | undefined> | Unanswered> {
    return this.#inTime(this.#tips.of(plan, partition), deadlineMs)
  }

  #inTime<T>(reading: Promise<T>, deadlineMs: number): Promise<Seen<T> | Unanswered> {
    return within(this.#ports.clock, seenOrRefused(reading), deadlineMs, () => unread(`its log could not be read within ${deadlineMs} ms`))
  }

  async #flow(plan: TypePlan, partition: number, deadlineMs: number): Promise<PartitionFlow['answer']> {
    const { clock, log } = this.#ports
    const seen = await this.#tip(plan, partition, deadlineMs)
    if (seen.kind === 'refused') return seen
    const lag = await within(clock, lagOf(log, plan, partition, seen.what?.last.positions ?? new Map()), deadlineMs, () => undefined).catch(() => undefined)
    return flowAtRest(partition, seen.what, lag, this.#ports.isAtRest())
  }

  /** R1. */
  #recentFlow(plan: TypePlan, partition: number, deadlineMs: number): Promise<PartitionFlow['answer']> {
    const name = `${plan.group}/${partition}`
    const nowMs = this.#ports.clock.monotonicMs()
    const known = this.#flows.get(name)
    if (known !== undefined && nowMs - known.atMs < LOOK_EVERY_MS) return known.answer
    const answer = this.#flow(plan, partition, deadlineMs)
    this.#flows.set(name, { atMs: nowMs, answer })
    return answer
  }

  /** Undefined: it is not taken yet. */
  async #outcome(plan: TypePlan, sent: SentCommand): Promise<CommandResult | undefined> {
    const read = outcomeOf(this.#ports, plan, sent).then(async (outcome) => ({ outcome, tip: outcome.kind === 'waiting' ? undefined : await this.#tips.of(plan, sent.partition) }))
    // It is durable all the same (G3).
    const seen = await read.catch((thrown: unknown): CommandResult => ({ kind: 'unread', isTaken: false, reason: unreadReason(thrown) }))
    if ('kind' in seen) return seen
    const { outcome, tip } = seen
    if (outcome.kind === 'waiting' || tip === undefined) return undefined
    const at = standingOf(sent.partition, tip)
    if (outcome.kind === 'reply') return { kind: 'reply', at, value: outcome.value }
    if (outcome.kind === 'other-event') return { kind: 'other-event', at }
    return outcome.kind === 'refused' ? { kind: 'refused', at, class: outcome.class, message: outcome.message, letter: outcome.letter } : { kind: 'unknown', at }
  }

  #newListing(): Listing {
    const { openIndex, log, codec, clock } = this.#ports
    const index = openIndex()
    // Nobody is there to say what it has not stored.
    return new Listing(clock, index, new IndexFeeder({ log, codec, clock, index, stored: async () => undefined }))
  }

  #words(): { readonly state: string; readonly reason: string } {
    const isAtRest = this.#ports.isAtRest()
    return { state: stateOf(undefined, isAtRest), reason: reasonOf(undefined, isAtRest) }
  }

  #leftMs(deadlineMs: number): () => number {
    const untilMs = this.#ports.clock.monotonicMs() + deadlineMs
    return () => untilMs - this.#ports.clock.monotonicMs()
  }

  /** Until the next look, or the end of it. */
  async #isOver(leftMs: () => number, signal: AbortSignal | undefined, everyMs = LOOK_EVERY_MS): Promise<boolean> {
    await this.#ports.clock.sleep(Math.max(0, Math.min(everyMs, leftMs())), signal)
    return leftMs() < LOOK_MS_MIN || signal?.aborted === true
  }
}

interface Seen<T> {
  readonly kind: 'seen'
  readonly what: T
}

const unread = (reason: string): Unanswered => ({ kind: 'refused', state: 'unread', reason })

/** What a partition could not be recovered from either is told, not thrown. */
async function seenOrRefused<T>(reading: Promise<T>): Promise<Seen<T> | Unanswered> {
  try {
    return { kind: 'seen', what: await reading }
  } catch (thrown) {
    return unread(unreadReason(thrown))
  }
}
