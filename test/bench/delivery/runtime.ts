// The runtime under the fleet's load: an embedded system on worker threads; its main thread sends the pings, and says every second how far behind it is.
// Job in, result out, both JSON.
import { systemClock } from '../../../adapters/node/clock.ts'
import { openEmbedded } from '../../../adapters/node/embedded.ts'
import { keepHeapSmall } from '../../../adapters/node/heap.ts'
import { silentTelemetry } from '../../../system/inspect/silence.ts'
import { runLoad } from './load.ts'
import type { LoadJob, LoadResult } from './load.ts'
import { systemOf } from './systems.ts'

/** Worker threads, as many as the machine that the page speaks of has cores. */
const WORKERS = 2

export interface RuntimeJob {
  readonly folder: string
  readonly load: LoadJob
}

export interface RuntimeResult extends LoadResult {
  /** Records behind, once a second. */
  readonly lags: readonly number[]
  /** Processor time of everything, the load included, in cores. */
  readonly cores: number
  readonly peakBytes: number
}

const { folder, load } = JSON.parse(process.argv[2] ?? '') as RuntimeJob
const system = systemOf(load.subject)
keepHeapSmall()
const threads = { count: WORKERS, loader: { module: new URL('worker-system.ts', import.meta.url).href, argument: load.subject } }
const embedded = await openEmbedded({ folder, system, threads, origin: { target: 'fleet', flags: {}, seed: 1, data: null, events: null }, telemetry: silentTelemetry })
await embedded.start()
const over = new AbortController()
const lags: number[] = []
const looking = look()
const before = process.cpuUsage()
const beganMs = performance.now()
const result = await runLoad(embedded.log, load)
const { user, system: kernel } = process.cpuUsage(before)
const cores = (user + kernel) / 1000 / (performance.now() - beganMs)
over.abort()
await looking
await embedded.close()
process.stdout.write(`${JSON.stringify({ ...result, lags, cores, peakBytes: process.resourceUsage().maxRSS * 1024 } satisfies RuntimeResult)}\n`)
process.exit()

async function look(): Promise<void> {
  while (!over.signal.aborted) {
    await systemClock.sleep(1000, over.signal)
    lags.push((await embedded.look()).lag)
  }
}
