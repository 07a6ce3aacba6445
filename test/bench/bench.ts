// The bench: `npm run bench -- <what>...`. Measures on both runtimes and writes `results.json` and `README.md` when told to.
//
// Owns: the plan of each measurement and the command line. Measuring is done by child processes, so that one cannot warm up or fill the next.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { KAFKA_CLIENTS } from '../../adapters/node/medium.ts'
import type { KafkaClient } from '../../adapters/node/medium.ts'
import { findRuntimes } from '../runner/run-tier.ts'
import { measurePageHeap } from './browser/heap.ts'
import { BACKOFFS_MS, CLUSTER_PARTS, measureCluster } from './cluster/measure.ts'
import type { ClusterPart } from './cluster/measure.ts'
import { measureFleet } from './delivery/measure.ts'
import { page } from './page.ts'
import { measureQueries } from './query/measure.ts'
import { readProfiles } from './profile.ts'
import { merged, readResults, writeResults } from './results.ts'
import type { FleetRow, MicroRow, RuntimeResults, W1Row } from './results.ts'
import { measureEntities } from './w1/entities.ts'
import { measureW1 } from './w1/measure.ts'
import type { MeasurePlan, Runtime } from './w1/measure.ts'
import { measureWatch } from './w1/watch.ts'
import { measureWorkers } from './w1/workers.ts'

const USAGE = `npm run bench -- [micro | w1 | memory | entities | workers | watch | fleet | query | cluster | page-heap | page]... [--node | --bun] [--rounds n] [--events n] [--deliveries n] [--cycles n] [--kills n] [--backoff n] [--minutes n] [--part p] [--client c] [--rivals] [--profile] [--write]
  micro    the parts of an event's path, each by itself
  w1       the whole runtime, embedded, next to the raw append of SQLite
  memory   1,000,000 entities in 64 MiB, three events each
  entities bytes and processor time from a thousand entities in memory to a million
  workers  w1 stepped by the main thread, by one worker thread and by two
  watch    w1 on a worker thread, watched and not, in pairs (--rounds of them)
  fleet    100,000 deliveries, a ping every 5 s each, at their time (--deliveries of the domain's own statecharts: 5,000)
  query    entities asked for over HTTP and NATS: latency idle and at half load, and what 5,000 a second cost the worker thread
  cluster  on a Kafka broker, by both clients: W1, what an idle process takes, latency, and recovery (--part drain, idle, latency, recovery or failover: only that;
           --client platformatic or kafkajs: only that; --cycles of recovery: 15; --kills of brokers: 30, each with a replica.fetch.backoff.ms of 1000 and of 100, or only that of
           --backoff; --rivals, on Node: loops written by hand, Kafka Streams and Restate take turns with the drains)
  page-heap  what pages that stay open hold in a browser after its garbage is collected, minute by minute (--minutes: 15; nothing of it is kept)
  page     only writes README.md from results.json
  --profile prints where the processor time of w1 goes (Node)
  --write   keeps the results and writes the page`

const ROOT = join(import.meta.dirname, '../..')
const WHATS = ['micro', 'w1', 'memory', 'entities', 'workers', 'watch', 'fleet', 'query', 'cluster', 'page-heap', 'page']
/** Of no runtime. */
const APART = ['page-heap', 'page']
const COSTS_SHOWN = 30
const ENTITY_COUNTS = [1000, 10_000, 100_000, 1_000_000]

interface Options {
  readonly rounds: number
  readonly events: number | undefined
  readonly deliveries: number | undefined
  readonly cycles: number
  readonly kills: number
  readonly backoffMs: number | undefined
  readonly part: ClusterPart | undefined
  readonly client: KafkaClient | undefined
  readonly hasRivals: boolean
  readonly isProfiled: boolean
}

function micro({ name, path }: Runtime): readonly MicroRow[] {
  const flags = name === 'node' ? ['--disable-warning=ExperimentalWarning'] : ['--no-install', '--no-env-file']
  const run = spawnSync(path, [...flags, join(import.meta.dirname, 'micro.ts')], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_ENV: 'production' } })
  if (run.status !== 0) throw new TypeError(`the micro-benchmarks ended with ${run.status}`)
  return JSON.parse(run.stdout) as readonly MicroRow[]
}

