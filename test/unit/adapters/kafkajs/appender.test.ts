// What is said of appends that were refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Appender } from '../../../../adapters/kafkajs/appender.ts'
import type { Client } from '../../../../adapters/kafkajs/client.ts'
import { errorNamed } from '../../../../adapters/kafkajs/internals.ts'
import { Packer } from '../../../../adapters/kafkajs/packing.ts'
import type { Topics } from '../../../../adapters/kafkajs/topics.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { record } from '../../../contract/log-fixture.ts'

const [MESSAGE_TOO_LARGE, FORBIDDEN] = [10, 29]

async function appended(partitions: readonly number[], code: number): Promise<string> {
  const producer = { connect: async () => {}, disconnect: async () => {}, sendBatch: async () => { throw errorNamed(code) } }
  const topics = { assertPartition: async () => {}, settings: async () => ({ cleanup: 'delete', batchBytesMax: 1 << 20, partitions: 2 }) } as unknown as Topics
  const appender = new Appender({ client: { idempotent: () => producer } as unknown as Client, clock: wallClock, packer: new Packer(topics, new Names(''), 1 << 20), together: undefined, appendMsMax: 1000 })
  return (await appender.append(partitions.map((partition) => record('t', partition, 'x')))).kind
}

test('what the only partition of an append refuses was not written; what one of several refuses another one may have taken', async () => {
  for (const code of [MESSAGE_TOO_LARGE, FORBIDDEN]) {
    assert.equal(await appended([0, 0], code), 'failed')
    assert.equal(await appended([0, 1], code), 'unknown')
  }
})
