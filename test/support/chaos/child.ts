// A process that runs the workload on a data folder until its inputs are used up, or until it is killed where it was told to die.
// Environment: STATELOG_CHAOS = JSON of `ChildTask`. Prints what befalls it (`Said`).
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { systemClock, systemRandom } from '../../../adapters/node/clock.ts'
import { lookAt } from '../../../adapters/node/look.ts'
import type { Look } from '../../../adapters/node/look.ts'
import { loadModels } from '../../../adapters/node/model-loading.ts'
import { clusterThreadLogs, embeddedThreadLogs } from '../../../adapters/node/threads/thread-log.ts'
import { Threads } from '../../../adapters/node/threads/threads.ts'
import { openCluster } from '../../../adapters/node/medium.ts'
import type { KafkaMedium } from '../../../adapters/node/medium.ts'
import { openSqliteLog, SqliteLog } from '../../../adapters/sqlite/log.ts'
import type { Log } from '../../../system/ports/log.ts'
import { planSystem } from '../../../system/partition/topology.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import type { Telemetry } from '../../../system/ports/telemetry.ts'
import { askAgainAndAgain } from './asking.ts'
import { TIME_FACTOR, workloadClock } from './clocks.ts'
import { deadlyProbe, dies, fateOf, nextDeath, now, say } from './deaths.ts'
import type { Death } from './deaths.ts'
import { Revival } from './revival.ts'
import { cacheOf } from './thread-system.ts'
import type { ThreadArgument } from './thread-system.ts'
import type { Variant } from './variant.ts'
import { workloadSystem } from './workload.ts'

export interface ChildTask {
  readonly folder: string
  /** Where the log stands; undefined: in the folder. */
  readonly kafka: KafkaMedium | undefined
  readonly variant: Variant
  readonly hasCache: boolean
  /** Where the cache is; undefined: in memory. */
  readonly redis?: string
  /** Worker threads that run the partitions; 0: they run on the main thread. */
  readonly workers: number
  readonly batchRecordsMax: number
  readonly deaths: readonly Death[]
  /** The deaths wait for SIGUSR2. On the main thread. */
  readonly isSpared?: boolean
  /** Real time at which the workload's time began. */
  readonly originMs: number
  /** Drain this long after everything was at work, ms; undefined: when nothing is left to do. */
  readonly drainAfterMs: number | 'when told' | undefined
  /** On a cluster: names the process across its lives; the session, ms. */
  readonly instance?: string
  readonly sessionMs?: number
  /** On the main thread: asks for states again and again, and says the answers. */
  readonly asks?: boolean
}

interface Runner {
  start(): Promise<void>
  look(): Promise<Look>
  stop(): Promise<void>
}

const LOOK_EVERY_MS = 15
/** Longer than anything that is armed: reminders, ends of stopped entities. */
const QUIET_MS = 30_000 / TIME_FACTOR

const task = JSON.parse(process.env['STATELOG_CHAOS'] ?? '{}') as ChildTask
const { variant, hasCache, originMs, sessionMs } = task
/** The process that starts in the place of a dead one goes on with what that had. */
const instance = task.instance ?? 'tormented'
let isTold = false
let isSpared = task.isSpared === true
process.on('SIGUSR2', () => (isSpared = false))
process.on('SIGTERM', () => (isTold = true))
say({ kind: 'listening' })
const fate = fateOf(task.deaths)
const clock = workloadClock(originMs)
const deadly = deadlyProbe(fate)
const revival = new Revival()
let liveAtMs: number | undefined
const telemetry: Telemetry = {
  partition: (event) => {
    revival.partition(event)
    if (event.state === 'failed' || event.state === 'position-moved') say({ kind: 'failed', reason: `${event.group}/${event.partition} is ${event.state}: ${event.reason}` })
  },
  batch: (event) => revival.batch(event),
  log: (level, message) => {
    if (/^worker thread \d+ is replaced/.test(message)) replaced(message)
    else if (level === 'error') say({ kind: 'failed', reason: message })
  },
  probe: (...visit) => {
    if (!isSpared) deadly(...visit)
  },
}