/** The reducer and XState's interpreter, with the runtime's defaults. */
function w1Plans(runtime: Runtime, { rounds, events }: Options, profile: string | undefined): readonly MeasurePlan[] {
  const workload = (count: number) => ({ events: events ?? count, accounts: 100_000, visits: 'random' as const })
  const base = { runtime, rounds, rawRows: 400_000, profile }
  return [
    { ...base, workload: workload(2_000_000), engine: 'reducer', limits: {} },
    { ...base, workload: workload(2_000_000), engine: 'compiled', limits: {} },
    { ...base, workload: workload(500_000), engine: 'xstate', limits: {} },
  ]
}

/** 16 MiB for each of four partitions. */
function memoryPlan(runtime: Runtime, { events }: Options): MeasurePlan {
  const accounts = 1_000_000
  return { runtime, rounds: 1, rawRows: 0, profile: undefined, workload: { events: events ?? 3 * accounts, accounts, visits: 'rounds' }, engine: 'reducer', limits: { entityBytesMax: 16 << 20 } }
}

async function w1(runtime: Runtime, options: Options): Promise<readonly W1Row[]> {
  const rows: W1Row[] = []
  const folder = options.isProfiled && runtime.name === 'node' ? mkdtempSync(join(tmpdir(), 'statelog-profile-')) : undefined
  for (const plan of w1Plans(runtime, options, folder)) {
    const row = await measureW1(plan)
    say(rowLine(runtime, row))
    rows.push(row)
    if (folder === undefined) continue
    sayProfile(folder, plan.workload.events * plan.rounds)
    break
  }
  if (folder !== undefined) rmSync(folder, { recursive: true })
  return rows
}

function sayProfile(folder: string, events: number): void {
  for (const { busyMs, costs } of readProfiles(folder, ROOT).slice(0, 2)) {
    say(`  a thread, ${((busyMs * 1000) / events).toFixed(2)} us an event`)
    for (const { place, ms } of costs.slice(0, COSTS_SHOWN)) say(`    ${((ms * 1000) / events).toFixed(2).padStart(6)} us ${place}`)
  }
}

function rowLine({ name }: Runtime, row: W1Row): string {
  const ratio = row.rawRate > 0 ? `, ${row.ratioPercent} % of the raw append's ${row.rawRate}` : ''
  return `${name} ${row.engine}${row.limits === '' ? '' : ` (${row.limits})`}: ${row.rate} events/s${ratio}, ${row.cpuUs} us of processor an event, peak ${row.peakMb} MB`
}

