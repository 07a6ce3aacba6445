// Results: what was measured, by bench and runtime, kept in `results.json` so that a page can be made of parts measured at different times.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KafkaClient } from '../../adapters/node/medium.ts'
import type { RivalName } from './rivals/words.ts'

export type RuntimeName = 'node' | 'bun'

export interface MicroRow {
  readonly name: string
  /** Median, microseconds an operation. */
  readonly medianUs: number
  /** Relative margin of error of the mean, percent. */
  readonly errorPercent: number
}

export interface W1Row {
  readonly engine: 'reducer' | 'compiled' | 'xstate'
  /** Where the actor type's limits differ from the defaults. */
  readonly limits: string
  readonly events: number
  readonly accounts: number
  readonly rounds: number
  /** Medians over the rounds. */
  readonly rate: number
  readonly rawRate: number
  readonly ratioPercent: number
  readonly cpuUs: number
  readonly commitMs: number
  readonly commitP99Ms: number
  readonly peakMb: number
}

export interface EntitiesRow {
  readonly engine: W1Row['engine']
  readonly accounts: number
  readonly events: number
  readonly rounds: number
  readonly rate: number
  readonly cpuUs: number
  /** Whether states are written as seldom as `SELDOM` in `w1/entities.ts` says, and not as by default. */
  readonly isSeldom?: boolean
  /** What JavaScript holds after a collection beyond what it holds with one entity, bytes for each. */
  readonly bytesEach: number
  readonly peakMb: number
}

export interface WorkersRow {
  readonly engine: W1Row['engine']
  /** Worker threads; 0: the main thread steps. */
  readonly workers: number
  readonly events: number
  readonly rounds: number
  readonly rate: number
  /** Of as many raw writers together, each with a file of its own. */
  readonly rawRate: number
  readonly cpuUs: number
  readonly peakMb: number
}

export interface WatchRow {
  readonly events: number
  readonly pairs: number
  /** Medians. Processor time of all threads, the watcher's too. */
  readonly watchedCpuUs: number
  readonly aloneCpuUs: number
  readonly cpuRatio: number
  readonly rateRatio: number
  readonly looks: number
  /** Of the worker thread's samples in a CPU profile, those that count and answer; only where profiles are taken. */
  readonly watchedPercent?: number
  readonly alonePercent?: number
}

export interface FleetRow {
  readonly subject: 'tracker' | 'domain'
  readonly deliveries: number
  readonly seconds: number
  readonly pingsPerSecond: number
  readonly etasPerSecond: number
  /** From when a ping was due to the read of its ETA. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Records behind, medians of the first and the last 10 s. */
  readonly lagFirst: number
  readonly lagLast: number
  /** How far the load came behind its own schedule. */
  readonly behindMs: number
  /** Processor time of everything, the load included, in cores. */
  readonly cores: number
  readonly peakMb: number
}

/** Questions for entities while little or nothing happens. */
export interface QueryRow {
  readonly carrier: 'http' | 'nats'
  /** `plain`: somebody answered who does nothing else. */
  readonly mode: 'plain' | 'idle' | 'half'
  readonly perSecond: number
  readonly eventsPerSecond: number
  readonly answers: number
  readonly wrong: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
}

/** What questions cost at full speed. */
export interface QueryCostRow {
  readonly carrier: 'none' | 'http' | 'nats'
  readonly perSecond: number
  readonly answersPerSecond: number
  readonly events: number
  readonly rounds: number
  /** Medians over the rounds. */
  readonly eventsPerSecond: number
  readonly workerSecondsPerMillion: number
  readonly mainCores: number
}

export interface DrainRow {
  readonly client: string
  readonly events: number
  readonly rounds: number
  /** Medians over the rounds. */
  readonly rate: number
  readonly cpuUs: number
  readonly firstMs: number
}

export interface IdleRow {
  readonly client: string
  readonly percentOfCore: number
}

export interface RecoveryRow {
  readonly client: string
  readonly kind: string
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
  /** Of an emptied cache: states a second and partition. */
  readonly rebuiltPerSecond?: number
}

/** Of brokers that were killed. */
export interface FailoverRow {
  readonly client: string
  /** The brokers' \`replica.fetch.backoff.ms\`. */
  readonly backoffMs: number
  readonly kind: string
  readonly kills: number
  readonly p50Ms: number
  readonly longestMs: number
  /** Kills of which it was more than a second. */
  readonly overSecond: number
}

export interface LatencyRow {
  readonly client: string
  readonly perSecond: number
  readonly events: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly longestMs: number
}

/** One of those that took turns: ours with a client, or a rival. */
export interface RivalRow {
  readonly what: KafkaClient | RivalName
  readonly version: string
  /** Of the measurement, `2026-01-31`. */
  readonly date: string
  readonly events: number
  readonly rounds: number
  /** Medians over the rounds. */
  readonly rate: number
  readonly cpuUs: number
  readonly firstMs: number
}

/** On a Kafka cluster. */
export interface ClusterRows {
  /** All of the same rounds. */
  readonly rivals?: readonly RivalRow[]
  readonly drain?: readonly DrainRow[]
  readonly idle?: readonly IdleRow[]
  readonly recovery?: readonly RecoveryRow[]
  readonly failover?: readonly FailoverRow[]
  readonly latency?: readonly LatencyRow[]
}

/** Everything about one runtime. */
export interface RuntimeResults {
  readonly version: string
  readonly micro?: readonly MicroRow[]
  readonly w1?: readonly W1Row[]
  readonly memory?: readonly W1Row[]
  readonly entities?: readonly EntitiesRow[]
  readonly workers?: readonly WorkersRow[]
  readonly watch?: readonly WatchRow[]
  readonly fleet?: readonly FleetRow[]
  readonly query?: { readonly latency: readonly QueryRow[]; readonly cost: readonly QueryCostRow[] }
  readonly cluster?: ClusterRows
}

export interface Results {
  readonly machine: string
  readonly runtimes: { readonly [name in RuntimeName]?: RuntimeResults }
}

const FILE = join(import.meta.dirname, 'results.json')

export function readResults(): Results {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : { machine: '', runtimes: {} }
}

export function writeResults(results: Results): void {
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`)
}

/** Parts measured anew replace the old ones. */
export function merged(results: Results, machine: string, runtime: RuntimeName, part: RuntimeResults): Results {
  const before = results.runtimes[runtime]
  const cluster = before?.cluster === undefined && part.cluster === undefined ? {} : { cluster: mergedCluster(before?.cluster ?? {}, part.cluster ?? {}) }
  return { machine, runtimes: { ...results.runtimes, [runtime]: { ...before, ...part, ...cluster } } }
}

/** What was measured with one client, or brokers of one kind, leaves the others' rows as they are. */
function mergedCluster(before: ClusterRows, now: ClusterRows): ClusterRows {
  type Of = { readonly client: string; readonly backoffMs?: number }
  const of = <T extends Of>(old: readonly T[] = [], rows: readonly T[] = []): readonly T[] => [...old.filter(({ client, backoffMs }) => rows.every((row) => row.client !== client || row.backoffMs !== backoffMs)), ...rows]
  const rivals = now.rivals ?? before.rivals
  return { ...(rivals === undefined ? {} : { rivals }), drain: of(before.drain, now.drain), idle: of(before.idle, now.idle), recovery: of(before.recovery, now.recovery), failover: of(before.failover, now.failover), latency: of(before.latency, now.latency) }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}
