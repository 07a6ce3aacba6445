// Patient log: a log for those who look at it beside others' work on the same thread, and no longer than they are waited for.
//
// Q1. After SLICE_MS of work the next read lets others have their turn first. A read brings no more than what is soon worked on: who wants more reads on.
// Q2. A read after the deadline, or when nobody waits any more, throws OutOfTime.
import type { Clock } from '../ports/clock.ts'
import type { KeyedReads, Log } from '../ports/log.ts'

/** Work between two turns of others, ms: what an embedded log answers at once would hold the thread up as long as there is something to read. */
const SLICE_MS = 4

const RECORDS_MAX = 512
const BYTES_MAX = 256 << 10

/** What was to be read has not been read in time. */
export class OutOfTime extends TypeError {
  override readonly name = 'OutOfTime'
}

export interface Patience {
  readonly deadlineMs: number
  readonly signal?: AbortSignal | undefined
}

export function patientLog(log: Log, clock: Clock, { deadlineMs, signal }: Patience): Log {
  const untilMs = clock.monotonicMs() + deadlineMs
  let restedMs = clock.monotonicMs()
  const inTurn = async <T>(read: () => Promise<T>): Promise<T> => {
    if (clock.monotonicMs() - restedMs >= SLICE_MS) {
      await clock.sleep(1, signal)
      restedMs = clock.monotonicMs()
    }
    if (signal?.aborted === true) throw new OutOfTime('whoever asked does not wait for it any more')
    if (clock.monotonicMs() > untilMs) throw new OutOfTime(`it takes longer to read than the ${deadlineMs} ms that it was waited for`)
    return read()
  }
  const { keyed } = log
  const patientKeys: KeyedReads | undefined = keyed === undefined ? undefined : {
    get: (...args) => inTurn(() => keyed.get(...args)),
    armed: (...args) => inTurn(() => keyed.armed(...args)),
  }
  return {
    ensureTopics: (...args) => log.ensureTopics(...args),
    topics: () => log.topics(),
    join: (...args) => log.join(...args),
    append: (...args) => log.append(...args),
    read: (topic, partition, from, to, options) => inTurn(() => log.read(topic, partition, from, to, { ...options, recordsMax: Math.min(RECORDS_MAX, options.recordsMax), bytesMax: Math.min(BYTES_MAX, options.bytesMax) })),
    offsetsAt: (...args) => inTurn(() => log.offsetsAt(...args)),
    keyed: patientKeys,
    // It belongs to who made it.
    close: async () => {},
  }
}
