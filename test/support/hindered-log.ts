// A log on Kafka whose requests for the id of a partition can be lost on their way.
import type { HinderedLog } from '../contract/log-fences.ts'
import type { LogUnderTest } from '../contract/log-fixture.ts'
import { API, KafkaProxy } from './kafka-proxy.ts'

export async function hinderedLog(brokers: string, create: (brokers: string) => Promise<LogUnderTest>): Promise<HinderedLog> {
  const proxy = await KafkaProxy.start(brokers)
  const under = await create(proxy.address)
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
