// Stopped poll: once told to stop, nothing more is taken. A poll that still waits is left to itself.
import type { RecordRange } from '../protocol/record.ts'

/** What was polled, or nothing as soon as `stop` aborts. */
export async function orStopped(poll: Promise<readonly RecordRange[]>, stop: AbortSignal | undefined): Promise<readonly RecordRange[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly RecordRange[]>()
  const abandon = (): void => resolve([])
  stop?.addEventListener('abort', abandon)
  if (stop?.aborted === true) abandon()
  poll.then(resolve, reject)
  try {
    return await promise
  } finally {
    // It would keep what was polled in memory until the next poll.
    stop?.removeEventListener('abort', abandon)
  }
}
