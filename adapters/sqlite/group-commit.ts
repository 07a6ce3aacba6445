// Group commit: jobs that wait while a transaction is under way become the next transaction together.
//
// Owns: the writer thread and the queue before it. One message is under way at a time, so order of calls = order in the log.
import { Worker } from 'node:worker_threads'
import { Buffers } from './buffers.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Job, JobResult, WriterAnswer, WriterMessage, WriterOptions } from './jobs.ts'

/** What one transaction takes at most; the rest waits for the next. */
const GROUP_BYTES_MAX = 32 << 20
/** What may wait. Over: the job ends as `busy`. */
const QUEUE_BYTES_MAX = 128 << 20

interface Waiting {
  readonly job: Job
  readonly bytes: number
  readonly resolve: (result: JobResult) => void
}

export class GroupCommit {
  /** What records are packed into. */
  readonly buffers = new Buffers()
  readonly #worker: Worker
  #queue: Waiting[] = []
  #queueBytes = 0
  #underWay: readonly Waiting[] = []
  #failure: string | undefined
  #ready: (failure?: string) => void = () => {}
  #closed: () => void = () => {}
  #isClosing = false

  private constructor(options: WriterOptions) {
    this.#worker = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: options })
    this.#worker.on('message', (answer: WriterAnswer) => this.#answered(answer))
    this.#worker.on('error', (error: unknown) => this.#failed(String(error)))
    this.#worker.on('exit', () => this.#failed('the writer thread ended'))
  }

  static async start(options: WriterOptions): Promise<GroupCommit> {
    const group = new GroupCommit(options)
    const failure = await new Promise<string | undefined>((resolve) => {
      group.#ready = resolve
    })
    if (failure !== undefined) throw new OperationError('data-folder/unusable', `data folder ${options.folder}: ${failure}`)
    // An open log does not keep a process alive; jobs under way do.
    group.#worker.unref()
    return group
  }

  submit(job: Job): Promise<JobResult> {
    const reason = this.#isClosing ? 'the log is closed' : this.#failure
    if (reason !== undefined) return Promise.resolve({ kind: 'failed', reason })
    const bytes = 'records' in job ? job.records.length : 0
    if (this.#queue.length > 0 && this.#queueBytes + bytes > QUEUE_BYTES_MAX) {
      return Promise.resolve({ kind: 'busy', reason: `${this.#queueBytes} bytes wait to be written` })
    }
    return new Promise((resolve) => {
      this.#queue.push({ job, bytes, resolve })
      this.#queueBytes += bytes
      // Later in this turn of the event loop others may join.
      if (this.#queue.length === 1 && this.#underWay.length === 0) queueMicrotask(() => this.#send())
    })
  }

  /** Writes what waits, moves the write-ahead log into the file, ends the thread. */
  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    if (this.#failure !== undefined) return
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve
    })
    this.#worker.ref()
    this.#closeWhenDrained()
    await closed
  }

  #closeWhenDrained(): void {
    if (this.#underWay.length === 0 && this.#queue.length === 0) this.#worker.postMessage({ kind: 'close' } satisfies WriterMessage)
  }

  #send(): void {
    if (this.#underWay.length > 0 || this.#queue.length === 0) return
    let bytes = 0
    let count = 0
    for (const waiting of this.#queue) {
      bytes += waiting.bytes
      if (count > 0 && bytes > GROUP_BYTES_MAX) break
      count += 1
    }
    this.#underWay = this.#queue.splice(0, count)
    const jobs = this.#underWay.map((waiting) => waiting.job)
    for (const waiting of this.#underWay) this.#queueBytes -= waiting.bytes
    this.#worker.ref()
    this.#worker.postMessage({ kind: 'jobs', jobs } satisfies WriterMessage, jobs.flatMap((job) => ('records' in job ? [job.records.buffer] : [])))
  }

  #answered(answer: WriterAnswer): void {
    if (answer.kind === 'ready') return this.#ready()
    if (answer.kind === 'closed') return this.#closed()
    for (const buffer of answer.buffers) this.buffers.give(buffer)
    const done = this.#underWay
    this.#underWay = []
    this.#send()
    if (this.#underWay.length === 0 && !this.#isClosing) this.#worker.unref()
    done.forEach((waiting, index) => waiting.resolve(answer.results[index] ?? { kind: 'failed', reason: 'the writer did not answer' }))
    if (this.#isClosing) this.#closeWhenDrained()
  }

  /** Also after an orderly close, when nothing waits any more. */
  #failed(reason: string): void {
    this.#failure ??= reason
    const waiting = [...this.#underWay, ...this.#queue]
    this.#underWay = []
    this.#queue = []
    for (const { resolve } of waiting) resolve({ kind: 'failed', reason: this.#failure })
    this.#ready(this.#failure)
    this.#closed()
  }
}
