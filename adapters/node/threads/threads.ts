// Threads: the worker threads of an embedded system. Starts them, watches them from outside, replaces those that die or stand still.
//
// Owns: the threads and what they share (turnstile, witnesses, channels to the log). Partitions belong to the groups of the log.
//
// T1. A thread that ended in any way is over for its groups at once; the thread in its place inherits its partitions. Those of other threads stay where they are.
// T2. A thread is blocked when neither its event loop nor its inputs have moved for STALL_MS, counted in looks that came in time.
// T3. Threads are replaced at most THREAD_DEATHS_MAX times in THREAD_PERIOD_MS; then the system has failed, with the last reason.
// T4. A replacement that does not start is replaced like any other; what it inherited goes on to the next. Only the first threads of all must start at once.
import { Worker } from 'node:worker_threads'
import { OperationError } from '../../../system/protocol/failures.ts'
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
import type { FromThread, SystemLoader, ThreadStart, ToThread } from './messages.ts'
import { ThreadCalls } from './rpc.ts'
import type { ThreadLogs } from './thread-log.ts'
import { clearSlot, turnstileMemory } from './turnstile.ts'
import { StallMeter, standingOf, witnessMemory } from './witness.ts'

const LOOK_MS = 100
const STALL_MS = 1000
const THREAD_DEATHS_MAX = 20
const THREAD_PERIOD_MS = 60_000
/** A look that a busy thread answers later than this is given up. */
const ANSWER_MS_MAX = 2000
/** A thread that loads its system for longer than this will not start. */
const START_MS_MAX = 60_000
/** A replacement gets this long, or so many times what the slowest start took; the next one twice as long. */
const RESTART_MS = 5000
const RESTART_FACTOR = 5
/** Before the second replacement in turn that has not started; each time twice as long. */
const PAUSE_MS = 50
const PAUSE_MS_MAX = 2000

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
  started: (failure: NotStarted | undefined) => void
  readonly over: Promise<void>
  isOver: () => void
}

interface NotStarted {
  readonly why: string
  readonly estate: Estate | undefined
}

export class Threads {
  readonly #options: ThreadsOptions
  readonly #turnstile: SharedArrayBuffer
  readonly #threads: (Thread | undefined)[]
  readonly #deathsAtMs: number[] = []
  readonly #calls: ThreadCalls<Thread>
  #looks = 0
  #slowestStartMs = 0
  #failure: string | undefined
  #isStopping = false
  #watching: ReturnType<typeof setInterval> | undefined

  constructor(options: ThreadsOptions) {
    this.#options = options
    this.#turnstile = turnstileMemory(options.count)
    this.#threads = Array.from({ length: options.count }, () => undefined)
    this.#calls = new ThreadCalls(options.clock, (thread, message) => this.#tell(thread, message))
  }

  /** Reaches the owners on the threads. */
  get rpc(): Rpc {
    return this.#calls.rpc
  }

