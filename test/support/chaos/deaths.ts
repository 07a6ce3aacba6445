// Deaths: where a process, or one worker thread of it, is to end. They come one after another; visits of points count over all threads.
import { writeSync } from 'node:fs'
import type { Telemetry } from '../../../system/ports/telemetry.ts'
import type { KillPoint } from './points.ts'

export interface Death {
  readonly victim: 'process' | 'thread'
  readonly point: KillPoint
  /** The visit of the point at which it comes, 1 = the first after the death before. */
  readonly nth: number
  /** `random`: ms after the start of the work, or after the death before. */
  readonly afterMs: number
}

/** Shared by the threads of a process. */
export interface Fate {
  readonly deaths: readonly Death[]
  readonly memory: SharedArrayBuffer
}

/** The machine's time, and what the process has had of its processors, ms. */
export interface Now {
  readonly atMs: number
  readonly cpuMs: number
}

export function now(): Now {
  const { user, system } = process.cpuUsage()
  return { atMs: Date.now(), cpuMs: (user + system) / 1000 }
}

/** What a process answered about an entity. */
export interface GivenAnswer {
  /** The workload's time just before the question. */
  readonly askedAtMs: number
  readonly group: string
  readonly partition: number
  readonly life: string
  readonly epoch: number
  readonly seq: number
  readonly entity: string
  /** Null: it does not exist. Without a context: events are known of it, and no state yet. */
  readonly view: { readonly state: string; readonly context?: unknown; readonly stopped: boolean } | null
}

/** What a process of the workload prints, one object a line. Deaths are named by their index. */
export type Said =
  | { readonly kind: 'started' }
  /** Every partition is live, and has committed or has nothing behind: since the start, or since a thread was replaced. */
  | { readonly kind: 'live'; readonly now: Now }
  | { readonly kind: 'died'; readonly index: number; readonly now: Now }
  | { readonly kind: 'replaced'; readonly why: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'answer'; readonly answer: GivenAnswer }
  /** To signals. */
  | { readonly kind: 'listening' }
  | { readonly kind: 'finished' }

export const say = (said: Said): void => void writeSync(1, `${JSON.stringify(said)}\n`)

/** The next death, then for each death the visits of its point. */
const NEXT = 0
const VISITS = 1

export function fateOf(deaths: readonly Death[]): Fate {
  return { deaths, memory: new SharedArrayBuffer((VISITS + deaths.length) * Int32Array.BYTES_PER_ELEMENT) }
}

/** The death that comes next; undefined: none. */
export function nextDeath({ deaths, memory }: Fate): Death | undefined {
  return deaths[Atomics.load(new Int32Array(memory), NEXT)]
}

/** The death is there: said, and the next one may come. */
export function dies({ deaths, memory }: Fate, death: Death): void {
  const index = deaths.indexOf(death)
  Atomics.store(new Int32Array(memory), NEXT, index + 1)
  say({ kind: 'died', index, now: now() })
}

/** Ends the process, or the thread that it is called on. */
export function deadlyProbe(fate: Fate): Telemetry['probe'] {
  const visits = new Int32Array(fate.memory)
  return (point) => {
    const death = nextDeath(fate)
    if (death?.point !== point) return
    if (Atomics.add(visits, VISITS + fate.deaths.indexOf(death), 1) + 1 !== death.nth) return
    dies(fate, death)
    if (death.victim === 'process') process.kill(process.pid, 'SIGKILL')
    else process.exit()
  }
}
