// What the calling thread asks of the writer thread, and its answers.
import type { MessagePort } from 'node:worker_threads'
import type { TopicSpec } from '../../system/protocol/record.ts'
import type { PackedRecords } from './frames.ts'
import type { TopicProblem } from '../../system/ports/log.ts'

export type Job =
  | { readonly kind: 'append'; readonly records: PackedRecords }
  | {
    readonly kind: 'commit'
    readonly group: string
    readonly partition: number
    readonly epoch: number
    readonly records: PackedRecords
    readonly positions: ReadonlyMap<string, number>
    readonly metadata: string
  }
  | { readonly kind: 'fence'; readonly group: string; readonly partition: number }
  | { readonly kind: 'create'; readonly specs: readonly TopicSpec[] }
  /** Deletes records before an offset; a bounded piece of retention. */
  | { readonly kind: 'truncate'; readonly tp: number; readonly before: number }

export type JobResult =
  /** Offset after the last record written, per topic partition. */
  | { readonly kind: 'written'; readonly ends: ReadonlyMap<number, number> }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'held'; readonly epoch: number }
  | { readonly kind: 'created'; readonly problems: readonly TopicProblem[] }
  | { readonly kind: 'truncated' }
  /** Nothing was written: another process holds the write lock for too long. */
  | { readonly kind: 'busy'; readonly reason: string }
  /** SQLite refused; whether it is on disk is not known. `mayHeal`: the same again may be taken later. */
  | { readonly kind: 'failed'; readonly reason: string; readonly mayHeal: boolean }

/** A crash on purpose, for tests: the process sends itself a signal in the nth commit (1 = the first). */
export interface CrashPoint {
  readonly point: 'mid-commit'
  readonly nth: number
  readonly signal: 'SIGKILL' | 'SIGTERM'
}

export interface WriterOptions {
  readonly folder: string
  /** How long to wait for the write lock. */
  readonly busyMsMax: number
  /** Size of the file above which writes are refused as if the disk were full; null: the disk decides. */
  readonly fileBytesMax: number | null
  readonly crash: CrashPoint | null
}

/** Jobs that wait together become one transaction. `close` comes after them, and ends the thread. */
export type WriterMessage =
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'close' }
  /** Another thread's end: it is served like the one that started the writer, but cannot close it. */
  | { readonly kind: 'port'; readonly port: MessagePort }

export type WriterAnswer =
  | { readonly kind: 'ready' }
  /** Of the oldest jobs without an answer, in order. The buffers of their records come back, to be filled again. */
  | { readonly kind: 'results'; readonly results: readonly JobResult[]; readonly buffers: readonly ArrayBuffer[] }
  /** Others have written to these partitions. */
  | { readonly kind: 'wrote'; readonly tps: readonly number[] }
  | { readonly kind: 'closed' }
