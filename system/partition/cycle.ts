// Cycle: the live loop of a partition: poll, decode, load, fold, commit, then tell the world. One batch at a time (no step past an undecided commit).
//
// Owns: nothing beyond the batch in hand; memory and position belong to the acquisition. Ends by itself only when told to or when it cannot go on.
import { CLOCK_JUMP_MS_MAX } from '../protocol/limits.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { RecordRange } from '../protocol/record.ts'
import type { Lease } from '../ports/log.ts'
import { prepareActivations } from './activation.ts'
import { arrivalsOf, liveArrivals } from './arrivals.ts'
import type { Batch } from './batch.ts'
import type { CommitPlan, CommitResult } from './commit.ts'
import { Decoder } from './decode.ts'
import type { Entity } from './entity.ts'
import type { PartitionDeps } from './deps.ts'
import { Flow, timesOf } from './flow.ts'
import type { Counted } from './flow.ts'
import { foldBatch } from './fold.ts'
import { batchBounds, bytesOf, isBacklog, isFull } from './fullness.ts'
import type { BatchBounds } from './fullness.ts'
import { Idleness } from './idleness.ts'
import { Isolation } from './isolation.ts'
import { loadEntities, neededEntities, unloadEntities } from './loading.ts'
import { Looks } from './looks.ts'
import { RecordMaker } from './outbox.ts'
import type { PartitionParts } from './parts.ts'
import { Pauses } from './pauses.ts'
import { orStopped } from './stopped-poll.ts'
import { publish, reply } from './publishing.ts'
import type { FoldCost } from './reach.ts'

const RESTING_MS = 5000

/** Why the loop ended. */
export type CycleEnd =
  | { readonly kind: 'stopped' }
  | Exclude<CommitResult, { readonly kind: 'done' }>
  | { readonly kind: 'unhealthy'; readonly reason: string }

interface Folded {
  readonly kind: 'folded'
  readonly plan: CommitPlan
  readonly batch: Batch
  readonly counted: Counted
  /** Arrivals left for the next batch. */
  readonly behind: number
  /** Out of the turnstile. */
  readonly leave: () => void
}

/** What a batch begins with. */
interface Moment {
  readonly ranges: readonly RecordRange[]
  readonly nowMs: number
  readonly idle: boolean
}

export class Cycle {
  readonly #deps: PartitionDeps
  readonly #lease: Lease
  readonly #parts: PartitionParts
  readonly #flow: Flow
  readonly #decoder: Decoder
  readonly #maker: RecordMaker
  readonly #idleness: Idleness
  #isolation: Isolation | undefined
  /** Lives as long as the partition: what waits for it is taken back. */
  #stop: AbortSignal | undefined
  readonly #looks: Looks
  #hasBacklog = false
  #hasFolded = false
  /** When records were taken last: those that come soon after wait for each other (`commitWaitMs`). */
  #takenMs = -Infinity

  constructor(deps: PartitionDeps, lease: Lease, parts: PartitionParts, flow = new Flow(deps.plan.definition.machine)) {
    this.#flow = flow
    this.#deps = deps
    this.#lease = lease
    this.#parts = parts
    this.#looks = new Looks(parts.memory)
    this.#decoder = new Decoder(deps.plan, deps.codec, deps.witness)
    this.#maker = new RecordMaker(deps.plan, lease.partition, deps.codec)
    this.#isolation = parts.suspicion === undefined ? undefined : new Isolation(deps, parts, parts.suspicion)
    this.#idleness = new Idleness(deps.plan, deps.settings.idleMs)
    parts.memory.watermarks?.settle()
  }

  /** Runs until `stop` aborts or a batch cannot be committed. */
  async run(stop: AbortSignal): Promise<CycleEnd> {
    this.#stop = stop
    try {
      while (!stop.aborted) {
        const end = await this.#turn()
        if (end !== undefined) return end
      }
      return { kind: 'stopped' }
    } finally {
      this.#looks.end()
    }
  }

  /** What `look` sees once memory is what was committed last (`looks.ts`). */
  atRest<T>(look: () => T): Promise<T> {
    return this.#looks.atRest(look)
  }

  /** An entity as it was committed last, and the seq of that (`looks.ts`). */
  at<T>(id: EntityId, look: (entity: Entity | undefined, seq: number) => T): Promise<T> {
    return this.#looks.at(id, this.#deps.clock.monotonicMs(), look)
  }

  /** Of the newest commit. */
  get seq(): number {
    return this.#looks.seq
  }

