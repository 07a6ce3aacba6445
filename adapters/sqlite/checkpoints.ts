// Checkpoints: when what stands in the write-ahead log is moved into the file, and by whom. None of them makes a reader or another process wait.
//
// Owns: the thread that makes them beside the writer, once there is so much to do that they would hold commits up.
//
// K1. While jobs wait the writer makes one only to finish what a pass beside it left, which is little, or where none was made for long.
// K2. One at a time.
import { Worker } from 'node:worker_threads'
import type { DatabaseSync } from 'node:sqlite'
import type { WriterOptions } from './jobs.ts'

/** Pages in the write-ahead log, and how many of them stand in the file too; undefined: none was made. */
export interface CheckpointEnd {
  readonly pages: number
  readonly moved: number
}

export type CheckpointMessage = { readonly kind: 'pass' | 'close' }

/** What is to be moved, and what moves it in the writer's thread. */
export interface WriteAhead {
  /** Roughly how many bytes stand in the write-ahead log, and how many of them not yet in the file. */
  readonly bytes: number
  readonly dueBytes: number
  checkpoint(): void
  /** A pass beside began, and ended so. */
  passBegins(): void
  passed(end: CheckpointEnd | undefined): void
}

/** Between commits, when no job came for a while. */
const IDLE_BYTES = 1 << 20
const IDLE_MS = 25
/** Beside the writer, whoever waits. */
const BESIDE_BYTES = 16 << 20
/** From here on the writer finishes after a pass: only a log that stands in the file as a whole begins anew. */
const LONG_BYTES = 64 << 20
/** And here although no pass was made. */
const BYTES_MAX = 256 << 20

const THREAD_LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 }

export class Checkpoints {
  readonly #writeAhead: WriteAhead
  readonly #options: WriterOptions
  #thread: Worker | undefined
  #isUnderWay = false
  /** There can be no thread: the writer does all. */
  #isAlone = false
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(writeAhead: WriteAhead, options: WriterOptions) {
    this.#writeAhead = writeAhead
    this.#options = options
  }

  /** Jobs are about to run. */
  busy(): void {
    clearTimeout(this.#idle)
  }

  /** Jobs have run, and were answered. */
  wrote(): void {
    clearTimeout(this.#idle)
    if (this.#isUnderWay) return
    const { bytes, dueBytes } = this.#writeAhead
    if (bytes > BYTES_MAX) return this.#writeAhead.checkpoint()
    if (dueBytes > BESIDE_BYTES) return this.#isAlone ? this.#writeAhead.checkpoint() : this.#beside()
    if (dueBytes > IDLE_BYTES) this.#idle = setTimeout(() => this.#isUnderWay || this.#writeAhead.checkpoint(), IDLE_MS)
  }

  /** Ends the thread, after its pass. */
  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const thread = this.#thread
    if (thread === undefined) return
    const { promise, resolve } = Promise.withResolvers<void>()
    thread.once('exit', () => resolve())
    thread.postMessage({ kind: 'close' } satisfies CheckpointMessage)
    await promise
  }

  #beside(): void {
    try {
      this.#thread ??= this.#started()
    } catch {
      // There are too many threads.
      this.#isAlone = true
      return this.#writeAhead.checkpoint()
    }
    this.#isUnderWay = true
    this.#writeAhead.passBegins()
    this.#thread.postMessage({ kind: 'pass' } satisfies CheckpointMessage)
  }

  #started(): Worker {
    const { folder, busyMsMax } = this.#options
    const thread = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), { workerData: { folder, busyMsMax, fileBytesMax: null, crash: null } satisfies WriterOptions, resourceLimits: THREAD_LIMITS })
    thread.on('message', (end: CheckpointEnd | undefined) => this.#passed(end))
    thread.on('error', () => {
      this.#isAlone = true
    })
    thread.on('exit', () => {
      this.#thread = undefined
      this.#passed(undefined)
    })
    return thread
  }

  #passed(end: CheckpointEnd | undefined): void {
    if (!this.#isUnderWay) return
    this.#isUnderWay = false
    this.#writeAhead.passed(end)
    if (this.#writeAhead.bytes > LONG_BYTES) this.#writeAhead.checkpoint()
  }
}

/** Moves what readers allow. Undefined: another one is under way, or the file cannot be written; the next takes what this one could not. */
export function passiveCheckpoint(db: DatabaseSync): CheckpointEnd | undefined {
  try {
    const row = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get()
    if (row === undefined || Number(row['busy']) !== 0) return undefined
    return { pages: Number(row['log']), moved: Number(row['checkpointed']) }
  } catch {
    return undefined
  }
}
