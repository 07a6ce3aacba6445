// Partition: the life of one lease, from assignment to release. The only place that acts on how a cycle ended.
//
// Owns: the life state, the restarts. Memory belongs to each acquisition and is dropped as a whole when its outcome is not certain.
//
// I7. A fenced partition stops at once and is never restarted: its lease is over.
// I10. It restarts by itself after faults that may heal, within bounds, and says why it waits or stopped. A log that is away does not hold a stop up: a commit
//     under way is made whole or not at all, and the next owner sees which.
import { OperationError, Unreachable } from '../protocol/failures.ts'
import type { Failure } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Lease } from '../ports/log.ts'
import { acquire } from './acquisition.ts'
import { Cycle } from './cycle.ts'
import type { CycleEnd } from './cycle.ts'
import type { PartitionParts } from './parts.ts'
import type { PartitionDeps } from './deps.ts'
import type { Entity } from './entity.ts'
import { drain, isOverdue } from './draining.ts'
import { Flow } from './flow.ts'
import type { InputRef } from './journal.ts'
import { isEnd, lifeAfter } from './life.ts'
import type { LifeEvent, LifeState } from './life.ts'
import { Unanswered } from './outside.ts'
import type { Unfoldable } from './parking.ts'
import { afterEscalation, Escalation, retryDelayMs } from './supervision.ts'

/** A look at a live partition between two batches. */
export interface Glance {
  readonly parts: PartitionParts
  /** What was committed since the lease was assigned. */
  readonly flow: Flow
  /** Of the newest commit. */
  readonly seq: number
  /** Runs `look` when no batch is being folded, so that it sees committed state only (I12). */
  atRest<T>(look: () => T): Promise<T>
  /** Sees an entity as it was committed last, also while a batch is being folded, with the seq of the newest commit; undefined: it is not in memory. */
  at<T>(id: EntityId, look: (entity: Entity | undefined, seq: number) => T): Promise<T>
}

export class Partition {
  readonly lease: Lease
  readonly done: Promise<void>
  readonly #deps: PartitionDeps
  readonly #flow: Flow
  readonly #stop = new AbortController()
  readonly #over = new AbortController()
  readonly #left = Promise.withResolvers<void>()
  readonly #failedAtMs: number[] = []
  #state: LifeState = 'assigned'
  #reason = ''
  #forced = new Map<InputRef, Failure>()
  #live: { readonly parts: PartitionParts; readonly cycle: Cycle } | undefined
  #lost = false
  /** Set by `drain`. */
  #drainUntilMs: number | undefined
  /** Its newest state cannot be stored: it is parked before anything else. */
  #unfoldable: Unfoldable | undefined
  /** Firings, releases and records of one batch at most, since a batch was too much for its journal record. */
  #turnsMax = Infinity
  /** Waits for something outside since the last commit. */
  #waits = 0

