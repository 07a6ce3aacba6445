// Embedded: a system over the log of a data folder, in this process. Needs no server.
//
// Owns: the folder while it is open (one runtime per folder, proven by its lock), and who runs the partitions.
import { OperationError } from '../../system/protocol/failures.ts'
import { modelsTopic } from '../../system/protocol/ids.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { Random } from '../../system/ports/random.ts'
import type { Telemetry } from '../../system/ports/telemetry.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import type { PartitionSettings } from '../../system/partition/deps.ts'
import { planSystem, topicSpecs } from '../../system/partition/topology.ts'
import { StatelogNode } from '../../system/node/node.ts'
import { cborCodec } from '../cbor/codec.ts'
import { logModelStore } from '../memory/log-models.ts'
import { openSqliteLog } from '../sqlite/log.ts'
import type { SqliteLog } from '../sqlite/log.ts'
import { systemClock, systemRandom } from './clock.ts'
import { assertFits, manifestOf, readManifest, writeManifest } from './manifest.ts'
import type { Origin } from './manifest.ts'
import { lookAt } from './look.ts'
import type { Look } from './look.ts'
import { loadModels } from './model-loading.ts'
import { openQueryService } from './query-service.ts'
import type { QueryService } from './query-service.ts'
import type { SystemLoader } from './threads/messages.ts'
import { Threads } from './threads/threads.ts'
import { VERSION } from './version.ts'

export interface EmbeddedOptions {
  readonly folder: string
  readonly system: SystemDefinition
  /** Remembered in the folder, so that readers load the same system. */
  readonly origin: Origin
  readonly telemetry: Telemetry
  readonly settings?: Partial<PartitionSettings>
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
  stop(): Promise<void>
}

export interface Embedded {
  readonly folder: string
  readonly system: SystemDefinition
  readonly log: SqliteLog
  /** Every partition at this moment. */
  look(): Promise<Look>
  /** Takes the partitions and begins to consume. */
  start(): Promise<void>
  /** Writes states, releases the partitions; the log stays readable. Idempotent. */
  drain(): Promise<void>
  /** Drains, then frees the folder. Idempotent. */
  close(): Promise<void>
}

/** Opens the folder, creates its topics and loads the models. Throws OperationError, code and cure included, when the folder cannot be used. */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { folder, system, origin } = options
  const clock = options.clock ?? systemClock
  const found = readManifest(folder)
  assertFits(folder, found, system)
  const log = await openSqliteLog({ folder, mode: 'runtime', clock })
  try {
    const problems = await log.ensureTopics(topicSpecs(planSystem(system)))
    if (problems.length > 0) throw new OperationError('topics/misfit', problems.map(({ topic, reason }) => `data folder ${folder}, topic ${topic}: ${reason}`).join('\n'))
    writeManifest(folder, manifestOf(origin, system, VERSION))
    return opened(folder, system, log, await runnerOf(options, log, clock))
  } catch (thrown) {
    await log.close()
    throw thrown
  }
}

async function runnerOf({ folder, system, telemetry, settings, hurry, random, threads, queries }: EmbeddedOptions, log: SqliteLog, clock: Clock): Promise<Runner> {
  // Also for threads: what the code brings is stored before they load it.
  const models = await loadModels(system, log, clock)
  if (threads !== undefined) return new Threads({ log, folder, plans: planSystem(system), loader: threads.loader, count: threads.count, clock, telemetry, settings: settings ?? {}, hurry, queries })
  const rpc = await openQueryService(queries, telemetry)
  const node = new StatelogNode({
    system, log, codec: cborCodec, clock, random: random ?? systemRandom, telemetry, models, modelStore: logModelStore(log, modelsTopic(system.name), clock),
    ...(settings === undefined ? {} : { settings }), ...(hurry === undefined ? {} : { hurry }),
    ...(rpc === undefined ? {} : { rpc }),
  })
  return { start: () => node.start(), look: () => lookAt(log, node), stop: () => node.stop().finally(() => rpc?.close()) }
}

function opened(folder: string, system: SystemDefinition, log: SqliteLog, runner: Runner): Embedded {
  let draining: Promise<void> | undefined
  let closing: Promise<void> | undefined
  const drain = (): Promise<void> => (draining ??= runner.stop())
  return { folder, system, log, look: () => runner.look(), start: () => runner.start(), drain, close: () => (closing ??= drain().finally(() => log.close())) }
}