function replaced(why: string): void {
  say({ kind: 'replaced', why })
  revival.begin()
  liveAtMs = undefined
}

const crash = task.deaths.find(({ point }) => point === 'mid-commit')
const log = await openLog()
const system = workloadSystem(variant)
const plans = planSystem(system)
const settings = { batchRecordsMax: task.batchRecordsMax, ...(variant.releasesMax === undefined ? {} : { releasesMax: variant.releasesMax }) }
const models = await loadModels(system, log, clock)
const runner = task.workers === 0 ? onThisThread() : onThreads()
await runner.start()
say({ kind: 'started' })
while (!(await isOver())) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
await runner.stop()
await log.close()
say({ kind: 'finished' })

function openLog(): Promise<Log> {
  // The driver's time limits are in the machine's time, however fast the workload's passes.
  if (task.kafka !== undefined) return openCluster(task.kafka, systemClock, task.workers === 0 ? { instance, ...(sessionMs === undefined ? {} : { sessionMs }) } : {})
  return openSqliteLog({ folder: task.folder, mode: 'runtime', clock, ...(crash === undefined ? {} : { crash: { point: 'mid-commit', nth: crash.nth, signal: 'SIGKILL' } }) })
}

function onThisThread(): Runner {
  const cache = hasCache ? cacheOf(task.redis, task.kafka?.namespace ?? '') : undefined
  const node = new StatelogNode({ system, log, codec: cborCodec, clock, random: systemRandom, telemetry, models, settings, ...(cache === undefined ? {} : { cache }) })
  const stopAsking = task.asks === true ? askAgainAndAgain({ node, plans, clock, sessionMs: sessionMs ?? 10_000 }) : undefined
  // Asked while it drains too, but not without a log.
  const stop = async (): Promise<void> => {
    await node.stop()
    await stopAsking?.()
    await cache?.close()
  }
  return { start: () => node.start(), look: () => lookAt(log, node), stop }
}

function onThreads(): Runner {
  const argument: ThreadArgument = { variant, hasCache, redis: task.redis, namespace: task.kafka?.namespace ?? '', originMs, fate }
  const loader = { module: new URL('./thread-system.ts', import.meta.url).href, argument }
  const threads = new Threads({ logs: log instanceof SqliteLog ? embeddedThreadLogs(log, task.folder) : clusterThreadLogs(task.kafka as KafkaMedium, instance, sessionMs), plans, loader, count: task.workers, clock: systemClock, telemetry, settings, hurry: undefined })
  const death = task.deaths.find(({ victim, point }) => victim === 'thread' && point === 'random')
  const start = async (): Promise<void> => {
    await threads.start()
    if (death !== undefined) setTimeout(() => terminate(threads, death), death.afterMs).unref()
  }
  return { start, look: () => threads.look(), stop: () => threads.stop() }
}

/** At a moment that no thread has chosen. */
function terminate(threads: Threads, death: Death): void {
  if (nextDeath(fate) === death && threads.terminate(death.nth % task.workers)) dies(fate, death)
}

async function isOver(): Promise<boolean> {
  // It does not look: brokers may be away, and a process that stood still has lost every request that was under way.
  if (task.drainAfterMs === 'when told') return isTold
  const look = await runner.look()
  if (look.failure !== undefined) say({ kind: 'failed', reason: look.failure })
  if (liveAtMs === undefined && revival.isComplete(system.name, look)) {
    liveAtMs = performance.now()
    say({ kind: 'live', now: now() })
  }
  if (liveAtMs === undefined) return false
  if (task.drainAfterMs !== undefined) return performance.now() - liveAtMs >= task.drainAfterMs
  return look.lag === 0 && revival.quietMs >= QUIET_MS
}
