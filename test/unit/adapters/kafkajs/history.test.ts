// Reads of ranges against a broker that answers as told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import { History } from '../../../../adapters/kafkajs/history.ts'
import type { Cluster } from '../../../../adapters/kafkajs/internals.ts'
import { Leaders } from '../../../../adapters/kafkajs/leaders.ts'
import type { Topics } from '../../../../adapters/kafkajs/topics.ts'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'

const NOTHING = Buffer.alloc(0)

/** What a broker answers of partition 0 of a topic `t`: head, length of the topics, name, and so on (Fetch, version 10). */
function answer(stableEnd: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(59)
  head.writeInt32BE(1, 10)
  head.writeInt16BE(1, 14)
  head.write('t', 16)
  head.writeInt32BE(1, 17)
  head.writeBigInt64BE(BigInt(stableEnd), 27)
  head.writeBigInt64BE(BigInt(stableEnd), 35)
  head.writeInt32BE(-1, 51)
  head.writeInt32BE(bytes.length, 55)
  return Buffer.concat([head, bytes])
}

for (const [what, stableEnd, fetches] of [['that the broker says to have is asked for again', 1, 2], ['that the broker does not show to those who read what is committed is not', 0, 1]] as const) {
  test(`what did not come ${what}`, async () => {
    const batch = new RecordBatch()
    batch.add({ topic: 't', partition: 0, key: null, value: new Uint8Array(1), headers: [], timestampMs: 1000 })
    const bytes = Buffer.from(batch.finish({ producerId: 7n, epoch: 0, sequence: 0, isTransactional: false }))
    let fetched = 0
    const broker = { connectionPool: { send: ({ response }: { readonly response: { decode(payload: Buffer): Promise<unknown> } }) => response.decode(answer(stableEnd, (fetched += 1) === 1 ? NOTHING : bytes)) } }
    const cluster = {
      connect: async () => {}, disconnect: async () => {}, addMultipleTargetTopics: async () => {}, refreshMetadata: async () => {}, findLeaderForPartitions: () => ({ 1: [0] }), findBroker: async () => broker,
    } as unknown as Cluster
    const leaders = new Leaders({ cluster: () => cluster } as unknown as Client, wallClock, 1000)
    const topics = { assertPartition: async () => {} } as unknown as Topics
    const { records, to } = await new History(leaders, topics, new Names(''), new Visibility(wallClock)).read('t', 0, 0, 1, { recordsMax: 10, bytesMax: 1000 })
    assert.deepEqual([records.length, to, fetched], [fetches - 1, fetches - 1, fetches])
    leaders.close()
  })
}
