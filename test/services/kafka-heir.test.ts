// Static membership: who takes over an instance id takes over what it had, unless it reads other topics. Who died is not said to live, although its instance is
// still a member.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { wallClock } from '../../adapters/memory/clock.ts'
import type { Log } from '../../system/ports/log.ts'
import { MEMBERSHIP, Owner } from '../contract/log-fixture.ts'
import { DRIVERS } from '../support/kafka-app.ts'
import { KafkaProxy } from '../support/kafka-proxy.ts'
import { serviceTest } from '../support/services.ts'

const PARTITIONS = 4

for (const driver of Object.keys(DRIVERS) as readonly (keyof typeof DRIVERS)[]) {
  serviceTest('kafka', `${driver}: an heir gets what its predecessor had at once; one that reads other topics is compared first, and gets nothing`, { timeout: 60_000 }, async (brokers) => {
    const namespace = `${randomUUID().slice(0, 8)}.`
    const logs: Log[] = []
    const open = async (instanceId: string, notice?: (message: string) => void): Promise<Log> => {
      const log = await DRIVERS[driver]({ brokers, clock: wallClock, namespace, instanceId, heartbeatMs: 50, ...(notice === undefined ? {} : { notice }) })
      logs.push(log)
      return log
    }
    try {
      const first = await open('one')
      await first.ensureTopics(MEMBERSHIP.topics.map((name) => ({ name, partitions: PARTITIONS, cleanup: 'delete' as const })))
      await Owner.join(first)
      const other = await Owner.join(await open('two'))
      await other.count(PARTITIONS / 2)

      const heir = await Owner.join(await open('one'))
      await heir.count(PARTITIONS / 2)
      assert.deepEqual([...heir.partitions, ...other.partitions].sort(), [0, 1, 2, 3])

      const notice = Promise.withResolvers<string>()
      const stranger = await Owner.join(await open('one', notice.resolve), { ...MEMBERSHIP, topics: [MEMBERSHIP.metadataTopic] })
      // The group gives all of it to those who read what most read.
      await other.count(PARTITIONS)
      assert.match(await notice.promise, /no partitions: reads app\.card\.inbox \(4\), most members of the group read app\.card\.inbox \(4\), payments \(4\)/)
      assert.deepEqual(stranger.partitions, [])
    } finally {
      for (const log of logs) await log.close()
    }
  })

  serviceTest('kafka', `${driver}: who died without a word does not live for those who get what it had, whether another member came before it was missed or its heir did`, { timeout: 60_000 }, async (brokers) => {
    const namespace = `${randomUUID().slice(0, 8)}.`
    const proxies: KafkaProxy[] = []
    const logs: Log[] = []
    /** Dies when its proxy ends. */
    const open = async (instanceId: string): Promise<KafkaProxy> => {
      const proxy = await KafkaProxy.start(brokers)
      proxies.push(proxy)
      logs.push(await DRIVERS[driver]({ brokers: proxy.address, clock: wallClock, namespace, instanceId, sessionMs: 3000 }))
      return proxy
    }
    const joined = (): Promise<Owner> => Owner.join(logs.at(-1) as Log)
    try {
      const first = await open('one')
      await logs[0]?.ensureTopics(MEMBERSHIP.topics.map((name) => ({ name, partitions: PARTITIONS, cleanup: 'delete' as const })))
      const dead = (await (await joined()).held(0)).owner
      await first.stop()

      // Its session lasts: the group would still give to it, and waits for it instead.
      await open('two')
      const other = await joined()
      const lease = await other.held(0)
      assert.deepEqual([lease.lives(dead), lease.lives(lease.owner)], [false, true])

      const second = await open('one')
      const early = await joined()
      await Promise.all([early.count(PARTITIONS / 2), other.count(PARTITIONS / 2)])
      const [partition = -1] = early.partitions
      const replaced = (await early.held(partition)).owner
      await second.stop()
      // Nobody is told of it: the group has not changed.
      await open('one')
      const heir = await (await joined()).held(partition)
      assert.deepEqual([heir.lives(replaced), heir.lives(lease.owner)], [false, true])

      await open('three')
      const third = await joined()
      await third.count(1)
      const [moved = -1] = third.partitions
      const last = await third.held(moved)
      assert.deepEqual([dead, replaced, heir.owner, lease.owner].map((owner) => last.lives(owner)), [false, false, true, true])
    } finally {
      for (const log of logs) await log.close()
      for (const proxy of proxies) await proxy.stop()
    }
  })
}
