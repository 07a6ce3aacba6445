// Questions measured: how soon they are answered while nothing happens and at half load, and what they cost the thread that steps the events.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { heapStart } from '../../../adapters/node/heap.ts'
import { openSqliteLog } from '../../../adapters/sqlite/log.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import { natsServer, withNatsServer } from '../../support/nats.ts'
import { median } from '../results.ts'
import type { QueryCostRow, QueryRow } from '../results.ts'
import type { Workload } from '../w1/events.ts'
import { loadWorkload } from '../w1/load.ts'
import type { Runtime } from '../w1/measure.ts'
import type { AskerJob, AskerResult } from './asker.ts'
import type { FeederJob } from './feeder.ts'
import type { RuntimeFigures, RuntimeJob } from './runtime.ts'

export interface QueryPlan {
  readonly runtime: Runtime
  readonly events: number
  readonly rounds: number
  readonly say: (line: string) => void
}

const ACCOUNTS = 100_000
const SMALL = 200_000
const LOOKED_PER_SECOND = 500
const COST_PER_SECOND = 5000
const SECONDS = 20
/** By then the states of what was loaded are written. */
const WARMUP_SECONDS = 10
/** Longer than any drain. */
const UNTIL_ENDED_SECONDS = 600
/** At full speed: until the partitions are live. */
const LIVE_SECONDS = 1

type Carrier = 'http' | 'nats'

export async function measureQueries({ runtime, events, rounds, say }: QueryPlan): Promise<{ readonly latency: readonly QueryRow[]; readonly cost: readonly QueryCostRow[] }> {
  const base = mkdtempSync(join(tmpdir(), 'statelog-query-'))
  const endings: (() => unknown)[] = [() => rmSync(base, { recursive: true, force: true })]
  try {
    const nats = withNatsServer.skip === undefined ? (await natsServer({ after: (end: () => unknown) => endings.unshift(end) } as never)).url : undefined
    const carriers: readonly Carrier[] = nats === undefined ? ['http'] : ['http', 'nats']
    const folders = { small: join(base, 'small'), large: join(base, 'large') }
    // In rounds: every account is there.
    const small = await loaded(folders.small, { events: SMALL, accounts: ACCOUNTS, visits: 'rounds' })
    const large = await loaded(folders.large, { events, accounts: ACCOUNTS, visits: 'random' })
    const session: Session = async (job, from, ask, fedPerSecond = 0) => {
      const folder = join(base, 'run')
      cpSync(from, folder, { recursive: true })
      try {
        return await run(runtime, { ...job, folder, natsUrl: ask?.carrier === 'nats' ? nats : undefined }, ask, fedPerSecond)
      } finally {
        rmSync(folder, { recursive: true })
      }
    }
    const cost = await costs(session, large, folders.large, carriers, rounds, say)
    const half = Math.round((cost.find(({ carrier }) => carrier === 'none')?.eventsPerSecond ?? 0) / 2)
    const latency: QueryRow[] = []
    for (const carrier of carriers) {
      for (const mode of ['plain', 'idle', 'half'] as const) {
        const { asked, figures } = await session({ mode, workload: small }, folders.small, { carrier, perSecond: LOOKED_PER_SECOND }, mode === 'half' ? half : 0)
        if (asked === undefined) throw new TypeError('nobody asked')
        const row = { ...asked, carrier, mode, perSecond: LOOKED_PER_SECOND, eventsPerSecond: mode === 'plain' ? 0 : Math.round(figures.events / figures.seconds) }
        say(`${carrier} ${mode}: p50 ${row.p50Ms} ms, p99 ${row.p99Ms} ms, longest ${row.longestMs} ms of ${row.answers}, ${row.wrong} wrong, beside ${row.eventsPerSecond} events/s`)
        latency.push(row)
      }
    }
    return { latency, cost }
  } finally {
    for (const end of endings) await end()
  }
}

interface Asking {
  readonly carrier: Carrier
  readonly perSecond: number
}

type Session = (job: Omit<RuntimeJob, 'folder' | 'natsUrl'>, from: string, ask: Asking | undefined, fedPerSecond?: number) => Promise<{ readonly figures: RuntimeFigures; readonly asked: AskerResult | undefined }>