  async #turn(): Promise<CycleEnd | undefined> {
    try {
      const end = await this.#batch()
      this.#looks.rest(end === undefined)
      return end
    } catch (thrown) {
      this.#looks.rest(false)
      throw thrown
    }
  }

  async #batch(): Promise<CycleEnd | undefined> {
    const { clock } = this.#deps
    // What wakes a partition may come so fast that nothing else of its thread has a turn, questions least of all.
    if (this.#hasFolded) await clock.sleep(0)
    if (this.#stop?.aborted === true) return undefined
    const startedMs = clock.monotonicMs()
    const folded = await this.#folded()
    this.#hasFolded = folded?.kind === 'folded'
    if (folded === undefined || folded.kind !== 'folded') return folded
    const { plan, batch, counted, behind } = folded
    const { committer, memory } = this.#parts
    try {
      const result = await committer.commit(plan)
      if (result.kind !== 'done') return result
      const done = { batch, behind, outputs: result.outputs, commitMs: committer.lastMs, cycleMs: clock.monotonicMs() - startedMs }
      this.#flow.committed({ ...done, ...counted, nowMs: clock.nowMs() })
      reply(this.#deps, batch)
      // Before anybody else is told: a task that it starts asks at once.
      this.#looks.rest(true)
      if (this.#isolation?.settled() === true) this.#isolation = undefined
      publish(this.#deps, memory, this.#lease.partition, done)
      await unloadEntities(memory, this.#parts.states)
      return undefined
    } finally {
      folded.leave()
    }
  }

  /** The next batch, folded. What was polled is not kept beyond that: it would be there as long as the commit takes. */
  async #folded(): Promise<Folded | CycleEnd | undefined> {
    const { clock, telemetry, plan } = this.#deps
    const ranges = await this.#poll()
    if (ranges.length > 0) this.#takenMs = clock.monotonicMs()
    const { memory } = this.#parts
    const wallMs = clock.nowMs()
    if (memory.nowMs > 0 && wallMs - memory.nowMs > CLOCK_JUMP_MS_MAX) return { kind: 'unhealthy', reason: `the clock jumped ahead by ${Math.round((wallMs - memory.nowMs) / 3_600_000)} hours; timers would fire. Correct the clock, or raise CLOCK_JUMP_MS_MAX if the partition rested that long.` }
    const nowMs = Math.max(wallMs, memory.nowMs)
    if (memory.watermarks !== undefined) await this.#idleness.observe(memory, ranges, clock.monotonicMs(), (topic) => this.#isAtEnd(topic))
    const idle = this.#idleness.isIdle(memory, clock.monotonicMs())
    if (ranges.length === 0 && !this.#hasUpkeep(nowMs, idle)) return undefined
    telemetry.probe('after-poll', plan.group, this.#lease.partition)
    const moment: Moment = { ranges, nowMs, idle }
    return this.#isolation === undefined ? this.#together(moment) : this.#alone(moment, this.#isolation)
  }

  /** Leaves the turnstile when the batch is over: at once where it comes to nothing. */
  async #together(moment: Moment): Promise<Folded | CycleEnd | undefined> {
    const { turnstile } = this.#deps
    const waiting = turnstile.enter()
    if (waiting !== undefined) await waiting
    return this.#fold(moment, undefined, () => turnstile.leave())
  }

  /** What is due goes first; the record that was polled then waits for the next batch. */
  async #alone(moment: Moment, isolation: Isolation): Promise<Folded | CycleEnd | undefined> {
    const { turnstile } = this.#deps
    await turnstile.enterAlone()
    const leave = (): void => turnstile.leaveAlone()
    return inside(leave, async () => {
      const due = await isolation.due(moment.nowMs)
      const failed = await isolation.name(due === undefined ? isolation.arrivalCause(moment.ranges) : due.cause, moment.nowMs)
      return failed ?? await this.#step(due === undefined ? moment : { ...moment, ranges: [] }, isolation, leave)
    })
  }

  #fold(moment: Moment, isolation: Isolation | undefined, leave: () => void): Promise<Folded | CycleEnd> {
    return inside(leave, () => this.#step(moment, isolation, leave))
  }

  async #step({ ranges, nowMs, idle }: Moment, isolation: Isolation | undefined, leave: () => void): Promise<Folded | CycleEnd> {
    const { telemetry, plan } = this.#deps
    const { memory } = this.#parts
    const bounds = this.#bounds
    const arrivals = isolation === undefined ? liveArrivals(this.#decoder, memory, ranges, nowMs, this.#parts.forced) : arrivalsOf(this.#decoder, plan.inputs, ranges, nowMs, this.#parts.forced)
    this.#deps.witness?.resting()
    telemetry.probe('after-decode', plan.group, this.#lease.partition)
    await loadEntities(memory, this.#deps.codec, this.#parts.states, neededEntities(memory, arrivals, nowMs, undefined, bounds.releasesMax), false)
    const refused = await prepareActivations(plan, arrivals, this.#deps.models)
    const forced = refused.size === 0 ? this.#parts.forced : new Map([...this.#parts.forced, ...refused])
    telemetry.probe('after-load', plan.group, this.#lease.partition)
    const failed = await isolation?.name(await isolation.dueAfter(arrivals), nowMs)
    if (failed !== undefined) return failed
    const beganMs = this.#deps.clock.monotonicMs()
    const pauses = this.#looks.move(beganMs, this.#hasBacklog) ? new Pauses(this.#deps.clock, this.#deps.witness, beganMs) : undefined
    const watermarks = memory.watermarks?.save() ?? []
    const { models } = memory
    const seq = memory.seq + 1
    const tally = this.#flow.tally(beganMs)
    const batch = await foldBatch(memory, this.#maker, this.#deps.outside, { seq, nowMs, arrivals, journal: undefined, forced, releasesMax: bounds.releasesMax, isSingle: isolation !== undefined, tally, pauses, ...(this.#deps.witness === undefined ? {} : { witness: this.#deps.witness }) })
    telemetry.probe('after-step', plan.group, this.#lease.partition)
    const inputs = this.#parts.position.consumed(ranges, arrivals, batch.consumed)
    const cost: FoldCost = { ms: this.#deps.clock.monotonicMs() - beganMs - (pauses?.awayMs ?? 0), bytes: bytesOf(ranges) }
    // What a cut leaves is counted by nobody: such a batch is not put off.
    const pace = batch.consumed === arrivals.length && isBacklog(ranges, bounds, cost.bytes) ? 'busy' : 'steady'
    this.#hasBacklog = pace === 'busy'
    return { kind: 'folded', plan: { kind: 'batch', seq, nowMs, batch, inputs, watermarks, models, idle, pace, cost, ...(isolation === undefined ? {} : { suspects: isolation.carried }) }, batch, counted: { times: timesOf(ranges), tally }, behind: arrivals.length - batch.consumed, leave }
  }

  async #poll(): Promise<readonly RecordRange[]> {
    const { settings, clock } = this.#deps
    if (this.#isolation !== undefined) return this.#pollOnce(this.#waitMs(), 1)
    const first = await this.#pollOnce(this.#waitMs())
    const leftMs = this.#takenMs + settings.commitWaitMs - clock.monotonicMs()
    if (first.length === 0 || leftMs <= 0 || isFull(first, this.#bounds)) return first
    await clock.sleep(leftMs)
    // The rest of the wait's arrivals joins this batch: polled again from the same positions.
    const again = await this.#pollOnce(0)
    return again.length === 0 ? first : again
  }

  #pollOnce(waitMsMax: number, recordsMax = this.#bounds.batchRecordsMax): Promise<readonly RecordRange[]> {
    const { plan, settings } = this.#deps
    const { watermarks } = this.#parts.memory
    const from = new Map<string, number>()
    for (const topic of plan.inputs) {
      // The inbox is never paused: the missing watermark stands behind it.
      if (topic !== plan.inbox && watermarks?.isAhead(topic, plan.definition.limits.skewMs) === true) continue
      from.set(topic, this.#parts.position.of(topic))
    }
    const poll = this.#lease.poll({ from, recordsMax, bytesMax: settings.batchBytesMax, waitMsMax })
    return waitMsMax === 0 ? poll : orStopped(poll, this.#stop)
  }

  async #isAtEnd(topic: string): Promise<boolean> {
    return this.#parts.position.of(topic) >= (await this.#deps.log.offsetsAt(topic, this.#lease.partition, 'latest'))
  }

  /** How long a poll may wait: until the next thing that is due anyway, and at rest no longer than that. */
  #waitMs(): number {
    const { clock } = this.#deps
    const { memory } = this.#parts
    // Asked as the batch will ask it: an upkeep that only the wait believes in would turn this loop without end.
    if (this.#hasUpkeep(Math.max(clock.nowMs(), memory.nowMs), this.#idleness.isIdle(memory, clock.monotonicMs()))) return 0
    const next = memory.entities.clockDues.peek()
    const untilMs = next === undefined ? Infinity : next.dueMs - clock.nowMs()
    return Math.max(0, Math.min(untilMs, this.#parts.snapshots.isClean && memory.watermarks === undefined ? RESTING_MS : 100))
  }

  /** Something to commit although no record came. */
  #hasUpkeep(nowMs: number, idle: boolean): boolean {
    const { memory, snapshots, committer } = this.#parts
    const { entities, watermarks } = memory
    const clockDue = entities.clockDues.peek()
    if (clockDue !== undefined && clockDue.dueMs <= nowMs) return true
    const eventDue = entities.eventDues.peek()
    if (watermarks !== undefined && eventDue !== undefined && eventDue.dueMs < watermarks.currentMs) return true
    return snapshots.isDue(nowMs) || committer.owesPromise(idle, nowMs)
  }

  /** Of the next batch. */
  get #bounds(): BatchBounds {
    return batchBounds(this.#deps.settings, this.#parts.memory.entities.sizes.touchBytes)
  }
}

/** Leaves at once unless a batch was folded: that one leaves when it is committed. */
async function inside(leave: () => void, work: () => Promise<Folded | CycleEnd>): Promise<Folded | CycleEnd> {
  let isFolded = false
  try {
    const made = await work()
    isFolded = made.kind === 'folded'
    return made
  } finally {
    if (!isFolded) leave()
  }
}
