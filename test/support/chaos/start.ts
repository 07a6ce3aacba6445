// Start: one process that runs the workload, from its start to its end: what died in it, and how soon everything was at work again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ChildTask } from './child.ts'
import type { Death, Said } from './deaths.ts'
import { RecoveryMeter } from './recoveries.ts'
import type { Recoveries } from './recoveries.ts'

const CHILD = join(import.meta.dirname, 'child.ts')
const CHILD_MS_MAX = 30_000

export interface Ended {
  readonly isKilled: boolean
  readonly deaths: readonly Death[]
  readonly recoveries: Recoveries
}

export class ChildFailed extends TypeError {
  override readonly name = 'ChildFailed'
}

/** Starts the workload. A start that fails by itself is an error. */
export async function start(runtime: string, task: ChildTask): Promise<Ended> {
  const meter = new RecoveryMeter()
  const child = spawn(runtime, [CHILD], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, STATELOG_CHAOS: JSON.stringify(task) } })
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const said: Said[] = []
  let errors = ''
  child.stderr.on('data', (bytes: Uint8Array) => (errors += String(bytes)))
  const timers = [setTimeout(() => child.kill('SIGABRT'), CHILD_MS_MAX)]
  for await (const line of createInterface({ input: child.stdout })) {
    const one = JSON.parse(line) as Said
    said.push(one)
    meter.heard(one)
    const next = one.kind === 'started' ? task.deaths[0] : one.kind === 'died' ? task.deaths[one.index + 1] : undefined
    if (next?.victim === 'process' && next.point === 'random') timers.push(setTimeout(() => child.kill('SIGKILL'), next.afterMs))
  }
  const [code, signal] = await exited
  for (const timer of timers) clearTimeout(timer)
  const failed = said.find(({ kind }) => kind === 'failed')
  const isKilled = signal === 'SIGKILL'
  if (failed !== undefined || (!isKilled && code !== 0)) throw new ChildFailed(`${JSON.stringify(task.deaths)}: ended with ${code ?? signal}: ${JSON.stringify(said)} ${errors}`)
  const deaths = said.flatMap((one) => (one.kind === 'died' ? task.deaths.slice(one.index, one.index + 1) : []))
  // These two leave nothing to say.
  const silent = task.deaths.find(({ victim, point }) => victim === 'process' && (point === 'random' || point === 'mid-commit'))
  if (isKilled && silent !== undefined) deaths.push(silent)
  return { isKilled, deaths, recoveries: meter.recoveries }
}