  constructor(deps: PartitionDeps, lease: Lease) {
    this.#deps = deps
    this.lease = lease
    this.#flow = new Flow(deps.plan.definition.machine)
    deps.telemetry.probe('assigned', deps.plan.group, lease.partition)
    deps.telemetry.partition({ group: deps.plan.group, partition: lease.partition, state: 'assigned' })
    void lease.lost.then((reason) => {
      this.#lost = true
      this.#reason = reason
      this.#stop.abort()
    })
    this.done = Promise.race([this.#run().finally(() => this.#over.abort()), this.#left.promise])
  }

  get state(): LifeState {
    return this.#state
  }

  /** Why it waits, failed or stopped; '' when there is nothing to say. */
  get reason(): string {
    return this.#reason
  }

  /** Asks for an orderly end; `done` resolves when it is over, or has lasted for too long. */
  drain(): void {
    if (this.#drainUntilMs !== undefined) return
    this.#drainUntilMs = this.#deps.clock.monotonicMs() + this.#deps.settings.drainMsMax
    this.#stop.abort()
    void isOverdue(this.#deps, this.#over.signal).then((isLate) => {
      if (isLate) this.#leave()
    })
  }

  /** I10. */
  #leave(): void {
    this.#move('drain')
    this.#move('released', 'the log did not answer before the time to stop was over; what was not committed is read again by the next owner')
    this.#deps.telemetry.log('warn', `${this.#name()}: ${this.#reason}`)
    void this.#release()
    this.#left.resolve()
  }

  async #release(): Promise<void> {
    await this.lease.release().catch((thrown: unknown) => this.#deps.telemetry.log('warn', `releasing ${this.#name()} failed: ${String(thrown)}`))
  }

  /** The live parts, undefined while not live. */
  get live(): Glance | undefined {
    const live = this.#live
    return live === undefined ? undefined : { parts: live.parts, flow: this.#flow, get seq() { return live.cycle.seq }, atRest: (look) => live.cycle.atRest(look), at: (id, look) => live.cycle.at(id, look) }
  }

  async #run(): Promise<void> {
    while (!isEnd(this.#state)) {
      try {
        await this.#acquireAndLive()
      } catch (thrown) {
        this.#live = undefined
        await this.#recoverFrom(thrown)
      }
    }
    // Released, it would be handed out again at once, here or to the next owner, and fail there: it rests until an operator or a stop comes.
    if (this.#state === 'failed' || this.#state === 'position-moved') await aborted(this.#stop.signal)
    await this.#release()
    this.#deps.telemetry.probe('after-release', this.#deps.plan.group, this.lease.partition)
  }

  async #acquireAndLive(): Promise<void> {
    if (this.#stop.signal.aborted) return this.#move(this.#lost ? 'lost' : 'drain')
    this.#move('acquire')
    if ((await this.lease.fence()) === 'lost') return this.#move('lost')
    this.#deps.telemetry.probe('fenced', this.#deps.plan.group, this.lease.partition)
    this.#move('held')
    const acquired = await acquire(this.#deps, this.lease, { forced: this.#forced, unfoldable: this.#unfoldable })
    this.#unfoldable = acquired.kind === 'again' ? acquired.unfoldable : undefined
    switch (acquired.kind) {
      case 'fenced': return this.#move('lost')
      case 'position-moved': return this.#move('moved', acquired.reason)
      case 'history-gone': return this.#move('give-up', `history gone: ${acquired.reason}`)
      case 'again': return this.#wait(acquired.reason, acquired.atOnce === true ? 0 : undefined)
      case 'live': break
    }
    if (acquired.rebased.length > 0) {
      this.#deps.telemetry.log('warn', `${this.#name()}: rebased at seq ${acquired.rebased[0]}: today's code does not repeat the outputs of ${acquired.rebased.length} commits; what was committed stands`)
    }
    this.#move('recovered')
    const cycle = new Cycle(this.#bounded(), this.lease, acquired.parts, this.#flow)
    this.#flow.live(acquired.parts.memory.epoch)
    this.#live = { parts: acquired.parts, cycle }
    const end = await cycle.run(this.#stop.signal).finally(() => {
      this.#live = undefined
      if (acquired.parts.committer.batches > 0) this.#waits = 0
    })
    await this.#after(end, acquired.parts)
  }

  /** With smaller batches where they were too large for the log. */
  #bounded(): PartitionDeps {
    const { settings } = this.#deps
    const [batchRecordsMax, releasesMax] = [Math.min(settings.batchRecordsMax, this.#turnsMax), Math.min(settings.releasesMax, this.#turnsMax)]
    return { ...this.#deps, settings: { ...settings, batchRecordsMax, releasesMax } }
  }

  async #after(end: CycleEnd, parts: PartitionParts): Promise<void> {
    switch (end.kind) {
      case 'fenced': return this.#move('lost', 'another owner has the partition')
      case 'unknown': return this.#wait(`the outcome of a commit is not known: ${end.reason}`, this.#pauseMs())
      case 'rejected': return this.#refuse(end.forced)
      case 'overfull':
        if (this.#turnsMax === 1) return end.forced.size === 0 ? this.#move('give-up', end.reason) : this.#refuse(end.forced)
        this.#turnsMax = Math.max(1, Math.floor(Math.min(this.#turnsMax, end.turns) / 2))
        return this.#wait(`the log refuses a batch, which is taken again in halves: ${end.reason}`, 0)
      case 'failed':
      case 'unhealthy': return this.#move('give-up', end.reason)
      case 'stopped': break
    }
    if (this.#lost) return this.#move('lost')
    this.#move('drain')
    this.#deps.telemetry.probe('draining', this.#deps.plan.group, this.lease.partition)
    await drain(this.#deps, this.lease, parts, this.#drainUntilMs ?? -Infinity)
    this.#move('released')
  }

  #refuse(forced: ReadonlyMap<InputRef, Failure>): Promise<void> {
    this.#forced = new Map([...this.#forced, ...forced])
    return this.#wait('the log refused a record; its input will be dead-lettered', 0)
  }

  async #recoverFrom(thrown: unknown): Promise<void> {
    const { clock } = this.#deps
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    if (this.#state === 'draining') {
      this.#deps.telemetry.log('error', `${this.#name()}: draining failed: ${reason}`)
      return this.#move('restart', reason)
    }
    if (thrown instanceof Escalation && thrown.directive === 'park' && thrown.entity !== undefined) {
      this.#unfoldable = { entity: thrown.entity, failure: thrown.failure, seq: undefined }
      return this.#wait(reason, 0)
    }
    if (thrown instanceof Unanswered || thrown instanceof Unreachable) {
      this.#waits += 1
      return this.#wait(reason, retryDelayMs(this.#waits))
    }
    if (thrown instanceof OperationError) return this.#move('give-up', reason)
    this.#failedAtMs.push(clock.monotonicMs())
    if (afterEscalation(this.#failedAtMs, clock.monotonicMs()) === 'fail') return this.#move('give-up', `too many restarts; the last: ${reason}`)
    this.#deps.telemetry.log('error', `${this.#name()}: ${reason}`, thrown instanceof Error ? thrown.stack : undefined)
    await this.#wait(reason)
  }

  /** None before the first time since a commit: who is asked next is another broker, or the same one, and says when to come again. */
  #pauseMs(): number {
    this.#waits += 1
    return this.#waits === 1 ? 0 : retryDelayMs(this.#waits - 1)
  }

  /** Memory is dropped; acquires again after a wait that grows with the recent failures. */
  async #wait(reason: string, delayMs = retryDelayMs(this.#failedAtMs.length + 1)): Promise<void> {
    this.#move('restart', reason)
    if (this.#state === 'waiting' && delayMs > 0) await this.#deps.clock.sleep(delayMs, this.#stop.signal)
  }

  #move(event: LifeEvent, reason = ''): void {
    const next = lifeAfter(this.#state, event)
    if (next === undefined) return
    this.#state = next
    if (reason !== '' || !isEnd(next)) this.#reason = reason
    this.#deps.telemetry.partition({ group: this.#deps.plan.group, partition: this.lease.partition, state: next, ...(this.#reason === '' ? {} : { reason: this.#reason }) })
  }

  #name(): string {
    return `${this.#deps.plan.group}/${this.lease.partition}`
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
