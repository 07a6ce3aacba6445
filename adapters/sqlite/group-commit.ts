// Group commit: the calling thread's side of the writer. Jobs go out as they come; those that wait there together become one transaction.
//
// Owns: this thread's jobs under way, in the order of their calls, which is their order in the log.
//
// G1. What one job's end sets going runs up to its next job before the next job's end is told. Otherwise callers that ended up in one transaction
//     would step together ever after: all of them idle while the writer writes, and the writer idle while they step.
import { Buffers } from './buffers.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import type { MessagePort } from 'node:worker_threads'
import type { Job, JobResult, WriterAnswer, WriterOptions } from './jobs.ts'
import { portLink, startWriter } from './writer-link.ts'
import type { WriterLink } from './writer-link.ts'

/** What may be under way. Over: the job ends as `busy`. */
const QUEUE_BYTES_MAX = 128 << 20

interface UnderWay {
  readonly bytes: number
  readonly resolve: (result: JobResult) => void
}

export class GroupCommit {
  /** What records are packed into. */
  readonly buffers = new Buffers()
  readonly #link: WriterLink
  /** Other threads have written to these partitions. */
  onWrote: (tps: readonly number[]) => void = () => {}
  readonly #underWay: UnderWay[] = []
  #bytes = 0
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
    if (reason !== undefined) return Promise.resolve({ kind: 'failed', reason, mayHeal: false })
    const bytes = 'records' in job ? job.records.length : 0
    if (this.#underWay.length > 0 && this.#bytes + bytes > QUEUE_BYTES_MAX) return Promise.resolve({ kind: 'busy', reason: `${this.#bytes} bytes wait to be written` })
    this.#bytes += bytes
    if (this.#underWay.length === 0) this.#link.hold(true)
    const result = new Promise<JobResult>((resolve) => this.#underWay.push({ bytes, resolve }))
    this.#link.post({ kind: 'job', job }, 'records' in job ? [job.records.buffer] : [])
    return result
  }

  /** Writes what is under way, moves the write-ahead log into the file, ends the thread. */
  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    if (this.#failure !== undefined) return
    const closed = new Promise<void>((resolve) => {
      this.#closed = resolve
    })
    this.#link.hold(true)
    // After the jobs: messages keep their order.
    this.#link.post({ kind: 'close' }, [])
    await closed
  }

  #answered(answer: WriterAnswer): void {
    if (answer.kind === 'ready') return this.#ready()
    if (answer.kind === 'closed') return this.#closed()
    if (answer.kind === 'wrote') return this.onWrote(answer.tps)
    for (const buffer of answer.buffers) this.buffers.give(buffer)
    answer.results.forEach((result, index) => {
      const done = this.#underWay.shift()
      if (done === undefined) return
      this.#bytes -= done.bytes
      if (index === 0) done.resolve(result)
      else setImmediate(() => done.resolve(result))
    })
    if (this.#underWay.length === 0 && !this.#isClosing) this.#link.hold(false)
  }

  /** Also after an orderly close, when nothing is under way any more. */
  #failed(reason: string): void {
    this.#failure ??= reason
    for (const { resolve } of this.#underWay.splice(0)) resolve({ kind: 'failed', reason: this.#failure, mayHeal: false })
    this.#ready(this.#failure)
    this.#closed()
  }
}
