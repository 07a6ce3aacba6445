// Clocks of tormented runs: real time that passes faster, and simulated time that is driven until a condition holds.
import type { SimulatedClock } from '../../../adapters/memory/clock.ts'
import type { Clock } from '../../../system/ports/clock.ts'
import { START_MS } from './sources.ts'

/** How much faster than real the workload's time passes in processes. */
export const TIME_FACTOR = 20

/** The workload's time: a day after its inputs, at real time `originMs`. */
export const workloadClock = (originMs: number): Clock => fastClock(originMs, START_MS + 86_400_000, TIME_FACTOR)

/** Every process that is given the same origin has the same time: `startMs` at real time `originMs`, then `factor` times as fast. */
export function fastClock(originMs: number, startMs: number, factor: number): Clock {
  return {
    nowMs: () => startMs + (Date.now() - originMs) * factor,
    monotonicMs: () => performance.now() * factor,
    sleep: (ms, signal) => {
      if (!(ms > 0) || signal?.aborted === true) return Promise.resolve()
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, Math.min(ms / factor, 2 ** 31 - 1))
        signal?.addEventListener('abort', done)
      })
    },
  }
}

/** What goes on in the machine's own time beside a simulation: the simulated time stands still meanwhile. */
export interface Outside {
  isBusy(): boolean
  /** Resolves when what is under way now has ended. */
  idle(): Promise<void>
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function isSettled(outside: Outside | undefined): Promise<void> {
  await turn()
  while (outside?.isBusy() === true) {
    await outside.idle()
    await turn()
  }
}

export class TooLong extends TypeError {
  override readonly name = 'TooLong'
}

/** Lets everything run that can, then moves the clock to the next sleeper, until `isDone` or the simulated time is up. `between` runs before each move. */
export async function drive(clock: SimulatedClock, isDone: () => boolean | Promise<boolean>, msMax: number, between: () => void = () => {}, outside?: Outside): Promise<void> {
  const untilMs = clock.monotonicMs() + msMax
  for (;;) {
    await isSettled(outside)
    if (await isDone()) return
    if (clock.monotonicMs() >= untilMs) throw new TooLong(`not done after ${msMax} simulated ms`)
    between()
    clock.advance(Math.min(Math.max(1, clock.nextMs), 250))
  }
}
