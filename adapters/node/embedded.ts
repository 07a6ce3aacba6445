// Runtime: a system in this process, over the log of a data folder (needs no server) or of a Kafka cluster.
//
// Owns: the folder while it is open (embedded: one runtime per folder, proven by its lock), and who runs the partitions.
import { modelsTopic } from '../../system/protocol/ids.ts'
import { randomUUID } from 'node:crypto'
import type { Clock } from '../../system/ports/clock.ts'
import type { Log } from '../../system/ports/log.ts'
import type { Random } from '../../system/ports/random.ts'
import type { Rpc } from '../../system/ports/rpc.ts'
import type { Telemetry } from '../../system/ports/telemetry.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import type { PartitionSettings } from '../../system/partition/deps.ts'
import { planSystem } from '../../system/partition/topology.ts'
import { ensureFittingTopics } from '../../system/node/fitting-topics.ts'
import { layeredRpc } from '../../system/node/layered-rpc.ts'
import { StatelogNode } from '../../system/node/node.ts'
import { EMBEDDED_COMMIT_WAIT_MS } from '../../system/protocol/limits.ts'
import { cborCodec } from '../cbor/codec.ts'
import { logModelStore } from '../memory/log-models.ts'
import { memoryRpc } from '../memory/rpc.ts'
import { openSqliteLog, SqliteLog } from '../sqlite/log.ts'
import { systemClock, systemRandom } from './clock.ts'
import { assertFits, manifestOf, readManifest, writeManifest } from './manifest.ts'
import type { Origin } from './manifest.ts'
import { lookAt, withElsewhere } from './look.ts'
import type { CommittedLog, Look } from './look.ts'
import { loadModels } from './model-loading.ts'
import { expectQueryService, openQueryService } from './query-service.ts'
import type { QueryService } from './query-service.ts'
import { expectStateCache, openStateCache } from './state-cache.ts'
import type { StateCache } from './state-cache.ts'
import type { SystemLoader } from './threads/messages.ts'
import { feedTopic } from './feed-progress.ts'
import { EMBEDDED, openCluster } from './medium.ts'
import type { KafkaMedium, Medium } from './medium.ts'
import { clusterThreadLogs, embeddedThreadLogs } from './threads/thread-log.ts'
import { Threads } from './threads/threads.ts'
import { VERSION } from './version.ts'

export interface EmbeddedOptions {
  readonly folder: string
  /** Default: the folder itself. */
  readonly medium?: Medium
  readonly system: SystemDefinition
  /** Remembered in the folder, so that readers load the same system. */
  readonly origin: Origin
  readonly telemetry: Telemetry
  readonly settings?: Partial<PartitionSettings>
  /** On a cluster: where states are kept; default: in memory. */
  readonly stateCache?: StateCache
  /** When it aborts, draining writes no more states. */
  readonly hurry?: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
  /** Answers queries from other processes there. */
  readonly queries?: QueryService
  /** Runs the partitions on worker threads; else on this one. */
  readonly threads?: { readonly count: number; readonly loader: SystemLoader }
}

/** Who runs the partitions: this thread, or others. */
interface Runner {
  start(): Promise<void>
  look(): Promise<Look>
  /** Reaches the owners of this process, and of others where queries are answered. */
  rpc(): Promise<Rpc>
  stop(): Promise<void>
}

export interface Embedded {
  readonly folder: string
  readonly system: SystemDefinition
  readonly medium: Medium
  readonly log: Log
  /** Every partition at this moment. */
  look(): Promise<Look>
  /** Reaches the owners of partitions: here, and with `queries` in other processes too. Ends with the runtime. */
  rpc(): Promise<Rpc>
  /** Takes the partitions and begins to consume. */
  start(): Promise<void>
  /** Writes states, releases the partitions; the log stays readable. Idempotent. */
  drain(): Promise<void>
  /** Drains, then frees the folder. Idempotent. */
  close(): Promise<void>
}

