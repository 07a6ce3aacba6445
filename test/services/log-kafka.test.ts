import { randomUUID } from 'node:crypto'
import { wallClock } from '../../adapters/memory/clock.ts'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import type { LogUnderTest, LogWish } from '../contract/log-fixture.ts'
import { logContract } from '../contract/log.ts'

const brokers = process.env['STATELOG_KAFKA'] ?? ''

async function create({ recordBytesMax }: LogWish): Promise<LogUnderTest> {
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

logContract('Kafka log', create)
