// `statelog run`: a scenario or a system, embedded in a data folder, until it is done or told to stop.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseDuration } from '../../../system/authoring/duration.ts'
import type { Duration } from '../../../system/authoring/duration.ts'
import type { ScenarioRun } from '../../../system/authoring/scenario.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { addTotals, noTotals } from '../../../system/inspect/totals.ts'
import type { Totals } from '../../../system/inspect/totals.ts'
import { planSystem } from '../../../system/partition/topology.ts'
import { cborCodec } from '../../cbor/codec.ts'
import { systemClock } from '../../node/clock.ts'
import { keepHeapSmall } from '../../node/heap.ts'
import { openEmbedded } from '../../node/embedded.ts'
import type { Embedded } from '../../node/embedded.ts'
import { feedInput } from '../../node/feed-progress.ts'
import { openFeeder } from '../../node/feeder.ts'
import type { Feeder } from '../../node/feeder.ts'
import { sourceLagAtRest } from '../../node/look.ts'
import type { Look } from '../../node/look.ts'
import { markFinished } from '../../node/manifest.ts'
import type { Origin } from '../../node/manifest.ts'
import { whereOf } from '../../node/medium.ts'
import type { Medium } from '../../node/medium.ts'
import { certificates } from '../../node/query-service.ts'
import type { QueryService } from '../../node/query-service.ts'
import type { StateCache } from '../../node/state-cache.ts'
import { settingsOf, shownUrl } from '../../nats/options.ts'
import { outputReader } from '../../node/outputs.ts'
import { run } from '../../node/run.ts'
import type { RunEnd } from '../../node/run.ts'
import { RunTelemetry } from '../../node/run-telemetry.ts'
import { stopSignals } from '../../node/stop-signals.ts'
import { Tempo } from '../../node/tempo.ts'
import { VERSION } from '../../node/version.ts'
import { bringUpToDate } from '../../sqlite/log.ts'
import type { Arguments, Flags, FlagValues } from '../arguments.ts'
import { CLUSTER_FLAGS, mediumFrom, stateCacheOf } from '../cluster-flags.ts'
import { NATS_FLAGS } from '../command.ts'
import type { Command } from '../command.ts'
import { DATA, assertMedium, earlierRun, moveAside, shown } from '../data-folder.ts'
import { drivenScenario } from '../driven.ts'
import { openFaces } from '../faces.ts'
import type { Faces, FacesAsked } from '../faces.ts'
import { httpFaceOf, HTTP_FLAGS } from '../http-face.ts'
import { NATS_API_FLAGS, natsApiOf } from '../nats-face.ts'
import { interpretedLines } from '../engine-words.ts'
import { EXIT, UsageError } from '../exit-codes.ts'
import type { Io } from '../io.ts'
import { ProgressMeter } from '../progress.ts'
import { reporterOf } from '../reporter.ts'
import type { Reporter } from '../reporter.ts'
import { isMet, summaryLines, summaryObject } from '../run-summary.ts'
import type { RunFacts } from '../run-summary.ts'
import { folderName, loadTarget } from '../target.ts'
import type { Target } from '../target.ts'
import { grouped } from '../text.ts'

/** The feed, the writer and what people see want a core too. */
const WORKERS = Math.max(1, Math.min(4, availableParallelism() - 1))

const FLAGS: Flags = {
  folder: { value: 'folder', help: `data folder; default: ./${DATA}/<name of the scenario>` },
  fresh: { help: 'start over: what the folder holds is moved to <folder>.previous' },
  keep: { help: 'stay with a finished run instead of starting over: shows its summary again' },
  data: { value: 'file', help: 'read the input from this file instead of generating it' },
  expect: { value: 'file', help: 'compare the outputs with this file; exit code 1 on any difference' },
  seed: { value: 'number', help: 'of everything that is generated (default 1)' },
  events: { value: 'number', help: 'how much to generate; 10k and 2M are understood' },
  rate: { value: 'number', help: 'events a second (default: as fast as they are consumed)' },
  duration: { value: 'time', help: 'stop feeding after this long: 30s, 5m, 1h' },
  workers: { value: 'number', help: 'worker threads that run the partitions (default: one less than cores, at most 4); 0: none, everything on one thread' },
  ...CLUSTER_FLAGS,
  'no-feed': { help: 'run the partitions only: another process feeds the scenario' },
  ...NATS_FLAGS,
  ...NATS_API_FLAGS,
  ...HTTP_FLAGS,
  'no-supervise': { help: 'without the parent process that starts the run again when it dies (also off under systemd and Kubernetes)' },
  json: { help: 'one JSON object a line: start, progress, summary' },
  quiet: { help: 'only the summary' },
}

