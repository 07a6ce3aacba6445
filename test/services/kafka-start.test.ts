// Brokers that are away for a moment while a process starts: it waits for them, since they were there as it opened the log.
import { serviceTest } from '../support/services.ts'
import { DRIVERS, entities, KafkaApp } from '../support/kafka-app.ts'
import { API, KafkaProxy } from '../support/kafka-proxy.ts'

/** What a start asks before it is a member. */
const ASKED = ['metadata', 'createTopics', 'describeConfigs'] as const
/** Answers of each kind, one after the other. */
const LOST = 2

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
}
