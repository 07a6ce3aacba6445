// The log of a worker thread: how the main thread prepares it, and how the thread opens it.
//
// Owns: what a replaced thread inherits. Embedded, the groups live on the main thread and keep a dead thread's seats for its heir. On a cluster every
// thread is a member by itself, and the thread in its place takes over the membership by its instance id.
import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../../../system/ports/clock.ts'
import type { Log } from '../../../system/ports/log.ts'
import { systemClock } from '../clock.ts'
import { openCluster } from '../medium.ts'
import type { KafkaMedium } from '../medium.ts'
import type { Estate } from '../../sqlite/groups.ts'
import { openSqliteLog } from '../../sqlite/log.ts'
import type { SqliteLog, ThreadChannel } from '../../sqlite/log.ts'

/** For `workerData`. */
export type ThreadLog =
  | { readonly kind: 'embedded'; readonly folder: string; readonly channel: ThreadChannel }
  | { readonly kind: 'kafka'; readonly medium: KafkaMedium; readonly instance: string; readonly sessionMs: number | undefined }

export interface PreparedLog {
  readonly data: ThreadLog
  readonly transfer: readonly MessagePort[]
  /** The thread is over. Answers what the thread in its place is prepared with. */
  end(): Estate | undefined
}

export interface ThreadLogs {
  prepare(slot: number, estate: Estate | undefined): PreparedLog
}

export function embeddedThreadLogs(log: SqliteLog, folder: string): ThreadLogs {
  return {
    prepare: (_slot, estate) => {
      const { channel, end } = log.openThread(estate)
      return { data: { kind: 'embedded', folder, channel }, transfer: [channel.writer, channel.groups], end }
    },
  }
}

/** `instance`: of the process. */
export function clusterThreadLogs(medium: KafkaMedium, instance: string, sessionMs?: number): ThreadLogs {
  return {
    prepare: (slot) => ({ data: { kind: 'kafka', medium, instance: `${instance}-${slot}`, sessionMs }, transfer: [], end: () => undefined }),
  }
}

export function openThreadLog(data: ThreadLog, clock: Clock, notice: (message: string) => void): Promise<Log> {
  if (data.kind === 'embedded') return openSqliteLog({ folder: data.folder, mode: 'thread', channel: data.channel, clock })
  // In the machine's time, as its brokers count.
  return openCluster(data.medium, systemClock, { instance: data.instance, notice, ...(data.sessionMs === undefined ? {} : { sessionMs: data.sessionMs }) })
}
