// Reads of ranges against a broker that answers as told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { History } from '../../../../adapters/kafka/history.ts'
import { Reader } from '../../../../adapters/kafka/reader.ts'
import { RecordBatch } from '../../../../adapters/kafka/record-batch.ts'
import type { Topics } from '../../../../adapters/kafka/topics.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import { KEYS, clusterOf } from '../../../support/kafka-broker.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }
const ID = '00000000-0000-4000-8000-000000000007'
const EMPTY = { errorCode: 0, start: 0, stableEnd: 0, aborted: [], bytes: Buffer.alloc(0) }

/** The topic that a Fetch of one partition is about. */
function topicIdIn(request: Buffer): string {
  const reader = Reader.from(request)
  reader.skip(4 + 4 + 4 + 1 + 4 + 4)
  let id = ''
  reader.readArray((topic) => {
    id = topic.readUuid()
    topic.readArray((part) => {
      part.skip(4)
      // Else those answer that follow.
      assert.equal(part.readInt32(), known.partitions[0]?.leaderEpoch)
      part.skip(8 + 4 + 8 + 4)
    })
  })
  return id
}

const known = { name: 't', topicId: ID, isInternal: false, errorCode: 0, partitions: [{ partitionIndex: 0, leaderId: 1, leaderEpoch: 7, replicaNodes: [1] }] }

test('a topic that a broker has not heard of yet is read by its id as soon as another one says it', async () => {
  let looks = 0
  const fetched: string[] = []
  const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, wallClock), (key, request) => {
    if (key === KEYS.metadata) return { brokers: [{ nodeId: 1, host: 'b', port: 1 }], topics: (looks += 1) === 1 ? [] : [known] }
    fetched.push(topicIdIn(request))
    return { parts: [EMPTY] }
  })
  const topics = { assertPartition: async () => {} } as unknown as Topics
  const history = new History(cluster, wallClock, topics, new Names(''), new Visibility(wallClock), 1000)
  assert.deepEqual((await history.read('t', 0, 0, 10, { recordsMax: 10, bytesMax: 1000 })).records, [])
  assert.deepEqual(fetched, [ID])
})

for (const [what, stableEnd, fetches] of [['that the broker says to have is asked for again', 1, 2], ['that the broker does not show to those who read what is committed is not', 0, 1]] as const) {
  test(`what did not come ${what}`, async () => {
    const batch = new RecordBatch()
    batch.add({ topic: 't', partition: 0, key: null, value: new Uint8Array(1), headers: [], timestampMs: 1000 })
    const bytes = Buffer.from(batch.finish({ producerId: 7n, epoch: 0, sequence: 0, isTransactional: false }))
    let fetched = 0
    const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], TRANSPORT, wallClock), (key) => {
      if (key === KEYS.metadata) return { brokers: [{ nodeId: 1, host: 'b', port: 1 }], topics: [known] }
      return { parts: [{ ...EMPTY, stableEnd, ...((fetched += 1) === 1 ? {} : { bytes }) }] }
    })
    await cluster.refresh(['t'])
    const topics = { assertPartition: async () => {} } as unknown as Topics
    const { records, to } = await new History(cluster, wallClock, topics, new Names(''), new Visibility(wallClock), 1000).read('t', 0, 0, 1, { recordsMax: 10, bytesMax: 1000 })
    assert.deepEqual([records.length, to, fetched], [fetches - 1, fetches - 1, fetches])
  })
}
