// A commit before which nothing could be learned of a topic has written nothing, and ends as unknown: its owner comes again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { KafkaLease } from '../../../../adapters/kafka/lease.ts'
import type { LeaseEnvironment } from '../../../../adapters/kafka/lease.ts'
import { Packer } from '../../../../adapters/kafka/packing.ts'
import { Topics } from '../../../../adapters/kafka/topics.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { batch, record } from '../../../contract/log-fixture.ts'

test('the first record of a topic while no broker answers', async () => {
  const names = new Names('')
  const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }, wallClock)
  const packer = new Packer(new Topics(cluster, names, wallClock, { replication: 1, batchBytesMax: 1 << 20 }), names, 1 << 20)
  cluster.atCoordinator = (async () => ({ producerId: 1n, producerEpoch: 0 })) as unknown as Cluster['atCoordinator']
  const lease = new KafkaLease(0, { cluster, clock: wallClock, names, packer, reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, owner: 'o', lives: () => true, released: () => {} } as unknown as LeaseEnvironment)
  assert.equal(await lease.fence(), 'held')
  assert.equal((await lease.commit(batch([record('a.b.dlq', 0, 'x')], { in: 1 }))).kind, 'unknown')
  assert.deepEqual(await lease.commit(batch([], { in: 1 })), { kind: 'fenced' })
  cluster.close()
})