/** In turn, so that what else goes on meets all alike. */
async function costs(session: Session, workload: Workload, folder: string, carriers: readonly Carrier[], rounds: number, say: (line: string) => void): Promise<readonly QueryCostRow[]> {
  const kinds = ['none', ...carriers] as const
  const found = new Map<(typeof kinds)[number], (RuntimeFigures & { readonly answersPerSecond: number })[]>(kinds.map((kind) => [kind, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
      const { figures, asked } = await session({ mode: 'full', workload }, folder, kind === 'none' ? undefined : { carrier: kind, perSecond: COST_PER_SECOND })
      found.get(kind)?.push({ ...figures, answersPerSecond: asked?.perSecond ?? 0 })
    }
  }
  return kinds.map((carrier) => {
    const of = (read: (one: RuntimeFigures & { readonly answersPerSecond: number }) => number): number => median((found.get(carrier) ?? []).map(read))
    const row: QueryCostRow = {
      carrier, perSecond: carrier === 'none' ? 0 : COST_PER_SECOND, events: workload.events, rounds, answersPerSecond: Math.round(of(({ answersPerSecond }) => answersPerSecond)), eventsPerSecond: Math.round(of(({ events, seconds }) => events / seconds)),
      workerSecondsPerMillion: hundredths(of(({ workerCpuMs, events }) => (workerCpuMs * 1000) / events)), mainCores: hundredths(of(({ mainCpuMs, seconds }) => mainCpuMs / 1000 / seconds)),
    }
    say(`${carrier}, ${row.perSecond} questions/s, ${row.answersPerSecond} answered: ${row.workerSecondsPerMillion} s of the worker thread a million events, ${row.mainCores} of a core on the main thread, ${row.eventsPerSecond} events/s`)
    return row
  })
}

const hundredths = (value: number): number => Math.round(value * 100) / 100

async function loaded(folder: string, workload: Workload): Promise<Workload> {
  const log = await openSqliteLog({ folder, mode: 'runtime', clock: systemClock })
  await loadWorkload(log, workload)
  await log.close()
  return workload
}

async function run(runtime: Runtime, job: RuntimeJob, ask: Asking | undefined, fedPerSecond: number): ReturnType<Session> {
  const running = start(runtime, job.mode === 'plain' ? 'plain.ts' : 'runtime.ts', job)
  const next = linesOf(running)
  const go = (): void => void running.stdin?.write('\n')
  const { ready } = await next<{ readonly ready: string }>()
  const seconds = job.mode === 'full' ? UNTIL_ENDED_SECONDS : SECONDS
  const asking = ask === undefined ? undefined : start(runtime, 'asker.ts', { url: ready, natsUrl: job.natsUrl, perSecond: ask.perSecond, seconds, warmupSeconds: job.mode === 'full' ? LIVE_SECONDS : WARMUP_SECONDS, accounts: job.workload.accounts } satisfies AskerJob)
  const told = asking === undefined ? undefined : linesOf(asking)
  await told?.()
  const feeding = fedPerSecond === 0 ? undefined : start(runtime, 'feeder.ts', { folder: job.folder, workload: job.workload, eventsPerSecond: fedPerSecond } satisfies FeederJob)
  if (feeding !== undefined) await linesOf(feeding)()
  feeding?.stdin?.write('\n')
  asking?.stdin?.write('\n')
  go()
  let asked: AskerResult | undefined
  if (job.mode !== 'full' && told !== undefined) {
    asked = await told<AskerResult>()
    go()
  }
  const figures = await next<RuntimeFigures>()
  feeding?.kill('SIGTERM')
  if (job.mode === 'full' && told !== undefined) {
    asking?.kill('SIGTERM')
    asked = await told<AskerResult>()
  }
  for (const child of feeding === undefined ? [running] : [running, feeding]) await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(undefined)))
  return { figures, asked }
}

function start({ name, path }: Runtime, file: string, job: object): ChildProcess {
  const heap = heapStart(name)
  const flags = name === 'node' ? ['--disable-warning=ExperimentalWarning', ...heap.flags] : ['--no-install', '--no-env-file']
  return spawn(path, [...flags, join(import.meta.dirname, file), JSON.stringify(job)], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...heap.env, NODE_ENV: 'production' } })
}

/** What a process says, JSON line by JSON line. */
function linesOf(child: ChildProcess): <T>() => Promise<T> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  return async <T>() => {
    const { value, done } = await lines.next()
    if (done === true) throw new TypeError('a process ended before it had said all')
    return JSON.parse(String(value)) as T
  }
}