  /** Resolves when all have joined. Throws when one cannot load its system. */
  async start(): Promise<void> {
    await Promise.all(this.#threads.map(async (_, slot) => {
      const failure = await this.#start(slot, undefined, START_MS_MAX)
      if (failure !== undefined) throw new OperationError('threads/start', `worker thread ${slot + 1} did not start: ${failure.why}`)
    }))
    let dueMs = this.#options.clock.monotonicMs() + LOOK_MS
    this.#watching = setInterval(() => {
      const nowMs = this.#options.clock.monotonicMs()
      this.#watch(nowMs - dueMs < LOOK_MS)
      dueMs = nowMs + LOOK_MS
    }, LOOK_MS)
  }

  /** Every partition, wherever it runs. A thread that does not answer in time counts as having none. */
  async look(): Promise<Look> {
    const looks = await Promise.all(this.#threads.map((thread) => (thread?.state === 'running' || thread?.state === 'stopping' ? this.#ask(thread) : undefined)))
    return mergedLook(this.#options.plans, looks.filter((look) => look !== undefined), this.#failure)
  }

  /** Drains all. A thread that does not end by itself is ended: what it committed stands. */
  async stop(): Promise<void> {
    this.#isStopping = true
    const { hurry } = this.#options
    hurry?.addEventListener('abort', () => this.#tellAll({ kind: 'hurry' }), { once: true })
    if (hurry?.aborted === true) this.#tellAll({ kind: 'hurry' })
    await Promise.all(this.#threads.map(async (thread) => {
      if (thread === undefined || thread.state === 'over') return
      thread.state = 'stopping'
      this.#tell(thread, { kind: 'stop' })
      await thread.over
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
  async #start(slot: number, estate: Estate | undefined, startMsMax: number): Promise<NotStarted | undefined> {
    const { logs, loader, settings, clock, queries, stateCache } = this.#options
    const { data: log, transfer, end } = logs.prepare(slot, estate)
    const witness = witnessMemory()
    const data: ThreadStart = { log, slot, loader, turnstile: this.#turnstile, witness, settings, queries, stateCache }
    const worker = new Worker(new URL('./worker-thread.ts', import.meta.url), { workerData: data, resourceLimits: THREAD_LIMITS, transferList: [...transfer] })
    let isOver = (): void => {}
    const over = new Promise<void>((resolve) => (isOver = resolve))
    const thread: Thread = { slot, worker, witness, stall: new StallMeter(STALL_MS / LOOK_MS), endLog: end, looks: new Map(), state: 'starting', started: () => {}, over, isOver }
    this.#threads[slot] = thread
    let death: string | undefined
    worker.on('message', (message: FromThread) => this.#take(thread, message))
    worker.on('error', (error: unknown) => (death = describe(error)))
    worker.on('exit', (code) => this.#ended(thread, death ?? `it ended with code ${code}`))
    const sinceMs = clock.monotonicMs()
    const waited = new AbortController()
    void this.#limitStart(thread, sinceMs, startMsMax, waited.signal)
    const failure = await new Promise<NotStarted | undefined>((resolve) => (thread.started = resolve))
    waited.abort()
    if (failure === undefined) this.#slowestStartMs = Math.max(this.#slowestStartMs, clock.monotonicMs() - sinceMs)
    return failure
  }

  /** T4. One that has loaded its system and goes on, as its beats tell, may be at work already while it waits for its log: it is not ended for being slow. */
  async #limitStart(thread: Thread, sinceMs: number, startMsMax: number, isOver: AbortSignal): Promise<void> {
    const { clock } = this.#options
    await clock.sleep(startMsMax, isOver)
    for (let beat = 0; standingOf(thread.witness).beat !== beat && clock.monotonicMs() - sinceMs < START_MS_MAX;) {
      beat = standingOf(thread.witness).beat
      await clock.sleep(STALL_MS, isOver)
    }
    if (!isOver.aborted) this.#bury(thread, `it did not start within ${Math.round((clock.monotonicMs() - sinceMs) / 1000)} s`)
  }

  #take(thread: Thread, message: FromThread): void {
    const { telemetry } = this.#options
    switch (message.kind) {
      case 'started':
        if (thread.state === 'starting') thread.state = 'running'
        return thread.started(undefined)
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
        thread.state = 'stopping'
        return
    }
  }

  #watch(inTime: boolean): void {
    for (const thread of this.#threads) {
      if (thread === undefined || (thread.state !== 'running' && thread.state !== 'stopping')) continue
      const standing = standingOf(thread.witness)
      if (thread.stall.isStalled(standing, inTime)) this.#bury(thread, `it has stood still for ${STALL_MS} ms${standing.running === undefined ? '' : ` at ${standing.running}`}`)
    }
  }

  /** The thread has exited by itself. */
  #ended(thread: Thread, how: string): void {
    if (thread.state === 'over') return
    if (thread.state === 'stopping' && this.#isStopping) return void this.#forget(thread, 'the system stops')
    const { running } = standingOf(thread.witness)
    this.#bury(thread, `${how}${running === undefined ? '' : `, at ${running}`}`)
  }

  /** T1. */
  #bury(thread: Thread, why: string): void {
    if (thread.state === 'over') return
    const wasStarting = thread.state === 'starting'
    // First: what it still did would count as another's in the memory that they share.
    void thread.worker.terminate()
    const estate = this.#forget(thread, why)
    if (!wasStarting) this.#replace(thread.slot, estate, why, 0)
  }

  /** T4. `tries`: so many replacements have not started. */
  #replace(slot: number, estate: Estate | undefined, why: string, tries: number): void {
    const { telemetry, clock } = this.#options
    if (this.#isStopping) return
    telemetry.log('error', `worker thread ${slot + 1} is replaced: ${why}`)
    const nowMs = clock.monotonicMs()
    this.#deathsAtMs.push(nowMs)
    if (this.#deathsAtMs.filter((atMs) => nowMs - atMs < THREAD_PERIOD_MS).length > THREAD_DEATHS_MAX) {
      this.#failure = `worker threads died ${THREAD_DEATHS_MAX} times within ${THREAD_PERIOD_MS / 1000} s; the last: ${why}`
      return
    }
    const startMsMax = Math.min(START_MS_MAX, Math.max(RESTART_MS, RESTART_FACTOR * this.#slowestStartMs) * 2 ** tries)
    const pauseMs = tries === 0 ? 0 : Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** tries)
    clock.sleep(pauseMs).then(() => (this.#isStopping ? undefined : this.#start(slot, estate, startMsMax))).then(
      (failed) => failed !== undefined && this.#replace(slot, failed.estate, failed.why, tries + 1),
      (thrown: unknown) => (this.#failure = describe(thrown)),
    )
  }

  #forget(thread: Thread, why: string): Estate | undefined {
    thread.state = 'over'
    const estate = thread.endLog()
    clearSlot(this.#turnstile, thread.slot)
    for (const answer of thread.looks.values()) answer(undefined)
    thread.looks.clear()
    this.#calls.forget(thread)
    thread.isOver()
    thread.started({ why, estate })
    return estate
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

function describe(error: unknown): string {
  return error instanceof Error ? `${'code' in error ? `${String(error.code)}: ` : ''}${error.message}` : String(error)
}
