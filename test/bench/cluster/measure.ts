// Everything that is measured on a Kafka cluster: on services that a variable names, else on a broker and a Redis started for it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { end } from '../../../adapters/services/server.ts'
import { missing, startService, variableOf } from '../../../adapters/services/services.ts'
import type { ServiceName, Started } from '../../../adapters/services/services.ts'
import { KAFKA_CLIENTS } from '../../../adapters/node/medium.ts'
import type { KafkaClient } from '../../../adapters/node/medium.ts'
import manifest from '../../../package.json' with { type: 'json' }
import { COMMIT_WAIT_MS } from '../../../system/protocol/limits.ts'
import { median } from '../results.ts'
import type { ClusterRows, DrainRow, FailoverRow, IdleRow, LatencyRow, RecoveryRow, RivalRow } from '../results.ts'
import { readyRivals } from '../rivals/rivals.ts'
import type { Runtime } from '../w1/measure.ts'
import { measureFailover } from './failover.ts'
import { measureIdle } from './idle.ts'
import { measureLatency } from './latency.ts'
import { memberProgram } from './program.ts'
import { measureRecovery } from './recovery.ts'
import { measureTurns } from './turns.ts'
import type { Subject } from './turns.ts'

export interface ClusterPlan {
  readonly runtime: Runtime
  /** Of the runtime. */
  readonly version: string
  readonly rounds: number
  readonly events: number
  /** Of recovery. */
  readonly cycles: number
  /** Of brokers. */
  readonly kills: number
  /** `replica.fetch.backoff.ms` of the brokers that are killed. */
  readonly backoffsMs: readonly number[]
  readonly parts: readonly ClusterPart[]
  readonly clients: readonly KafkaClient[]
  /** Whether rivals take turns with the drains. */
  readonly rivals: boolean
  say(line: string): void
}

export const CLUSTER_PARTS = ['drain', 'idle', 'latency', 'recovery', 'failover'] as const
export type ClusterPart = (typeof CLUSTER_PARTS)[number]

const IDLE_SECONDS = 60
const RATES = [1000, 5000]
const LATENCY_SECONDS = 30
/** The default of the runtime's settings. */
/** Of a broker's followers: by default, and as brokers that are started here have it. */
export const BACKOFFS_MS: readonly number[] = [1000, 100]
/** Of recovery and failover. */
const SESSION_MS = 6000
const PER_SECOND = 2000
const ACCOUNTS = 400_000
const LATENCY_ENV = { COMMIT_MS: String(COMMIT_WAIT_MS) }
/** A drain reads from the start of a long topic: few states are pressed out, large commits. */
const DRAIN_ENV = { COMMIT_MS: '100', W1_FOLD: '400000' }

export async function measureCluster(plan: ClusterPlan): Promise<ClusterRows> {
  const services = new Services()
  try {
    const redis = await services.address('redis')
    // Failover has brokers of its own.
    const brokers = plan.parts.every((part) => part === 'failover') ? '' : await services.address('kafka')
    const base = { runtime: plan.runtime, brokers, redis }
    const rows: { drain: DrainRow[]; idle: IdleRow[]; latency: LatencyRow[]; recovery: RecoveryRow[]; failover: FailoverRow[] } = { drain: [], idle: [], latency: [], recovery: [], failover: [] }
    const turns = plan.parts.includes('drain') ? await drains(plan, base) : []
    for (const { what, events, rounds, rate, cpuUs, firstMs } of turns) if (isOurs(what)) rows.drain.push({ client: what, events, rounds, rate, cpuUs, firstMs })
    for (const client of plan.clients) {
      if (plan.parts.includes('idle')) rows.idle.push(await idle(plan, { ...base, client }))
      if (plan.parts.includes('latency')) rows.latency.push(...(await latencies(plan, { ...base, client })))
      if (plan.parts.includes('recovery')) rows.recovery.push(...(await recovery(plan, { ...base, client })))
      if (plan.parts.includes('failover')) rows.failover.push(...(await failover(plan, { ...base, client })))
    }
    return { ...Object.fromEntries(plan.parts.map((part) => [part, rows[part]])), ...(plan.rivals ? { rivals: turns } : {}) }
  } finally {
    services.end()
  }
}

type Place = { readonly runtime: Runtime; readonly brokers: string; readonly redis: string }
type Base = Place & { readonly client: KafkaClient }

const isOurs = (what: RivalRow['what']): what is KafkaClient => KAFKA_CLIENTS.some((client) => client === what)

