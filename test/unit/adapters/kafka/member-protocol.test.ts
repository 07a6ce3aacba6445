// What members tell each other is what the client makes of it, so that members of an earlier version understand it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from '@platformatic/kafka'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../../../../adapters/kafka/member-protocol.ts'

const userData = Buffer.from('{"owner":"o"}')
const partitions = [{ topic: 'b', partitions: [3, 1, 12] }, { topic: 'a', partitions: [2] }, { topic: 'c', partitions: [] }]
const sorted = [{ topic: 'a', partitions: [2] }, { topic: 'b', partitions: [1, 3, 12] }]

test('a subscription is the client\'s, and read again', () => {
  const bytes = encodeSubscription({ topics: ['b', 'a'], userData, ownedPartitions: partitions })
  assert.equal(bytes.toString('hex'), client.encodeConsumerProtocolSubscription({ version: 1, topics: ['b', 'a'], userData, ownedPartitions: partitions }).toString('hex'))
  assert.deepEqual(decodeSubscription(bytes), { topics: ['a', 'b'], userData, ownedPartitions: sorted })
})

test('subscriptions of other versions are read', () => {
  for (const [version, owned] of [[0, []], [2, sorted], [3, sorted]] as const) {
    const bytes = client.encodeConsumerProtocolSubscription({ version, topics: ['a'], userData, ownedPartitions: partitions, generationId: 7, rackId: 'r' })
    assert.deepEqual(decodeSubscription(bytes), { topics: ['a'], userData, ownedPartitions: owned })
  }
})

test('an assignment is the client\'s, and read again; no bytes are none', () => {
  const bytes = encodeAssignment({ assignedPartitions: partitions, userData })
  assert.equal(bytes.toString('hex'), client.encodeConsumerProtocolAssignment({ version: 0, assignedPartitions: partitions, userData }).toString('hex'))
  assert.deepEqual(decodeAssignment(bytes), { assignedPartitions: sorted, userData })
  for (const nothing of [Buffer.alloc(0), Buffer.alloc(2)]) assert.deepEqual(decodeAssignment(nothing), { assignedPartitions: [], userData: Buffer.alloc(0) })
})
