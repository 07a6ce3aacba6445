// The fleet measured: a runtime and its load, each in a process of its own.
import { spawn } from 'node:child_process'
import { heapStart } from '../../../adapters/node/heap.ts'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../results.ts'
import type { FleetRow } from '../results.ts'
import type { Runtime } from '../w1/measure.ts'
import type { LoadJob, LoadResult } from './load.ts'
import type { RuntimeResult } from './runtime.ts'
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
    const system = start(runtime, 'runtime.ts', [folder, subject])
    await system.said('ready')
    const job: LoadJob = { folder, subject, deliveries, seconds: seconds + WARMUP_SECONDS, warmupSeconds: WARMUP_SECONDS }
    const load = JSON.parse(await start(runtime, 'load.ts', [JSON.stringify(job)]).ended) as LoadResult
    system.process.stdin?.end()
    const { lags, peakBytes } = JSON.parse((await system.ended).replace('ready\n', '')) as RuntimeResult
    const counted = lags.slice(WARMUP_SECONDS, WARMUP_SECONDS + seconds)
    return {
      subject, deliveries, seconds, pingsPerSecond: load.pingsPerSecond, etasPerSecond: load.etasPerSecond,
      p50Ms: Math.round(load.latencyMs.p50), p99Ms: Math.round(load.latencyMs.p99), lagFirst: median(counted.slice(0, LAG_SECONDS)), lagLast: median(counted.slice(-LAG_SECONDS)),
      behindMs: load.behindMsMax, peakMb: Math.round(peakBytes / 2 ** 20),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Started {
  readonly process: ChildProcess
  /** What it printed, once it has ended well. */
  readonly ended: Promise<string>
  said(word: string): Promise<void>
}

function start({ name, path }: Runtime, file: string, args: readonly string[]): Started {
  const heap = heapStart(name)
  const flags = name === 'node' ? ['--disable-warning=ExperimentalWarning', ...heap.flags] : ['--no-install', '--no-env-file']
  const child = spawn(path, [...flags, join(import.meta.dirname, file), ...args], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...heap.env, NODE_ENV: 'production' } })
  let text = ''
  let heard: () => void = () => {}
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
    heard()
  })
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(text) : reject(new TypeError(`${file} ended with ${code}`))))
  })
  const said = (word: string): Promise<void> => Promise.race([
    new Promise<void>((resolve) => (heard = () => (text.includes(word) ? resolve() : undefined))),
    ended.then(() => Promise.reject(new TypeError(`${file} ended early`))),
  ])
  return { process: child, ended, said }
}
