import { randomUUID } from 'node:crypto'
import { wallClock } from '../../adapters/memory/clock.ts'
import { openKafkajsLog } from '../../adapters/kafkajs/log.ts'
import type { LogUnderTest, LogWish } from '../contract/log-fixture.ts'
import { hinderedLog } from '../support/hindered-log.ts'
import { addressOf, serviceTest } from '../support/services.ts'
import { logFences } from '../contract/log-fences.ts'
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

const kafka = addressOf('kafka')
if (kafka === undefined) serviceTest('kafka', 'kafkajs log: the contract', { timeout: 0 }, async () => {})
else {
  logContract('kafkajs log', (wish) => create(kafka, wish))
  logFences('kafkajs log', (wish) => hinderedLog(kafka, (brokers) => create(brokers, wish)))
}