export const runCommand: Command = {
  name: 'run',
  summary: 'run a scenario or a system in a data folder, no server needed',
  usage: ['run <scenario | file> [flags]'],
  about: [
    'A scenario feeds its system until everything is decided; a file that exports a system runs until it is stopped.',
    'Ctrl-C stops in order: states are written, the next run goes on where this one stopped. A second Ctrl-C hurries.',
    'A runtime that dies is started again by its parent process and goes on; what ends it each time is found and dead-lettered as crash.',
    'An unfinished run in the folder is continued. A finished one in the default folder is moved aside and the run starts over.',
  ],
  flags: FLAGS,
  wordsMax: 1,
  examples: ['run fraud --events 50k', 'run fraud --data transactions.csv.gz --order eventTime', 'run door.system.ts'],
  moreFlags: async (args) => {
    const word = args.find((arg) => !arg.startsWith('-'))
    const target = word === undefined ? undefined : await loadTarget(word).catch(() => undefined)
    if (target?.kind !== 'scenario') return {}
    return Object.fromEntries(Object.entries(target.scenario.flags).map(([name, flag]) => [name, { value: flag.values?.join('|') ?? 'text', ...flag }]))
  },
  run: runIt,
}

interface Session {
  readonly target: Target
  readonly origin: Origin
  readonly folder: string
  readonly medium: Medium
  readonly scenario: ScenarioRun | undefined
  readonly system: SystemDefinition
  readonly reporter: Reporter
  readonly io: Io
  readonly flags: FlagValues
  readonly durationMs: number | undefined
  readonly rate: number | undefined
  readonly workers: number
  readonly queries: QueryService | undefined
  readonly stateCache: StateCache | undefined
  readonly asked: FacesAsked
}

async function runIt({ words, flags }: Arguments, io: Io): Promise<number> {
  const [word] = words
  if (word === undefined) throw new UsageError('run what? statelog run fraud')
  const target = await loadTarget(word)
  const origin: Origin = {
    target: target.name, flags: ownFlags(target, flags), seed: flags.number('seed', { min: 0 }) ?? 1,
    data: flags.text('data') ?? null, events: flags.number('events', { min: 1 }) ?? null,
  }
  const duration = flags.text('duration')
  const durationMs = duration === undefined ? undefined : durationOf(duration)
  const rate = flags.number('rate', { min: 0.001, whole: false })
  const medium = mediumFrom(flags)
  const http = await httpFaceOf(flags, process.env)
  const folder = flags.text('folder') ?? join(DATA, `${folderName(target)}${medium.kind === 'kafka' ? '-kafka' : ''}`)
  const reporter = reporterOf(flags.has('json') ? 'json' : flags.has('quiet') ? 'quiet' : 'people', io)
  await settleFolder(folder, medium, flags, target, origin, reporter)
  const scenario = target.kind === 'system' ? undefined : await target.scenario.prepare({ seed: origin.seed, data: origin.data ?? undefined, events: origin.events ?? undefined, flags: new Map(Object.entries(origin.flags)) })
  if (flags.has('expect') && scenario?.expect === undefined) throw new UsageError(`${target.name} has nothing to compare with --expect`)
  const system = target.kind === 'system' ? target.system : (scenario as ScenarioRun).system
  const queries = queriesOf(flags)
  const stateCache = stateCacheOf(flags, medium)
  const workers = Math.min(flags.number('workers', { min: 0, max: 64 }) ?? WORKERS, system.partitions * system.actors.length)
  return runSession({ target, origin, folder, medium, scenario: flags.has('no-feed') ? undefined : scenario, system, reporter, io, flags, durationMs, rate, workers, queries, stateCache, asked: { http, natsApi: natsApiOf(flags, queries) } })
}

function ownFlags(target: Target, flags: FlagValues): Record<string, string> {
  const names = target.kind === 'scenario' ? Object.keys(target.scenario.flags) : []
  return Object.fromEntries(names.flatMap((name) => {
    const value = flags.text(name)
    return value === undefined ? [] : [[name, value]]
  }))
}

