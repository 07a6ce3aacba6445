import { randomUUID } from 'node:crypto'
import { wallClock } from '../../adapters/memory/clock.ts'
import { openKafkajsLog } from '../../adapters/kafkajs/log.ts'
import type { LogUnderTest, LogWish } from '../contract/log-fixture.ts'
import { API, KafkaProxy } from '../support/kafka-proxy.ts'
import { addressOf, serviceTest } from '../support/services.ts'
import { logFences } from '../contract/log-fences.ts'
import type { HinderedLog } from '../contract/log-fences.ts'
import { logContract } from '../contract/log.ts'

async function create(brokers: string, { recordBytesMax }: LogWish): Promise<LogUnderTest> {
  const options = { brokers, clock: wallClock, recordBytesMax, namespace: `${randomUUID().slice(0, 8)}.`, heartbeatMs: 50 }
  const log = await openKafkajsLog(options)
  const other = await openKafkajsLog(options)
  return {
    log,
    other,
    close: async () => {
      await other.close()
      await log.close()
    },
  }
}

/** Requests for the id of a partition are lost on their way. */
async function createHindered(brokers: string, wish: LogWish): Promise<HinderedLog> {
  const proxy = await KafkaProxy.start(brokers)
  const under = await create(proxy.address, wish)
  return {
    ...under,
    hinder: async () => {
      proxy.requests(API.initProducerId, () => 'lost')
      return async () => proxy.requests(API.initProducerId, () => 'pass')
    },
    close: async () => {
      await under.close()
      await proxy.stop()
    },
  }
}

const kafka = addressOf('kafka')
if (kafka === undefined) serviceTest('kafka', 'kafkajs log: the contract', { timeout: 0 }, async () => {})
else {
  logContract('kafkajs log', (wish) => create(kafka, wish))
  logFences('kafkajs log', (wish) => createHindered(kafka, wish))
}
