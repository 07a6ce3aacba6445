// Threads: the worker threads of an embedded system. Starts them, watches them from outside, replaces those that die or stand still.
//
// Owns: the threads and what they share (turnstile, witnesses, channels to the log). Partitions belong to the groups of the log.
//
// T1. A thread that ended in any way is over for its groups at once; the thread in its place inherits its partitions. Those of other threads stay where they are.
// T2. A thread is blocked when neither its event loop nor its inputs have moved for STALL_MS, counted in looks that came in time. One that starts is watched from its first beat on.
// T4. A replacement that does not start is replaced like any other (T3, T5 of `restarts.ts`); what it inherited goes on to the next. Only the first threads of all must start at once, but for those that end at work.
// T6. The thread in the place of another starts once that has exited: until then it may write to the memory that they share. It gets EXIT_MS_MAX for it.
import { Worker } from 'node:worker_threads'
import { OperationError } from '../../../system/protocol/failures.ts'
import { within } from '../../../system/protocol/within.ts'
import type { Clock } from '../../../system/ports/clock.ts'
import type { PartitionSettings } from '../../../system/partition/deps.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import type { Rpc } from '../../../system/ports/rpc.ts'
import type { Telemetry } from '../../../system/ports/telemetry.ts'
import type { Estate } from '../../sqlite/groups.ts'
import { THREAD_LIMITS } from '../heap.ts'
import type { Look } from '../look.ts'
import { mergedLook } from '../look.ts'
import type { QueryService } from '../query-service.ts'
import type { StateCache } from '../state-cache.ts'
import { describe } from './messages.ts'
import type { FromThread, SystemLoader, ThreadStart, ToThread } from './messages.ts'
import { NO_TRIES, Restarts, START_MS_MAX } from './restarts.ts'
import type { Tries } from './restarts.ts'
import { ThreadCalls } from './rpc.ts'
import type { ThreadLogs } from './thread-log.ts'
import { clearSlot, turnstileMemory } from './turnstile.ts'
import { StallMeter, standingOf, witnessMemory } from './witness.ts'

const LOOK_MS = 100
const STALL_MS = 1000
/** A look that a busy thread answers later than this is given up. */
const ANSWER_MS_MAX = 2000
/** One that takes longer hangs outside of JavaScript. */
const EXIT_MS_MAX = 2000

export interface ThreadsOptions {
  readonly logs: ThreadLogs
  readonly plans: ReadonlyMap<string, TypePlan>
  readonly loader: SystemLoader
  readonly count: number
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly settings: Partial<PartitionSettings>
  readonly hurry: AbortSignal | undefined
  readonly queries?: QueryService | undefined
  /** Where states are kept that the log cannot be asked for by key. */
  readonly stateCache?: StateCache | undefined
}

interface Thread {
  readonly slot: number
  readonly worker: Worker
  readonly witness: SharedArrayBuffer
  readonly stall: StallMeter
  readonly endLog: () => Estate | undefined
  readonly looks: Map<number, (look: Look | undefined) => void>
  state: 'starting' | 'running' | 'stopping' | 'over'
  /** As it starts. */
  waitsFor: string | undefined
  readonly started: (ending: Ending | undefined) => void
  readonly exit: PromiseWithResolvers<void>
  readonly over: PromiseWithResolvers<void>
}

/** How a thread came to its end: while it could be at work; before, for reasons of its own; or because what it needs does not answer. */
type EndKind = 'died' | 'failed' | 'away'

interface Ending {
  readonly kind: EndKind
  readonly why: string
  readonly estate: Estate | undefined
}

export class Threads {
  readonly #options: ThreadsOptions
  readonly #turnstile: SharedArrayBuffer
  readonly #threads: (Thread | undefined)[]
  readonly #restarts = new Restarts()
  /** By slot: why nothing runs there now. */
  readonly #absences = new Map<number, string>()
  readonly #calls: ThreadCalls<Thread>
  #looks = 0
  #failure: string | undefined
  #isStopping = false
  #watching: ReturnType<typeof setInterval> | undefined

  constructor(options: ThreadsOptions) {
    this.#options = options
    this.#turnstile = turnstileMemory(options.count)
    this.#threads = Array.from({ length: options.count }, () => undefined)
    this.#calls = new ThreadCalls(options.clock, (thread, message) => this.#tell(thread, message), (last) => this.#absence(last?.slot))
  }

  /** Reaches the owners on the threads. */
  get rpc(): Rpc {
    return this.#calls.rpc
  }