async function measure(runtime: Runtime, whats: readonly string[], options: Options): Promise<RuntimeResults> {
  const version = spawnSync(runtime.path, ['--version'], { encoding: 'utf8' }).stdout.trim()
  let results: RuntimeResults = { version }
  if (whats.includes('micro')) {
    const rows = micro(runtime)
    for (const { name, medianUs } of rows) say(`${runtime.name} ${name}: ${medianUs} us`)
    results = { ...results, micro: rows }
  }
  if (whats.includes('w1')) results = { ...results, w1: await w1(runtime, options) }
  if (whats.includes('memory')) {
    const row = await measureW1(memoryPlan(runtime, options))
    say(rowLine(runtime, row))
    results = { ...results, memory: [row] }
  }
  if (whats.includes('entities')) {
    const rows = await measureEntities({ runtime, engine: 'compiled', counts: ENTITY_COUNTS, rounds: options.rounds }, (row) => say(`${runtime.name} ${row.accounts} entities${row.isSeldom === true ? ', states written seldom' : ''}: ${row.bytesEach} bytes each, ${row.cpuUs} us of processor an event, ${row.rate} events/s, peak ${row.peakMb} MB`))
    results = { ...results, entities: rows }
  }
  if (whats.includes('workers')) {
    const rows = await measureWorkers({ runtime, engine: 'compiled', events: options.events ?? 2_000_000, rounds: options.rounds })
    for (const { workers, rate, rawRate, cpuUs, peakMb } of rows) say(`${runtime.name} ${workers} worker threads: ${rate} events/s beside ${rawRate} raw rows/s, ${cpuUs} us of processor an event, peak ${peakMb} MB`)
    results = { ...results, workers: rows }
  }
  if (whats.includes('watch')) {
    const row = await measureWatch({ runtime, events: options.events ?? 2_000_000, pairs: options.rounds }, say)
    say(`${runtime.name} watched: ${row.cpuRatio} of the processor time, ${row.rateRatio} of the rate${row.watchedPercent === undefined ? '' : `; of the worker's profile ${row.watchedPercent} % counts and answers, ${row.alonePercent ?? 0} % when nobody watches`}`)
    results = { ...results, watch: [row] }
  }
  if (whats.includes('query')) results = { ...results, query: await measureQueries({ runtime, events: options.events ?? 2_000_000, rounds: options.rounds, say: (line) => say(`${runtime.name} ${line}`) }) }
  if (whats.includes('fleet')) results = { ...results, fleet: await fleets(runtime, options) }
  if (whats.includes('cluster')) {
    const { rounds, events = 2_000_000, cycles, kills, backoffMs, part, client, hasRivals } = options
    const parts = part === undefined ? CLUSTER_PARTS : [part]
    results = { ...results, cluster: await measureCluster({ runtime, version, rounds, events, cycles, kills, backoffsMs: backoffMs === undefined ? BACKOFFS_MS : [backoffMs], parts, rivals: hasRivals && runtime.name === 'node' && parts.includes('drain'), clients: client === undefined ? KAFKA_CLIENTS : [client], say }) }
  }
  return results
}

async function fleets(runtime: Runtime, { deliveries }: Options): Promise<readonly FleetRow[]> {
  const found: FleetRow[] = []
  for (const [subject, count] of [['tracker', 100_000], ['domain', 5000]] as const) {
    const row = await measureFleet({ runtime, subject, deliveries: deliveries ?? count, seconds: 60 })
    say(`${runtime.name} ${subject}: ${row.pingsPerSecond} pings/s, ${row.etasPerSecond} ETAs/s, p50 ${row.p50Ms} ms, p99 ${row.p99Ms} ms, behind ${row.lagFirst} then ${row.lagLast} records; the load was at most ${row.behindMs} ms late`)
    found.push(row)
  }
  return found
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function parsed(args: readonly string[]) {
  return parseArgs({ args: [...args], allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, node: { type: 'boolean' }, bun: { type: 'boolean' }, rounds: { type: 'string' }, events: { type: 'string' }, profile: { type: 'boolean' }, write: { type: 'boolean' }, deliveries: { type: 'string' }, cycles: { type: 'string' }, kills: { type: 'string' }, backoff: { type: 'string' }, minutes: { type: 'string' }, part: { type: 'string' }, rivals: { type: 'boolean' }, client: { type: 'string' } } })
}

async function main(args: readonly string[]): Promise<number> {
  let given: ReturnType<typeof parsed>
  try {
    given = parsed(args)
  } catch (thrown) {
    say(`${thrown instanceof Error ? thrown.message : String(thrown)}\n\n${USAGE}`)
    return 2
  }
  const { values, positionals } = given
  if (values.help === true) {
    say(USAGE)
    return 0
  }
  const part = CLUSTER_PARTS.find((one) => one === values.part)
  const client = KAFKA_CLIENTS.find((one) => one === values.client)
  if (positionals.length === 0 || positionals.some((what) => !WHATS.includes(what)) || (values.part !== undefined && part === undefined) || (values.client !== undefined && client === undefined)) {
    say(USAGE)
    return 2
  }
  const options: Options = { rounds: Number(values.rounds ?? 3), events: values.events === undefined ? undefined : Number(values.events), deliveries: values.deliveries === undefined ? undefined : Number(values.deliveries), cycles: Number(values.cycles ?? 15), kills: Number(values.kills ?? 30), backoffMs: values.backoff === undefined ? undefined : Number(values.backoff), part, client, hasRivals: values.rivals === true, isProfiled: values.profile === true }
  const found = findRuntimes(ROOT)
  const only = values.node === true ? 'node' : values.bun === true ? 'bun' : undefined
  let results = readResults()
  for (const name of ['node', 'bun'] as const) {
    const path = found[name]
    if (path === undefined || (only !== undefined && only !== name) || positionals.every((what) => APART.includes(what))) continue
    results = merged(results, machine(), name, await measure({ name, path }, positionals, options))
    // After each runtime: a run of hours that is ended keeps what it has.
    if (values.write === true) writeResults(results)
  }
  if (positionals.includes('page-heap')) await measurePageHeap({ minutes: Number(values.minutes ?? 15), say })
  if (values.write === true || positionals.includes('page')) writeFileSync(join(import.meta.dirname, 'README.md'), page(results))
  return 0
}

function machine(): string {
  const [cpu] = cpus()
  return `${cpus().length} cores (${cpu?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, load average ${(loadavg()[1] ?? 0).toFixed(1)}`
}

process.exitCode = await main(process.argv.slice(2))