/** Opens the folder, creates its topics and loads the models. Throws OperationError, code and cure included, when the folder cannot be used. */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { folder, system, origin, medium = EMBEDDED } = options
  const clock = options.clock ?? systemClock
  const found = readManifest(folder)
  assertFits(folder, found, system)
  const log = await openLog(options, medium, clock)
  try {
    const fitting = ensureFittingTopics(log, planSystem(system), medium.kind === 'embedded' ? `data folder ${folder}, ` : '')
    if (options.threads === undefined) {
      expectStateCache(options.stateCache)
      expectQueryService(options.queries)
    }
    const unseen = await fitting
    if (unseen.length > 0) options.telemetry.log('warn', `how long topics are kept cannot be seen without DESCRIBE_CONFIGS on them: ${unseen.join(', ')}`)
    writeManifest(folder, manifestOf(origin, system, VERSION, medium))
    const runner = await runnerOf(options, medium, log, clock)
    const plans = planSystem(system)
    const look = medium.kind === 'embedded' ? (): Promise<Look> => runner.look() : patientLook(async () => withElsewhere(await runner.look(), log, plans), options.telemetry)
    return opened(folder, medium, system, log, { ...runner, start: () => runner.start(), stop: () => runner.stop(), rpc: () => runner.rpc(), look })
  } catch (thrown) {
    await log.close()
    throw thrown
  }
}

function openLog({ folder, system, telemetry, threads }: EmbeddedOptions, medium: Medium, clock: Clock): Promise<CommittedLog> {
  if (medium.kind === 'embedded') return openSqliteLog({ folder, mode: 'runtime', clock })
  const notice = (message: string): void => telemetry.log('warn', message)
  return openCluster(medium, clock, { appendAs: feedTopic(system.name), notice, ...(threads === undefined ? { instance: instanceName() } : {}) })
}

/** While no broker answers, the last look stands: what runs waits for the brokers too. */
function patientLook(look: () => Promise<Look>, telemetry: Telemetry): () => Promise<Look> {
  let last: Look | undefined
  let isAway = false
  return async () => {
    try {
      last = await look()
      if (isAway) telemetry.log('warn', 'the brokers answer again')
      isAway = false
      return last
    } catch (thrown) {
      if (last === undefined) throw thrown
      if (!isAway) telemetry.log('warn', `waiting for the brokers: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
      isAway = true
      return last
    }
  }
}

/** The same in the process that the supervising parent starts in the place of one that died. */
const instanceName = (): string => process.env['STATELOG_INSTANCE'] ?? randomUUID()

async function runnerOf({ folder, system, telemetry, settings: given, hurry, random, threads, queries, stateCache }: EmbeddedOptions, medium: Medium, log: CommittedLog, clock: Clock): Promise<Runner> {
  const settings = medium.kind === 'embedded' ? { commitWaitMs: EMBEDDED_COMMIT_WAIT_MS, ...given } : given
  // Also for threads: what the code brings is stored before they load it.
  const models = await loadModels(system, log, clock)
  if (threads !== undefined) return threadRunner(new Threads({ logs: log instanceof SqliteLog ? embeddedThreadLogs(log, folder) : clusterThreadLogs(medium as KafkaMedium, instanceName()), plans: planSystem(system), loader: threads.loader, count: threads.count, clock, telemetry, settings: settings ?? {}, hurry, queries, stateCache }), () => openQueryService(queries, telemetry))
  const rpc = layeredRpc(memoryRpc(clock), await openQueryService(queries, telemetry))
  const cache = await openStateCache(log, stateCache, (message) => telemetry.log('warn', message))
  const node = new StatelogNode({
    system, log, codec: cborCodec, clock, random: random ?? systemRandom, telemetry, models, hasTopics: true, modelStore: logModelStore(log, modelsTopic(system.name), clock),
    ...(cache === undefined ? {} : { cache }), ...(settings === undefined ? {} : { settings }), ...(hurry === undefined ? {} : { hurry }),
    rpc,
  })
  return { start: () => node.start(), look: () => lookAt(log, node), rpc: async () => rpc, stop: () => node.stop().finally(async () => void await Promise.all([rpc.close(), cache?.close()])) }
}

/** `openFar`: a connection of the main thread's own, for when somebody here asks. */
function threadRunner(threads: Threads, openFar: () => Promise<Rpc | undefined>): Runner {
  let rpc: Promise<Rpc> | undefined
  return {
    start: () => threads.start(), look: () => threads.look(),
    rpc: () => (rpc ??= openFar().then((far) => layeredRpc(threads.rpc, far))),
    stop: () => threads.stop().finally(async () => void await (await rpc)?.close()),
  }
}

function opened(folder: string, medium: Medium, system: SystemDefinition, log: Log, runner: Runner): Embedded {
  let draining: Promise<void> | undefined
  let closing: Promise<void> | undefined
  const drain = (): Promise<void> => (draining ??= runner.stop())
  return { folder, medium, system, log, look: () => runner.look(), rpc: () => runner.rpc(), start: () => runner.start(), drain, close: () => (closing ??= drain().finally(() => log.close())) }
}
