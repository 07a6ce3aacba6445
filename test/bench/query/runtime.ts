// The runtime that is asked: W1 on one worker thread, its gateway on the main thread. Says `ready` with its address, goes when it is told to, ends when it is told to.
//
// `idle`: all is consumed, nothing comes. `half`: events come at a rate (`feeder.ts`). `full`: what is loaded is consumed as fast as it can be; counted from the first tenth on.
import { createInterface } from 'node:readline'
import { openFaces } from '../../../adapters/cli/faces.ts'
import { openEmbedded } from '../../../adapters/node/embedded.ts'
import { keepHeapSmall } from '../../../adapters/node/heap.ts'
import { silentTelemetry } from '../../../system/inspect/silence.ts'
import type { Workload } from '../w1/events.ts'
import { w1System } from '../w1/system.ts'
import { threadCpuMs } from './thread-time.ts'

export interface RuntimeJob {
  readonly folder: string
  /** `plain`: nothing of this runs (`plain.ts`). */
  readonly mode: 'plain' | 'idle' | 'half' | 'full'
  /** What stands in the folder. */
  readonly workload: Workload
  readonly natsUrl: string | undefined
}

export interface RuntimeFigures {
  /** Counted, from `go` or the first tenth on. */
  readonly events: number
  readonly seconds: number
  readonly workerCpuMs: number
  readonly mainCpuMs: number
}

const COUNTED_FROM = 0.1

const job = JSON.parse(process.argv[2] ?? '') as RuntimeJob
const system = w1System('compiled')
keepHeapSmall()
const cpuMs = new SharedArrayBuffer(8)
let inputs = 0
let counted: Mark | undefined
let ended: Mark | undefined
const consumed = Promise.withResolvers<void>()
const embedded = await openEmbedded({
  folder: job.folder, system, threads: { count: 1, loader: { module: new URL('worker-system.ts', import.meta.url).href, argument: cpuMs } },
  origin: { target: 'w1', flags: {}, seed: 1, data: null, events: null }, ...(job.natsUrl === undefined ? {} : { queries: { url: job.natsUrl, prefix: undefined, ca: undefined } }),
  telemetry: { ...silentTelemetry, batch: (batch) => {
    inputs += batch.inputs
    if (job.mode === 'full' && counted === undefined && inputs >= job.workload.events * COUNTED_FROM) counted = mark()
    if (inputs !== job.workload.events) return
    if (job.mode === 'full') ended = mark()
    consumed.resolve()
  } },
})
const tell = (message: string): void => void process.stderr.write(`${message}\n`)
const faces = await openFaces({ http: { listen: '0', token: undefined, names: [] }, natsApi: job.natsUrl === undefined ? undefined : { url: job.natsUrl, prefix: undefined, ca: undefined } }, embedded, tell)
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
if (job.mode !== 'full') await live()
say({ ready: faces.http?.url })
await lines.next()
if (job.mode === 'full') await embedded.start()
if (job.mode === 'full') await consumed.promise
else {
  counted = mark()
  await lines.next()
  ended = mark()
}
say(figures())
await faces.close()
await embedded.close()
process.exit()

interface Mark {
  readonly atMs: number
  readonly inputs: number
  readonly workerMs: number
  readonly mainMs: number
}

function mark(): Mark {
  return { atMs: performance.now(), inputs, workerMs: new Float64Array(cpuMs)[0] ?? NaN, mainMs: threadCpuMs() }
}

function figures(): RuntimeFigures {
  if (counted === undefined || ended === undefined) throw new TypeError('nothing was counted')
  return { events: ended.inputs - counted.inputs, seconds: (ended.atMs - counted.atMs) / 1000, workerCpuMs: ended.workerMs - counted.workerMs, mainCpuMs: ended.mainMs - counted.mainMs }
}

async function live(): Promise<void> {
  await embedded.start()
  await consumed.promise
}

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
