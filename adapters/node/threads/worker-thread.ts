// Entry of a worker thread: runs the partitions that it is given, until it is told to stop. Everything durable is elsewhere: it may die at any moment.
import { parentPort, workerData } from 'node:worker_threads'
import { modelsTopic } from '../../../system/protocol/ids.ts'
import { assert } from '../../../system/protocol/assert.ts'
import { Unreachable } from '../../../system/protocol/failures.ts'
import { layeredRpc } from '../../../system/node/layered-rpc.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import type { Telemetry } from '../../../system/ports/telemetry.ts'
import { cborCodec } from '../../cbor/codec.ts'
import { logModelStore } from '../../memory/log-models.ts'
import { systemClock, systemRandom } from '../clock.ts'
import { lookAt } from '../look.ts'
import { loadModels } from '../model-loading.ts'
import { openQueryService } from '../query-service.ts'
import { openStateCache } from '../state-cache.ts'
import { describe } from './messages.ts'
import type { FromThread, LoaderModule, ThreadStart, ToThread } from './messages.ts'
import { threadServers } from './rpc.ts'
import { openThreadLog } from './thread-log.ts'
import { SharedTurnstile } from './turnstile.ts'
import { SharedWitness } from './witness.ts'

/** How often the event loop shows that it turns. */
const BEAT_MS = 50

assert(parentPort !== null, 'a worker thread is started by threads.ts')
const port = parentPort
const { log: threadLog, slot, loader, turnstile, witness: memory, settings, queries, stateCache } = workerData as ThreadStart
const say = (message: FromThread): void => port.postMessage(message)
const hurry = new AbortController()
const witness = new SharedWitness(memory)

await start().catch((thrown: unknown) => {
  say({ kind: 'unstarted', why: describe(thrown), isAway: thrown instanceof Unreachable })
  throw thrown
})
say({ kind: 'started' })

async function start(): Promise<void> {
  const { load, hooks } = await import(loader.module) as LoaderModule
  const { probe = () => {}, clock = systemClock, cache: given } = hooks?.(loader.argument) ?? {}
  const telemetry: Telemetry = {
    partition: (event) => say({ kind: 'partition', event }),
    batch: (event) => say({ kind: 'batch', event }),
    log: (level, message) => {
      if (level !== 'debug') say({ kind: 'log', level, message })
    },
    probe,
  }
  const system = await load(loader.argument)
  if (threadLog.kind === 'kafka') say({ kind: 'waits', whom: `the brokers at ${threadLog.medium.brokers}` })
  const log = await openThreadLog(threadLog, clock, (message) => telemetry.log('warn', message))
  const cache = given ?? (await openStateCache(log, stateCache, (message) => telemetry.log('warn', message)))
  const models = await loadModels(system, log, clock)
  const servers = threadServers(systemClock, say)
  const rpc = layeredRpc(servers.rpc, await openQueryService(queries, telemetry))
  const node = new StatelogNode({
    system, log, codec: cborCodec, clock, random: systemRandom, telemetry, models, modelStore: logModelStore(log, modelsTopic(system.name), clock),
    settings, hurry: hurry.signal, witness, turnstile: new SharedTurnstile(turnstile, slot, clock), ...(cache === undefined ? {} : { cache }), rpc,
  })
  // It may be at work from the first group on: whoever watches it expects beats.
  const beating = setInterval(() => witness.beat(), BEAT_MS)
  say({ kind: 'waits', whom: undefined })
  const stop = async (): Promise<void> => {
    await node.stop()
    await rpc.close()
    await cache?.close()
    await log.close()
    clearInterval(beating)
    say({ kind: 'stopped' })
    port.close()
  }
  port.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'look': return void lookAt(log, node).then((look) => say({ kind: 'look', id: message.id, look }), (thrown: unknown) => telemetry.log('debug', `no look: ${String(thrown)}`))
      case 'calls': return servers.take(message)
      case 'hurry': return hurry.abort()
      case 'stop': return void stop()
    }
  })
  await node.start()
}
