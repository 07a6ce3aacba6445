// Brokers that are away for a moment while a process starts: it waits for them, since they were there as it opened the log.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { wallClock } from '../../adapters/memory/clock.ts'
import { MEMBERSHIP, append, record } from '../contract/log-fixture.ts'
import { serviceTest } from '../support/services.ts'
import { DRIVERS, entities, KafkaApp } from '../support/kafka-app.ts'
import { API, KafkaProxy } from '../support/kafka-proxy.ts'

/** What a start asks before it is a member. */
const ASKED = ['metadata', 'createTopics', 'describeConfigs'] as const
/** Answers of each kind, one after the other. */
const LOST = 2

type KafkaLog = Awaited<ReturnType<typeof DRIVERS[keyof typeof DRIVERS]>>

const LOOKS = {
  read: [{ kafka: API.metadata, kafkajs: API.metadata }, async (log: KafkaLog): Promise<unknown> => (await log.read('payments', 0, 0, 1, { recordsMax: 1, bytesMax: 1000 })).records.length],
  offsetsAt: [{ kafka: API.listOffsets, kafkajs: API.describeConfigs }, (log: KafkaLog): Promise<unknown> => log.offsetsAt('payments', 0, 'latest')],
  committed: [{ kafka: API.offsetFetch, kafkajs: API.offsetFetch }, async (log: KafkaLog): Promise<unknown> => (await log.committed(MEMBERSHIP, 0)) ?? 1],
} as const

for (const driver of Object.keys(DRIVERS) as readonly (keyof typeof DRIVERS)[]) {
  for (const kind of ASKED) {
    serviceTest('kafka', `${driver}: a start goes on after answers of the kind '${kind}' were lost`, { timeout: 60_000 }, async (kafka) => {
      const proxy = await KafkaProxy.start(kafka)
      try {
        await KafkaApp.with(kafka, 1, async (app) => {
          let lost = 0
          await app.start(driver, {
            brokers: proxy.address,
            // The topics of the app are there; another system's are not.
            opened: async (log) => {
              proxy.answers(API[kind], () => ((lost += 1) <= LOST ? 'lost' : 'pass'))
              await log.ensureTopics([{ name: 'more', partitions: 1, cleanup: 'delete' }])
            },
          })
          await app.pay(entities(2))
          await app.counted(entities(2), 1)
        })
      } finally {
        await proxy.stop()
      }
    })
  }

  for (const [name, [asked, look]] of Object.entries(LOOKS)) {
    serviceTest('kafka', `${driver}: ${name} waits for brokers that are away for a while`, { timeout: 60_000 }, async (kafka) => {
      const proxy = await KafkaProxy.start(kafka)
      const namespace = `${randomUUID().slice(0, 8)}.`
      const [before, log] = [await DRIVERS[driver]({ brokers: kafka, clock: wallClock, namespace }), await DRIVERS[driver]({ brokers: proxy.address, clock: wallClock, namespace })]
      try {
        assert.deepEqual(await before.ensureTopics(MEMBERSHIP.topics.map((topic) => ({ name: topic, partitions: 1, cleanup: 'delete' }))), [])
        await append(before, [record('payments', 0, 'a')])
        let lost = 0
        proxy.answers(asked[driver], () => ((lost += 1) <= LOST ? 'lost' : 'pass'))
        assert.equal(await look(log), 1)
        assert.ok(lost > LOST, `${lost} answers`)
      } finally {
        await Promise.all([before.close(), log.close()])
        await proxy.stop()
      }
    })
  }
}
