// Recoveries: how long it took until everything was at work again, and whether the machine had other things to do meanwhile.
//
// A time is the machine's, from the start of a process after a kill (the runtime's own start included) or from the death of a thread. Nothing is taken off.
import { cpus } from 'node:os'
import type { Now, Said } from './deaths.ts'

export interface Recovery {
  readonly ms: number
  /** A core was free but for the workload: a time that says something about the runtime. */
  readonly isQuiet: boolean
}

export interface Recoveries {
  /** Undefined: something died before. */
  readonly start: Recovery | undefined
  readonly threads: readonly Recovery[]
  /** Threads that were replaced without having been told to die: a busy machine can do that. */
  readonly stalls: readonly string[]
}

/** Processors that others may use while a time is quiet, beyond those that the workload's three threads leave. */
const OTHERS_MAX = 0.5
const WORKLOAD_CORES = 2

interface Mark extends Now {
  /** What all processes have had of the processors, ms. */
  readonly busyMs: number
}

/** Listens to one process from its start on. */
export class RecoveryMeter {
  readonly #threads: Recovery[] = []
  readonly #stalls: string[] = []
  #start: Recovery | undefined
  /** Of the process or a thread; undefined: all is at work. */
  #from: Mark | undefined = { atMs: Date.now(), cpuMs: 0, busyMs: busyMs() }
  #isStart = true
  #isNoticed = true

  heard(said: Said): void {
    if (said.kind === 'died') {
      this.#from = { ...said.now, busyMs: busyMs() }
      this.#isStart = false
      this.#isNoticed = false
    }
    if (said.kind === 'replaced') {
      if (this.#isNoticed) this.#stalls.push(said.why)
      this.#isNoticed = true
    }
    // Until the death was noticed, it says what was true before.
    if (said.kind !== 'live' || !this.#isNoticed || this.#from === undefined) return
    const recovery = between(this.#from, { ...said.now, busyMs: busyMs() })
    if (this.#isStart) this.#start = recovery
    else this.#threads.push(recovery)
    this.#from = undefined
  }

  get recoveries(): Recoveries {
    return { start: this.#start, threads: this.#threads, stalls: this.#stalls }
  }
}

function between(from: Mark, to: Mark): Recovery {
  const ms = to.atMs - from.atMs
  const others = (to.busyMs - from.busyMs - (to.cpuMs - from.cpuMs)) / Math.max(1, ms)
  return { ms, isQuiet: others <= Math.max(0, cpus().length - WORKLOAD_CORES) + OTHERS_MAX }
}

function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
}

/** Times in words. */
export function timesOf(recoveries: readonly Recovery[]): string {
  return `${recoveries.length} times, median ${percentileMs(recoveries, 0.5)} ms, p99 ${percentileMs(recoveries, 0.99)} ms, longest ${percentileMs(recoveries, 1)} ms`
}

/** 0 of none. */
export function percentileMs(recoveries: readonly Recovery[], share: number): number {
  const sorted = recoveries.map(({ ms }) => ms).sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
