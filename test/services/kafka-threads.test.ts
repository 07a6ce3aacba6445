// Worker threads that die while their brokers are away: those in their places are tried until one answers.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { systemClock } from '../../adapters/node/clock.ts'
import type { Look } from '../../adapters/node/look.ts'
import { KAFKA_CLIENTS, openCluster } from '../../adapters/node/medium.ts'
import type { KafkaMedium } from '../../adapters/node/medium.ts'
import { clusterThreadLogs } from '../../adapters/node/threads/thread-log.ts'
import { Threads } from '../../adapters/node/threads/threads.ts'
import { planSystem, topicSpecs } from '../../system/partition/topology.ts'
import { ledger } from '../support/crash/system.ts'
import { DelayingProxy } from '../support/delaying-proxy.ts'
import { serviceTest } from '../support/services.ts'

const PARTITIONS = 4
const SESSION_MS = 6000
/** Longer than several tries. */
const AWAY_MS = 3000

const AWAY = ['refuse', 'are silent'] as const
/** A start that is cut short says the one, one that has more time the other. */
const WHY = /worker thread [12] is not up: .*(do not answer|kafka\/unreachable)/

for (const [client, away] of KAFKA_CLIENTS.flatMap((client) => AWAY.map((away) => [client, away] as const))) {
  serviceTest('kafka', `${client}: threads that die while their brokers ${away} are replaced when one answers`, { timeout: 90_000 }, async (kafka) => {
    const target = Number(kafka.split(':')[1])
    let proxy = await DelayingProxy.start(target)
    const medium: KafkaMedium = { kind: 'kafka', brokers: kafka, namespace: `${randomUUID().slice(0, 8)}.`, client }
    const plans = planSystem(ledger(PARTITIONS, new Set()))
    const log = await openCluster(medium, systemClock)
    await log.ensureTopics(topicSpecs(plans))
    const said: string[] = []
    const loader = { module: new URL('../support/crash/thread-system.ts', import.meta.url).href, argument: { partitions: PARTITIONS, deadly: [] } }
    const threads = new Threads({
      logs: clusterThreadLogs({ ...medium, brokers: `127.0.0.1:${proxy.port}` }, randomUUID(), SESSION_MS), plans, loader, count: 2, clock: systemClock,
      telemetry: { partition: () => {}, batch: () => {}, probe: () => {}, log: (_level, message) => void said.push(message) }, settings: {}, hurry: undefined,
    })
    const until = async (isSo: (look: Look) => boolean): Promise<Look> => {
      for (;;) {
        const look = await threads.look()
        if (isSo(look)) return look
        await systemClock.sleep(50)
      }
    }
    const isLive = ({ partitions }: Look): boolean => partitions.every(({ state }) => state === 'live')
    try {
      await threads.start()
      await until(isLive)
      if (away === 'are silent') proxy.hold()
      else await proxy.stop()
      // Both: how partitions are shared is the group's business.
      for (const slot of [0, 1]) threads.terminate(slot)
      await until(({ partitions }) => partitions.every(({ state, reason }) => state === 'absent' && WHY.test(reason)))
      await systemClock.sleep(AWAY_MS)
      // Their deaths alone count.
      assert.equal(said.filter((message) => message.includes('is replaced')).length, 2, said.join('\n'))
      if (away === 'are silent') proxy.letGo()
      else proxy = await DelayingProxy.start(target, proxy.port)
      // Nobody serves this one: the reason is told as long as a thread is missing.
      const missing = async (): Promise<string | undefined> => {
        const answer = await threads.rpc.call({ group: 'ledger.account', partition: PARTITIONS }, new Uint8Array(), 2000)
        return answer.kind === 'no-server' ? answer.reason : answer.kind
      }
      while ((await missing()) !== undefined) await systemClock.sleep(50)
      assert.equal((await until(isLive)).failure, undefined)
    } finally {
      await threads.stop()
      await log.close()
      await proxy.stop()
    }
  })
}
