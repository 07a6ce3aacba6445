// Which records a refusal costs (I8): those that are refused even alone. None for its neighbours, none for a limit of yesterday.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'
import { KafkajsLease } from '../../../../adapters/kafkajs/lease.ts'
import type { LeaseEnvironment } from '../../../../adapters/kafkajs/lease.ts'
import { Packer } from '../../../../adapters/kafkajs/packing.ts'
import type { Topics } from '../../../../adapters/kafkajs/topics.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import type { CommitOutcome } from '../../../../system/ports/log.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'
import { batch, record } from '../../../contract/log-fixture.ts'

const MESSAGE_TOO_LARGE = 10

interface Sent {
  readonly topicMessages: readonly { readonly topic: string; readonly messages: readonly { readonly partition: number; readonly value: Buffer }[] }[]
}

/** A broker that takes batches of a topic partition of so many records, and none that holds 'bad'. `committed`: the values of partition 0. */
class Broker {
  recordsMax = 100
  committed: readonly string[] = []
  transactions = 0

  readonly client = { transactional: () => ({ connect: async () => {}, disconnect: async () => {}, transaction: async () => this.#transaction() }) } as unknown as Client

  #transaction(): object {
    this.transactions += 1
    const written: string[] = []
    return {
      abort: async () => {},
      sendOffsets: async () => {},
      commit: async () => {
        this.committed = written
      },
      sendBatch: async ({ topicMessages }: Sent) => topicMessages.flatMap(({ topic, messages }) => [...Map.groupBy(messages, ({ partition }) => partition)].map(([partition, mine]) => {
        const values = mine.map(({ value }) => String(value))
        if (values.length > this.recordsMax || values.includes('bad')) throw errorNamed(MESSAGE_TOO_LARGE)
        if (partition === 0) written.push(...values)
        return { topicName: topic, partition, baseOffset: '0' }
      })),
    }
  }
}

async function committed(broker: Broker, records: readonly OutRecord[]): Promise<CommitOutcome> {
  const names = new Names('')
  const topics = { assertPartition: async () => {}, settings: async () => ({ cleanup: 'delete', batchBytesMax: 1 << 20, partitions: 2 }) } as unknown as Topics
  const env = {
    client: broker.client, clock: wallClock, names, packer: new Packer(topics, names, 1 << 20), fetcher: { close: () => {} }, membership: { provenAtMs: 0 }, visibility: new Visibility(wallClock),
    reading: { group: 'a.b', topics: ['in'], metadataTopic: 'in' }, transactionMs: 1000, askMsMax: 1000, owner: 'o', admin: { fetchOffsets: async () => [] }, lives: () => true, released: () => {},
  } as unknown as LeaseEnvironment
  const lease = new KafkajsLease(0, env)
  await lease.fence()
  const outcome = await lease.commit(batch(records, { in: 1 }))
  await lease.release()
  return outcome
}

const some = (count: number, partition = 0): OutRecord[] => Array.from({ length: count }, (_, nth) => record('out', partition, String(nth)))

test('records that are refused only together are written in smaller sends, in their order', async () => {
  const broker = new Broker()
  broker.recordsMax = 10
  assert.equal((await committed(broker, [...some(40), ...some(5, 1)])).kind, 'done')
  assert.deepEqual(broker.committed, some(40).map((_, nth) => String(nth)))
})

test('a record that is refused alone is the only one to blame', async () => {
  const broker = new Broker()
  const outcome = await committed(broker, [...some(20, 1), ...some(20), record('out', 0, 'bad'), ...some(20)])
  assert.deepEqual(outcome.kind === 'rejected' ? outcome.records : [], [40])
  assert.ok(broker.transactions < 30, `${broker.transactions}`)
})