/** Throws OperationError for what is no address of NATS, before anything is opened. */
function queriesOf(flags: FlagValues): QueryService | undefined {
  const url = flags.text('nats')
  const [prefix, ca] = [flags.text('nats-prefix'), flags.text('nats-ca')]
  if (url === undefined) for (const flag of ['nats-prefix', 'nats-ca']) if (flags.has(flag)) throw new UsageError(`--${flag} goes with --nats`)
  if (url !== undefined) settingsOf({ url, ...(prefix === undefined ? {} : { prefix }), ...(ca === undefined ? {} : { ca: certificates(ca) }) })
  return url === undefined ? undefined : { url, prefix, ca }
}

function durationOf(text: string): number {
  try {
    return parseDuration(text as Duration)
  } catch {
    throw new UsageError(`--duration is '${text}', expected a time such as 30s, 5m or 1h`)
  }
}

/** Continues, starts over or complains, before anything is opened. */
async function settleFolder(folder: string, medium: Medium, flags: FlagValues, target: Target, origin: Origin, reporter: Reporter): Promise<void> {
  assertMedium(folder, medium, flags.has('fresh'))
  if (medium.kind === 'embedded') bringUpToDate(folder, () => reporter.notice(`${shown(folder)} was written by an older version: its log is brought up to date`))
  const earlier = await earlierRun(folder)
  if (earlier === undefined) return
  // What stands on a cluster is not ours to move.
  const isDefault = !flags.has('folder') && medium.kind === 'embedded'
  if (flags.has('fresh') || (earlier.finished && isDefault && !flags.has('keep') && target.kind === 'scenario')) {
    const previous = moveAside(folder)
    reporter.notice(`starting over; the ${earlier.finished ? 'finished' : 'earlier'} run is kept in ${shown(previous)}`)
  } else if (earlier.progress !== undefined && earlier.progress.input !== feedInput(origin)) {
    // The feeder refuses it, with the cure.
  } else if (earlier.finished) {
    reporter.notice(`${shown(folder)} holds a finished run; nothing is left to feed (--fresh starts over)`)
  } else if (earlier.progress !== undefined && earlier.progress.events > 0) {
    reporter.notice(`continuing the run in ${shown(folder)}: ${grouped(earlier.progress.events)} events are fed already (--fresh starts over)`)
  }
}

async function runSession(session: Session): Promise<number> {
  const { folder, medium, origin, system, scenario, reporter, durationMs, rate, io } = session
  let hasEnded = false
  const signals = stopSignals((isHurry) => {
    if (!hasEnded) reporter.notice(isHurry ? 'hurrying: states are left to the next run' : 'stopping in order (again to hurry) ...')
  })
  const telemetry = new RunTelemetry(({ message }) => reporter.notice(message))
  let embedded: Embedded | undefined
  let faces: Faces | undefined
  try {
    keepHeapSmall()
    embedded = await openEmbedded({ folder, medium, ...(session.stateCache === undefined ? {} : { stateCache: session.stateCache }), system, origin, telemetry, hurry: signals.hurry, ...(session.queries === undefined ? {} : { queries: session.queries }), ...(session.workers === 0 ? {} : { threads: { count: session.workers, loader: { module: new URL('../worker-system.ts', import.meta.url).href, argument: { folder } } } }) })
    const feeder = scenario === undefined ? undefined : await openFeeder({ log: embedded.log, codec: cborCodec, clock: systemClock, system, folder, input: feedInput(origin) })
    const feed = scenario === undefined || feeder === undefined ? undefined : { scenario, feeder, tempo: new Tempo(rate) }
    faces = await openFaces(session.asked, embedded, (message) => reporter.notice(message), feed && drivenScenario(session.target.name, feed, embedded))
    reporter.head(headLines(session, faces), headFacts(session, faces))
    for (const line of interpretedLines(system)) reporter.notice(line)
    const base = Math.max(0, (feeder?.progress.events ?? 0) - (await sourceLagAtRest(embedded.log, cborCodec, planSystem(system))))
    const meter = new ProgressMeter(telemetry, scenario?.total, base, () => systemClock.monotonicMs())
    const startedMs = systemClock.monotonicMs()
    const onLook = (look: Look): void => reporter.progress(meter.at(look, feeder?.progress))
    const end = await run({ embedded, clock: systemClock, feed, durationMs, stop: signals.stop, onLook, lookEveryMs: reporter.everyMs })
    const look = await embedded.look()
    meter.at(look, feeder?.progress)
    const elapsedMs = systemClock.monotonicMs() - startedMs
    await faces?.close()
    await embedded.drain()
    const facts = await conclude(session, { embedded, feeder, telemetry, look, end, elapsedMs, consumedHere: meter.consumedHere })
    if (end.kind === 'consumed' && end.fed === 'ended') markFinished(folder)
    hasEnded = true
    reporter.end(summaryLines(facts, io.paint), summaryObject(facts))
    return exitCodeOf(facts)
  } finally {
    await faces?.close()
    await embedded?.close()
    signals.dispose()
  }
}

