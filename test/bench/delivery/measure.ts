// The fleet measured: a runtime and its load, in a process of their own.
import { spawn } from 'node:child_process'
import { heapStart } from '../../../adapters/node/heap.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../results.ts'
import type { FleetRow } from '../results.ts'
import type { Runtime } from '../w1/measure.ts'
import type { LoadJob } from './load.ts'
import type { RuntimeJob, RuntimeResult } from './runtime.ts'
import type { Subject } from './systems.ts'

export interface FleetPlan {
  readonly runtime: Runtime
  readonly subject: Subject
  readonly deliveries: number
  readonly seconds: number
}

const WARMUP_SECONDS = 15
/** Lag goes up and down with every commit and collection of garbage: the first and the last seconds are compared by their medians. */
const LAG_SECONDS = 10

export async function measureFleet({ runtime, subject, deliveries, seconds }: FleetPlan): Promise<FleetRow> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-fleet-'))
  try {
    const load: LoadJob = { subject, deliveries, seconds: seconds + WARMUP_SECONDS, warmupSeconds: WARMUP_SECONDS }
    const { lags, peakBytes, cores, ...sent } = await run(runtime, { folder, load })
    const counted = lags.slice(WARMUP_SECONDS, WARMUP_SECONDS + seconds)
    return {
      subject, deliveries, seconds, pingsPerSecond: sent.pingsPerSecond, etasPerSecond: sent.etasPerSecond,
      p50Ms: Math.round(sent.latencyMs.p50), p99Ms: Math.round(sent.latencyMs.p99), lagFirst: median(counted.slice(0, LAG_SECONDS)), lagLast: median(counted.slice(-LAG_SECONDS)),
      behindMs: sent.behindMsMax, cores: Math.round(100 * cores) / 100, peakMb: Math.round(peakBytes / 2 ** 20),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function run({ name, path }: Runtime, job: RuntimeJob): Promise<RuntimeResult> {
  const heap = heapStart(name)
  const flags = name === 'node' ? ['--disable-warning=ExperimentalWarning', ...heap.flags] : ['--no-install', '--no-env-file']
  const child = spawn(path, [...flags, join(import.meta.dirname, 'runtime.ts'), JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...heap.env, NODE_ENV: 'production' } })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(JSON.parse(text) as RuntimeResult) : reject(new TypeError(`the fleet ended with ${code}`))))
  })
}
