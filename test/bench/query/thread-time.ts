// Thread time: the processor time of the thread that asks. Linux alone tells it.
import { readFileSync } from 'node:fs'

/** Milliseconds since the thread began; NaN where the system does not tell. */
export function threadCpuMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6
  } catch {
    return NaN
  }
}
