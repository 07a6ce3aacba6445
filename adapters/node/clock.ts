// The machine's clock and chance, behind their ports.
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../system/ports/clock.ts'
import type { Random } from '../../system/ports/random.ts'

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    // A timer would wait for a millisecond.
    if (ms <= 0) return void setImmediate(resolve)
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    // Longer waits than a timer can count are cut; whoever sleeps looks again anyway.
    const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1))
    signal?.addEventListener('abort', done)
  }),
}

export const systemRandom: Random = { next: () => Math.random(), uuid: () => randomUUID() }
