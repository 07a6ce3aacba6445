// Group commit: jobs that wait while a transaction is under way become the next transaction together.
//
// Owns: this thread's queue before the writer. One message is under way at a time, so order of calls = order in the log.
import { Buffers } from './buffers.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { MessagePort } from 'node:worker_threads'
import type { Job, JobResult, WriterAnswer, WriterOptions } from './jobs.ts'
import { portLink, startWriter } from './writer-link.ts'
import type { WriterLink } from './writer-link.ts'

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
  readonly #link: WriterLink
  /** Other threads have written to these partitions. */
  onWrote: (tps: readonly number[]) => void = () => {}
  #queue: Waiting[] = []
  #queueBytes = 0
  #underWay: readonly Waiting[] = []
  #failure: string | undefined
  #ready: (failure?: string) => void = () => {}
  #closed: () => void = () => {}
  #isClosing = false

  private constructor(link: WriterLink) {
    this.#link = link
    link.onAnswer((answer) => this.#answered(answer))
    link.onEnd((reason) => this.#failed(reason))
  }

  static async start(options: WriterOptions): Promise<GroupCommit> {
    const group = new GroupCommit(startWriter(options))
    const failure = await new Promise<string | undefined>((resolve) => {
      group.#ready = resolve
    })
    if (failure !== undefined) throw new OperationError('data-folder/unusable', `data folder ${options.folder}: ${failure}`)
    // An open log does not keep a process alive; jobs under way do.
    group.#link.hold(false)
    return group
  }

  /** On another thread than the one that started the writer. */
  static over(port: MessagePort): GroupCommit {
    const group = new GroupCommit(portLink(port))
    group.#link.hold(false)
    return group
  }

  /** Has the writer serve another thread. */
  serve(port: MessagePort): void {
    this.#link.post({ kind: 'port', port }, [port])
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
    this.#link.hold(true)
    this.#closeWhenDrained()
    await closed
  }

  #closeWhenDrained(): void {
    if (this.#underWay.length === 0 && this.#queue.length === 0) this.#link.post({ kind: 'close' }, [])
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
    this.#link.hold(true)
    this.#link.post({ kind: 'jobs', jobs }, jobs.flatMap((job) => ('records' in job ? [job.records.buffer] : [])))
  }

  #answered(answer: WriterAnswer): void {
    if (answer.kind === 'ready') return this.#ready()
    if (answer.kind === 'closed') return this.#closed()
    if (answer.kind === 'wrote') return this.onWrote(answer.tps)
    for (const buffer of answer.buffers) this.buffers.give(buffer)
    const done = this.#underWay
    this.#underWay = []
    this.#send()
    if (this.#underWay.length === 0 && !this.#isClosing) this.#link.hold(false)
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
