// The runtime under the fleet's load: an embedded system that says every second how far behind it is. Ends when its input ends.
import { systemClock } from '../../../adapters/node/clock.ts'
import { openEmbedded } from '../../../adapters/node/embedded.ts'
import { keepHeapSmall } from '../../../adapters/node/heap.ts'
import { silentTelemetry } from '../../../system/inspect/silence.ts'
import { systemOf } from './systems.ts'
import type { Subject } from './systems.ts'

/** Worker threads, as many as the machine that the page speaks of has cores. */
const WORKERS = 2

export interface RuntimeResult {
  /** Records behind, once a second. */
  readonly lags: readonly number[]
  readonly peakBytes: number
}

const [folder = '', subject = 'tracker'] = process.argv.slice(2) as [string, Subject]
const system = systemOf(subject)
keepHeapSmall(system)
const threads = { count: WORKERS, loader: { module: new URL('worker-system.ts', import.meta.url).href, argument: subject } }
const embedded = await openEmbedded({ folder, system, threads, origin: { target: 'fleet', flags: {}, seed: 1, data: null, events: null }, telemetry: silentTelemetry })
await embedded.start()
const over = new AbortController()
process.stdin.on('end', () => over.abort()).resume()
const lags: number[] = []
process.stdout.write('ready\n')
while (!over.signal.aborted) {
  await systemClock.sleep(1000, over.signal)
  lags.push((await embedded.look()).lag)
}
await embedded.close()
process.stdout.write(`${JSON.stringify({ lags, peakBytes: process.resourceUsage().maxRSS * 1024 } satisfies RuntimeResult)}\n`)
process.exit()