  /** Resolves when all have joined; one that ended at work before is replaced like any other. Throws when one cannot load its system. */
  async start(): Promise<void> {
    let dueMs = this.#options.clock.monotonicMs() + LOOK_MS
    this.#watching = setInterval(() => {
      const nowMs = this.#options.clock.monotonicMs()
      this.#watch(nowMs - dueMs < LOOK_MS)
      dueMs = nowMs + LOOK_MS
    }, LOOK_MS)
    await Promise.all(this.#threads.map(async (_, slot) => {
      const ending = await this.#start(slot, undefined, START_MS_MAX)
      if (ending === undefined) return
      if (ending.kind !== 'died') throw new OperationError('threads/start', `worker thread ${slot + 1} did not start: ${ending.why}`)
      this.#replace(slot, ending, { failed: 1, away: 0 })
    }))
  }

  /** Every partition, wherever it runs. A thread that does not answer in time counts as having none. */
  async look(): Promise<Look> {
    const looks = await Promise.all(this.#threads.map((thread) => (thread?.state === 'running' || thread?.state === 'stopping' ? this.#ask(thread) : undefined)))
    return mergedLook(this.#options.plans, looks.filter((look) => look !== undefined), this.#failure, (group, partition) => this.#calls.absence({ group, partition }))
  }

  /** Drains all. A thread that does not end by itself is ended: what it committed stands. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const { hurry } = this.#options
    hurry?.addEventListener('abort', () => this.#tellAll({ kind: 'hurry' }), { once: true })
    if (hurry?.aborted === true) this.#tellAll({ kind: 'hurry' })
    await Promise.all(this.#threads.map(async (thread) => {
      if (thread === undefined) return
      if (thread.state !== 'over') {
        thread.state = 'stopping'
        this.#tell(thread, { kind: 'stop' })
      }
      await thread.over.promise
    }))
    clearInterval(this.#watching)
  }

  /** @internal For tests: ends a running thread as a fatal error would, whatever it does at that moment. False: it does not run. */
  terminate(slot: number): boolean {
    const thread = this.#threads[slot]
    if (thread?.state !== 'running') return false
    void thread.worker.terminate()
    return true
  }

  /** `estate`: what the thread held that was in the slot before. Answers when it has joined, or why it has not. */
  async #start(slot: number, estate: Estate | undefined, startMsMax: number): Promise<Ending | undefined> {
    const { logs, loader, settings, clock, queries, stateCache } = this.#options
    const { data: log, transfer, end } = logs.prepare(slot, estate)
    const witness = witnessMemory()
    const data: ThreadStart = { log, slot, loader, turnstile: this.#turnstile, witness, settings, queries, stateCache }
    const worker = new Worker(new URL('./worker-thread.ts', import.meta.url), { workerData: data, resourceLimits: THREAD_LIMITS, transferList: [...transfer] })
    const { promise: ended, resolve: started } = Promise.withResolvers<Ending | undefined>()
    const thread: Thread = { slot, worker, witness, stall: new StallMeter(STALL_MS / LOOK_MS), endLog: end, looks: new Map(), state: 'starting', waitsFor: undefined, started, exit: Promise.withResolvers(), over: Promise.withResolvers() }
    this.#threads[slot] = thread
    let death: string | undefined
    worker.on('message', (message: FromThread) => this.#take(thread, message))
    worker.on('error', (error: unknown) => (death = describe(error)))
    worker.on('exit', (code) => {
      thread.exit.resolve()
      this.#ended(thread, death ?? `it ended with code ${code}`)
    })
    const sinceMs = clock.monotonicMs()
    const waited = new AbortController()
    void this.#limitStart(thread, sinceMs, startMsMax, waited.signal)
    const ending = await ended
    waited.abort()
    if (ending === undefined) this.#restarts.started(clock.monotonicMs() - sinceMs)
    return ending
  }

  /** T4. One that may be at work already, while it waits for its log, is not ended for being slow. */
  async #limitStart(thread: Thread, sinceMs: number, startMsMax: number, isOver: AbortSignal): Promise<void> {
    const { clock } = this.#options
    await clock.sleep(startMsMax, isOver)
    if (mayBeAtWork(thread)) await clock.sleep(START_MS_MAX - startMsMax, isOver)
    const why = `it did not start within ${Math.round((clock.monotonicMs() - sinceMs) / 1000)} s`
    if (isOver.aborted) return
    if (thread.waitsFor === undefined) this.#bury(thread, 'failed', why)
    else this.#bury(thread, 'away', `${why}: ${thread.waitsFor} do not answer`)
  }

  #take(thread: Thread, message: FromThread): void {
    const { telemetry } = this.#options
    switch (message.kind) {
      case 'waits': return void (thread.waitsFor = message.whom)
      case 'started':
        // Its place goes to another one already.
        if (thread.state === 'over') return
        if (thread.state === 'starting') thread.state = 'running'
        return thread.started(undefined)
      case 'unstarted': return this.#bury(thread, message.isAway ? 'away' : 'failed', message.why)
      case 'look':
        thread.looks.get(message.id)?.(message.look)
        thread.looks.delete(message.id)
        return
      case 'serving':
      case 'answers':
        // What is still on its way from one that is over would serve nobody.
        if (thread.state !== 'over') this.#calls.take(thread, message)
        return
      case 'partition': return telemetry.partition(message.event)
      case 'batch': return telemetry.batch(message.event)
      case 'log': return telemetry.log(message.level, message.message)
      case 'stopped':
        if (thread.state !== 'over') thread.state = 'stopping'
        return
    }
  }

  #watch(inTime: boolean): void {
    for (const thread of this.#threads) {
      if (thread === undefined || thread.state === 'over' || (thread.state === 'starting' && !mayBeAtWork(thread))) continue
      const standing = standingOf(thread.witness)
      if (thread.stall.isStalled(standing, inTime)) this.#bury(thread, 'died', `it has stood still for ${STALL_MS} ms${standing.running === undefined ? '' : ` at ${standing.running}`}`)
    }
  }

  /** The thread has exited by itself. */
  #ended(thread: Thread, how: string): void {
    if (thread.state === 'stopping' && this.#isStopping) return this.#bury(thread, 'failed', 'the system stops')
    const { running } = standingOf(thread.witness)
    this.#bury(thread, mayBeAtWork(thread) ? 'died' : 'failed', `${how}${running === undefined ? '' : `, at ${running}`}`)
  }

  /** T1, T6. */
  #bury(thread: Thread, kind: EndKind, why: string): void {
    if (thread.state === 'over') return
    const hadStarted = thread.state !== 'starting'
    thread.state = 'over'
    this.#absences.set(thread.slot, why)
    // First: it stops at about the moment from which what it sends counts for nothing.
    void thread.worker.terminate()
    const ending: Ending = { kind, why, estate: thread.endLog() }
    for (const answer of thread.looks.values()) answer(undefined)
    thread.looks.clear()
    this.#calls.forget(thread)
    void within(this.#options.clock, thread.exit.promise, EXIT_MS_MAX, () => {}).then(() => {
      clearSlot(this.#turnstile, thread.slot)
      thread.over.resolve()
      thread.started(ending)
      if (hadStarted) this.#replace(thread.slot, ending, NO_TRIES)
    })
  }

  /** T4. `tries`: those that came to nothing in this place, with this one. */
  #replace(slot: number, { kind, why, estate }: Ending, tries: Tries): void {
    const { telemetry, clock } = this.#options
    if (this.#isStopping) return
    const name = `worker thread ${slot + 1}`
    const isAway = kind === 'away'
    // Once: it may be tried for hours.
    if (!isAway) telemetry.log('error', `${name} is replaced: ${why}`)
    else if (tries.away === 1) telemetry.log('warn', `${name} does not start, and is tried until it does: ${why}`)
    const restart = this.#restarts.next(name, { why, isAway }, tries, clock.monotonicMs())
    if (restart.kind === 'give-up') {
      this.#failure = restart.reason
      return
    }
    clock.sleep(restart.afterMs).then(() => (this.#isStopping ? undefined : this.#start(slot, estate, restart.startMsMax))).then((next) => {
      if (next === undefined) this.#absences.delete(slot)
      else this.#replace(slot, next, next.kind === 'away' ? { ...tries, away: tries.away + 1 } : { ...tries, failed: tries.failed + 1 })
    }).catch((thrown: unknown) => (this.#failure = describe(thrown)))
  }

  /** Why nothing runs in this slot, or in any. */
  #absence(of: number | undefined): string | undefined {
    const whys = [...this.#absences].filter(([slot]) => of === undefined || slot === of).map(([slot, why]) => `worker thread ${slot + 1} is not up: ${why}`)
    return whys.length === 0 ? undefined : whys.join('; ')
  }

  async #ask(thread: Thread): Promise<Look | undefined> {
    const id = (this.#looks += 1)
    const answer = new Promise<Look | undefined>((resolve) => thread.looks.set(id, resolve))
    const waited = new AbortController()
    const late = this.#options.clock.sleep(ANSWER_MS_MAX, waited.signal).then(() => undefined)
    this.#tell(thread, { kind: 'look', id })
    const look = await Promise.race([answer, late])
    waited.abort()
    thread.looks.delete(id)
    return look
  }

  #tell(thread: Thread, message: ToThread): void {
    thread.worker.postMessage(message)
  }

  #tellAll(message: ToThread): void {
    for (const thread of this.#threads) if (thread !== undefined && thread.state !== 'over') this.#tell(thread, message)
  }
}

/** It has loaded its system, and joins its groups one by one. */
const mayBeAtWork = ({ witness }: Thread): boolean => standingOf(witness).beat !== 0