interface Ended {
  readonly embedded: Embedded
  readonly feeder: Feeder | undefined
  readonly telemetry: RunTelemetry
  readonly look: Look
  readonly end: RunEnd
  readonly elapsedMs: number
  readonly consumedHere: number
}

async function conclude({ folder, scenario, system, flags }: Session, ended: Ended): Promise<RunFacts> {
  const { embedded, feeder, telemetry, look, end, elapsedMs, consumedHere } = ended
  const reader = outputReader(embedded.log)
  const isWhole = end.kind === 'consumed'
  const conclusion = isWhole ? (await scenario?.conclude?.(reader)) ?? [] : []
  const expected = flags.text('expect')
  const expectation = isWhole && expected !== undefined ? await scenario?.expect?.(expected, reader) : undefined
  return {
    end, folder, system, isLive: scenario === undefined, elapsedMs, consumedHere, fed: feeder?.progress.events ?? 0, total: scenario?.total,
    commitP50Ms: telemetry.commitMs.percentile(0.5), commitP99Ms: telemetry.commitMs.percentile(0.99),
    states: look.occupancy, parked: look.parked, totals: await totalsOf(embedded), conclusion, expectation,
    tryNext: isWhole ? scenario?.tryNext ?? [] : [],
  }
}

async function totalsOf({ log, system }: Embedded): Promise<Totals> {
  const totals = noTotals()
  for (const plan of planSystem(system).values()) {
    for (let partition = 0; partition < plan.partitions; partition += 1) await addTotals(totals, log, cborCodec, plan, partition)
  }
  return totals
}

function exitCodeOf({ end, expectation }: RunFacts): number {
  if (end.kind === 'interrupted') return EXIT.interrupted
  return end.kind === 'failed' || !isMet(expectation) ? EXIT.problem : EXIT.ok
}

function headLines({ target, folder, medium, system, scenario, io, workers, queries }: Session, { http, nats }: Faces): readonly string[] {
  const name = target.kind === 'scenario' ? target.scenario.name : system.name
  return [
    `${io.paint('bold', `statelog ${VERSION}`)} · ${name} · ${whereOf(medium, shown(folder))} · ${system.partitions} partitions · workers: ${workers} · ${runtimeName()}`,
    scenario?.about ?? liveAbout(system),
    ...(queries === undefined ? [] : [`answering over NATS: statelog get <type> <id> --nats ${shownUrl(queries.url)}`]),
    ...(nats === undefined ? [] : [`answering questions over NATS: nats request ${nats.subject.replace('>', 'listTypes')} ''`]),
    ...(http === undefined ? [] : [`answering over HTTP: ${http.url}/v1/types, described by ${http.url}/openapi.json`, `to be watched in a browser: ${http.url}/ui/`]),
    '',
  ]
}

function liveAbout({ actors }: SystemDefinition): string {
  const sources = [...new Set(actors.flatMap((actor) => actor.sources.map((source) => `'${source.topic}'`)))]
  const [first] = actors
  const how = `statelog send ${first?.name ?? '<type>'} <id> <event>`
  return `${sources.length === 0 ? 'taking' : `consuming ${sources.join(', ')}, and taking`} what is sent (${how}), until it is stopped (Ctrl-C)`
}

function headFacts({ folder, system, scenario, origin, workers }: Session, { http }: Faces): Record<string, unknown> {
  return { statelog: VERSION, runtime: runtimeName(), pid: process.pid, folder, system: system.name, partitions: system.partitions, workers, about: scenario?.about ?? null, total: scenario?.total ?? null, ...(http === undefined ? {} : { http: http.url, ui: `${http.url}/ui/` }), ...origin }
}

function runtimeName(): string {
  const bun = process.versions['bun']
  return bun === undefined ? `Node ${process.versions.node}` : `Bun ${bun}`
}