async function drains({ clients, rivals, version, rounds, events, say }: ClusterPlan, { runtime, brokers, redis }: Place): Promise<readonly RivalRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-bench-rivals-'))
  try {
    const runs = `${runtime.name === 'node' ? 'Node' : 'Bun'} ${version.replace(/^v/, '')}`
    const ours = clients.map((client): Subject => ({ what: client, version: `statelog ${manifest.version}, ${runs}`, program: memberProgram(runtime), env: { ...DRAIN_ENV, W1_REDIS: redis, W1_CLIENT: client } }))
    const others = rivals ? readyRivals({ path: runtime.path, runs }, folder, say).map(({ name, ...rival }): Subject => ({ what: name, ...rival, env: { COMMIT_MS: DRAIN_ENV.COMMIT_MS } })) : []
    return await measureTurns({ subjects: [...ours, ...others], brokers, events, rounds, say })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function idle({ say }: ClusterPlan, base: Base): Promise<IdleRow> {
  const percentOfCore = Math.round((await measureIdle({ ...base, seconds: IDLE_SECONDS })) * 100) / 100
  say(`${base.runtime.name} ${base.client}: idle with 16 partitions, ${percentOfCore} % of a core`)
  return { client: base.client, percentOfCore }
}

/** The runtime's defaults. */
async function latencies({ say }: ClusterPlan, base: Base): Promise<readonly LatencyRow[]> {
  const rows: LatencyRow[] = []
  for (const perSecond of RATES) {
    const sorted = (await measureLatency({ ...base, perSecond, seconds: LATENCY_SECONDS, env: LATENCY_ENV })).toSorted((a, b) => a - b)
    const at = (share: number): number => Math.round(10 * (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN)) / 10
    const row = { client: base.client, perSecond, events: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), longestMs: at(1) }
    say(`${base.runtime.name} ${base.client}: ${perSecond} events/s, p50 ${row.p50Ms} ms, p99 ${row.p99Ms} ms, longest ${row.longestMs} ms from due to seen`)
    rows.push(row)
  }
  return rows
}

async function recovery({ cycles, say }: ClusterPlan, base: Base): Promise<readonly RecoveryRow[]> {
  const { times, rebuildRates } = await measureRecovery({ ...base, cycles, sessionMs: SESSION_MS, perSecond: PER_SECOND, accounts: ACCOUNTS, say })
  return rowsOf(base, times, say, (kind) => (kind === 'emptied' && rebuildRates.length > 0 ? { rebuiltPerSecond: Math.round(median(rebuildRates)) } : {}))
}

async function failover({ kills, backoffsMs, say }: ClusterPlan, base: Base): Promise<readonly FailoverRow[]> {
  const rows: FailoverRow[] = []
  for (const backoffMs of backoffsMs) {
    say(`${base.runtime.name} ${base.client}: brokers whose replica.fetch.backoff.ms is ${backoffMs}`)
    const times = await measureFailover({ ...base, kills, sessionMs: SESSION_MS, perSecond: PER_SECOND, accounts: ACCOUNTS, backoffMs, say })
    for (const [kind, all] of Object.entries(times).filter(([, each]) => each.length > 0)) {
      const sorted = (all as number[]).toSorted((a, b) => a - b)
      const row = { client: base.client, backoffMs, kind, kills: sorted.length, p50Ms: Math.round(sorted[sorted.length >> 1] ?? NaN), longestMs: Math.round(sorted.at(-1) ?? NaN), overSecond: sorted.filter((ms) => ms > 1000).length }
      say(`${base.runtime.name} ${base.client}, backoff ${backoffMs}: ${kind} of ${row.kills} kills: p50 ${row.p50Ms} ms, longest ${row.longestMs} ms, ${row.overSecond} over a second`)
      rows.push(row)
    }
  }
  return rows
}

function rowsOf(base: Base, times: object, say: (line: string) => void, more: (kind: string) => Partial<RecoveryRow> = () => ({})): readonly RecoveryRow[] {
  return Object.entries(times).map(([kind, all]) => {
    const sorted = (all as number[]).toSorted((a, b) => a - b)
    const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN)
    const row: RecoveryRow = { client: base.client, kind, count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), longestMs: at(1), ...more(kind) }
    say(`${base.runtime.name} ${base.client}: ${kind} ${row.count} times, p50 ${row.p50Ms} ms, p99 ${row.p99Ms} ms, longest ${row.longestMs} ms${row.rebuiltPerSecond === undefined ? '' : `; caches made anew at ${row.rebuiltPerSecond} states a second and partition`}`)
    return row
  })
}

class Services {
  readonly #started: Started[] = []
  #folder: string | undefined

  async address(service: ServiceName): Promise<string> {
    const known = process.env[variableOf(service)]
    if (known !== undefined) return known
    const why = missing(service)
    if (why !== undefined) throw new TypeError(`${service} is needed: ${why}`)
    this.#folder ??= mkdtempSync(join(tmpdir(), 'statelog-bench-services-'))
    const started = await startService(service, { folder: this.#folder, brokers: 1, detached: false, usualPorts: false })
    this.#started.push(started)
    return started.address
  }

  end(): void {
    for (const { processes } of this.#started) processes.forEach(end)
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true })
  }
}
