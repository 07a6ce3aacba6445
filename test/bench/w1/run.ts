// One W1 run: an embedded system consumes a loaded folder to its end, and is timed meanwhile.
import { openEmbedded } from '../../../adapters/node/embedded.ts'
import { keepHeapSmall } from '../../../adapters/node/heap.ts'
import type { BatchEvent, Telemetry } from '../../../system/ports/telemetry.ts'
import { silentTelemetry } from '../../../system/inspect/silence.ts'
import type { Workload } from './events.ts'
import { heldBytes } from './held.ts'
import { w1System } from './system.ts'
import type { EngineName, W1Limits } from './system.ts'
import { watchW1 } from './watching.ts'
import type { ThreadArgument } from './worker-system.ts'

export interface RunOptions {
  readonly folder: string
  readonly workload: Workload
  readonly engine: EngineName
  /** Where they differ from the runtime's defaults. */
  readonly limits: W1Limits
  /** Share of the events at the beginning that is not counted: code is compiled, states are made. */
  readonly uncounted: number
  /** Worker threads that step the events; 0: the main thread does. */
  readonly workers: number
  /** Somebody watches what it does. */
  readonly isWatched?: boolean
}

export interface RunFigures {
  /** Events a second of those that are counted. */
  readonly rate: number
  /** From the start of the system to the last event, everything included. */
  readonly coldRate: number
  /** Processor time of all threads of what is counted, microseconds an event. */
  readonly cpuUs: number
  readonly commitMs: { readonly median: number; readonly p99: number }
  /** Events in a commit, on average. */
  readonly eventsPerCommit: number
  readonly drainMs: number
  /** What JavaScript holds when all events were taken, after a collection, bytes; 0 where the process cannot ask for one. */
  readonly heldBytes: number
  /** How often a watcher was told; 0 where there was none. */
  readonly looks: number
}

/** The checker looks at the states as they are stored: a drain has to write all of them, however many there are. */
const DRAIN_MS_MAX = 300_000

interface Mark {
  readonly atMs: number
  readonly cpuUs: number
  readonly inputs: number
}

export async function runW1({ folder, workload, engine, limits, uncounted, workers, isWatched = false }: RunOptions): Promise<RunFigures> {
  const watch = new Watch(workload.events, workload.events * uncounted)
  const system = w1System(engine, limits)
  keepHeapSmall()
  const threads = workers === 0 ? {} : { threads: { count: workers, loader: { module: new URL('worker-system.ts', import.meta.url).href, argument: { engine, limits } satisfies ThreadArgument } } }
  const embedded = await openEmbedded({ folder, system, ...threads, origin: { target: 'w1', flags: {}, seed: 1, data: null, events: workload.events }, telemetry: watch.telemetry, settings: { drainMsMax: DRAIN_MS_MAX } })
  try {
    const started = mark(0)
    await embedded.start()
    const leave = isWatched ? await watchW1(embedded) : undefined
    const { counted, ended } = await watch.done
    const watched = await leave?.()
    const held = heldBytes()
    const drainFromMs = performance.now()
    await embedded.drain()
    const events = ended.inputs - counted.inputs
    return {
      rate: events / ((ended.atMs - counted.atMs) / 1000),
      coldRate: workload.events / ((ended.atMs - started.atMs) / 1000),
      cpuUs: (ended.cpuUs - counted.cpuUs) / events,
      commitMs: { median: watch.commitMsAt(0.5), p99: watch.commitMsAt(0.99) },
      eventsPerCommit: workload.events / watch.commits,
      drainMs: performance.now() - drainFromMs,
      heldBytes: held, looks: watched?.looks ?? 0,
    }
  } finally {
    await embedded.close()
  }
}

function mark(inputs: number): Mark {
  const { user, system } = process.cpuUsage()
  return { atMs: performance.now(), cpuUs: user + system, inputs }
}

/** Sees batches go by until all events are consumed. */
class Watch {
  readonly telemetry: Telemetry
  readonly done: Promise<{ readonly counted: Mark; readonly ended: Mark }>
  readonly #commitMs: number[] = []
  readonly #events: number
  readonly #uncounted: number
  #inputs = 0
  #counted: Mark | undefined
  #resolve: (marks: { readonly counted: Mark; readonly ended: Mark }) => void = () => {}
  #reject: (reason: TypeError) => void = () => {}

  constructor(events: number, uncounted: number) {
    this.#events = events
    this.#uncounted = uncounted
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.telemetry = {
      ...silentTelemetry,
      batch: (event) => this.#batch(event),
      log: (level, message) => {
        if (level === 'warn' || level === 'error') process.stderr.write(`${level}: ${message}\n`)
      },
      partition: ({ state, reason, partition }) => {
        if (reason !== undefined && state !== 'released') this.#reject(new TypeError(`partition ${partition} is ${state}: ${reason}`))
      },
    }
  }

  get commits(): number {
    return this.#commitMs.length
  }

  commitMsAt(share: number): number {
    const sorted = this.#commitMs.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  }

  #batch({ inputs, commitMs }: BatchEvent): void {
    if (inputs === 0) return
    this.#inputs += inputs
    this.#commitMs.push(commitMs)
    if (this.#counted === undefined && this.#inputs >= this.#uncounted) this.#counted = mark(this.#inputs)
    if (this.#inputs === this.#events && this.#counted !== undefined) this.#resolve({ counted: this.#counted, ended: mark(this.#inputs) })
  }
}
