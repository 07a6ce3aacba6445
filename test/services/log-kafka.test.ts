import { randomUUID } from 'node:crypto'
import { wallClock } from '../../adapters/memory/clock.ts'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import type { LogUnderTest, LogWish } from '../contract/log-fixture.ts'
import { hinderedLog } from '../support/hindered-log.ts'
import { addressOf, serviceTest } from '../support/services.ts'
import { logFences } from '../contract/log-fences.ts'
import { logContract } from '../contract/log.ts'

async function create(brokers: string, { recordBytesMax }: LogWish): Promise<LogUnderTest> {
  const options = { brokers, clock: wallClock, recordBytesMax, namespace: `${randomUUID().slice(0, 8)}.`, heartbeatMs: 50 }
  const log = await openKafkaLog(options)
  const other = await openKafkaLog(options)
  return {
    log,
    other,
    close: async () => {
      await other.close()
      await log.close()
    },
  }
}

const kafka = addressOf('kafka')
if (kafka === undefined) serviceTest('kafka', 'Kafka log: the contract', { timeout: 0 }, async () => {})
else {
  logContract('Kafka log', (wish) => create(kafka, wish))
  logFences('Kafka log', (wish) => hinderedLog(kafka, (brokers) => create(brokers, wish)))
}
