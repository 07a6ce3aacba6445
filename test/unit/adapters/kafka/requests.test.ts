// Requests are, byte for byte, what @platformatic/kafka makes of the same arguments, and of answers the same is read: two implementations of one guide.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from '@platformatic/kafka'
import { fetchV16 } from '../../../../adapters/kafka/fetch.ts'
import { heartbeatV4, joinGroupV9, leaveGroupV5, offsetFetchV9, syncGroupV5 } from '../../../../adapters/kafka/group-requests.ts'
import { Reader } from '../../../../adapters/kafka/reader.ts'
import { listOffsetsV9, produceV11 } from '../../../../adapters/kafka/record-requests.ts'
import { Refusals } from '../../../../adapters/kafka/request.ts'
import { createTopicsV7, describeConfigsV4, findCoordinatorV6, metadataV12 } from '../../../../adapters/kafka/topic-requests.ts'
import { addOffsetsToTxnV3, addPartitionsToTxnV3, describeTransactionsV0, endTxnV3, initProducerIdV4, txnOffsetCommitV3 } from '../../../../adapters/kafka/transaction-requests.ts'
import { array, bytes, i16, i32, i64, i8, items, string, struct, uuid } from '../../../support/kafka-fields.ts'

interface Ours {
  readonly key: number
  readonly version: number
  readonly createRequest: (...args: never[]) => { readonly buffer: Buffer }
  readonly parseResponse: (reader: Reader) => unknown
}

interface Theirs {
  readonly api: { readonly key: number; readonly version: number }
  readonly createRequest: (...args: never[]) => { readonly buffer: Buffer }
  readonly parseResponse: (correlation: number, key: number, version: number, reader: InstanceType<typeof client.Reader>) => unknown
}

interface Row {
  readonly name: string
  readonly ours: Ours
  readonly theirs: Theirs
  /** Of the request; `theirArgs` where the client takes them otherwise. */
  readonly args: readonly unknown[]
  readonly theirArgs?: readonly unknown[]
  readonly answers: readonly Buffer[]
}

const ID = '00000000-0000-0001-0000-000000000002'
const [NOT_COORDINATOR, TOPIC_EXISTS, NOT_ATTEMPTED] = [16, 36, 55]
const row = (name: string, ours: unknown, theirs: unknown, args: readonly unknown[], answers: readonly Buffer[], theirArgs?: readonly unknown[]): Row => ({ name, ours: ours as Ours, theirs: theirs as Theirs, args, answers, ...(theirArgs === undefined ? {} : { theirArgs }) })

/** Throttle time, error number. */
const alone = (code: number, ...more: readonly Buffer[]): Buffer => struct(i32(0), i16(code), ...more)
const parts = (...codes: readonly number[]): Buffer => struct(i32(3), array(struct(string('a'), array(...codes.map((code, index) => struct(i32(index), i16(code)))))))

const PRODUCE = (code: number): Buffer => struct(array(struct(string('a'), array(struct(i32(1), i16(code), i64(7n), i64(-1n), i64(0n), array(struct(i32(4), string(null))), string(code === 0 ? null : 'bad'))))), i32(0))
const METADATA = (code: number): Buffer => struct(
  i32(0), array(struct(i32(1), string('h'), i32(9092), string(null)), struct(i32(2), string('g'), i32(9093), string('rack'))), string('cluster'), i32(1),
  array(struct(i16(code), string('a'), uuid(ID), i8(0), array(struct(i16(0), i32(0), i32(1), i32(5), items(i32(1), i32(2)), items(i32(1)), items())), i32(-1)), struct(i16(0), string(null), uuid(ID), i8(1), array(), i32(-1))),
)

const OFFSETS = [{ name: 'a', partitions: [{ partitionIndex: 1, committedOffset: 8n, committedLeaderEpoch: -1, committedMetadata: 'm' }, { partitionIndex: 2, committedOffset: 9n, committedLeaderEpoch: -1, committedMetadata: null }] }]
const TOPICS = [{ name: 'a', partitions: [0, 1] }, { name: 'ü', partitions: [] }]

const ROWS: readonly Row[] = [
  row('Metadata', metadataV12, client.metadataV12, [['a', 'ü'], false, false], [METADATA(0), METADATA(3)]),
  row('Metadata of all', metadataV12, client.metadataV12, [null, false, false], []),
  row('FindCoordinator', findCoordinatorV6, client.findCoordinatorV6, [1, ['k']], [0, NOT_COORDINATOR].map((code) => struct(i32(0), array(struct(string('k'), i32(1), string('h'), i32(9092), i16(code), string(null)))))),
  row('CreateTopics', createTopicsV7, client.createTopicsV7, [[{ name: 'a', numPartitions: 3, replicationFactor: 2, configs: [{ name: 'x', value: 'y' }] }], 500, false], [0, TOPIC_EXISTS].map((code) => struct(i32(0), array(struct(string('a'), uuid(ID), i16(code), string(code === 0 ? null : 'is there'), i32(3), i16(2), array(struct(string('x'), string('y'), i8(0), i8(1), i8(0))))))), [[{ name: 'a', numPartitions: 3, replicationFactor: 2, assignments: [], configs: [{ name: 'x', value: 'y' }] }], 500, false]),
  row('DescribeConfigs', describeConfigsV4, client.describeConfigsV4, [[{ resourceType: 2, resourceName: 'a', configurationKeys: ['x', 'y'] }], false, false], [0, 3].map((code) => struct(i32(0), array(struct(i16(code), string(null), i8(2), string('a'), array(struct(string('x'), string('v'), i8(0), i8(1), i8(0), array(struct(string('s'), string(null), i8(4))), i8(1), string('doc')), struct(string('y'), string(null), i8(0), i8(1), i8(1), array(), i8(1), string(null)))))))),
  row('JoinGroup', joinGroupV9, client.joinGroupV9, ['g', 1000, 2000, '', 'instance', 'consumer', [{ name: 'p', metadata: Buffer.from('meta') }], 'why'], [0, 79].map((code) => alone(code, i32(4), string('consumer'), string(null), string('leader'), i8(1), string('me'), array(struct(string('m'), string(null), bytes('meta')), struct(string('n'), string('i'), bytes('')))))),
  row('SyncGroup', syncGroupV5, client.syncGroupV5, ['g', 4, 'm', null, 'consumer', 'p', [{ memberId: 'm', assignment: Buffer.from('a') }]], [0, 27].map((code) => alone(code, string('consumer'), string('p'), bytes('assigned')))),
  row('Heartbeat', heartbeatV4, client.heartbeatV4, ['g', 4, 'm', 'i'], [alone(0), alone(27)]),
  row('LeaveGroup', leaveGroupV5, client.leaveGroupV5, ['g', [{ memberId: 'm', groupInstanceId: null, reason: 'stopped' }]], [[0, 0], [0, 25], [NOT_COORDINATOR, 0]].map(([all = 0, one = 0]) => alone(all, array(struct(string('m'), string(null), i16(one)))))),
  row('OffsetFetch', offsetFetchV9, client.offsetFetchV9, [[{ groupId: 'g', memberId: null, memberEpoch: -1, topics: [{ name: 'a', partitionIndexes: [1, 2] }] }], true], [[0, 0], [0, 88], [NOT_COORDINATOR, 0]].map(([all = 0, one = 0]) => struct(i32(0), array(struct(string('g'), array(struct(string('a'), array(struct(i32(1), i64(8n), i32(-1), string('m'), i16(one)), struct(i32(2), i64(-1n), i32(-1), string(null), i16(0))))), i16(all)))))),
  row('InitProducerId', initProducerIdV4, client.initProducerIdV4, ['t', 1000, -1n, -1], [0, 51].map((code) => alone(code, i64(77n), i16(3)))),
  row('InitProducerId of nobody', initProducerIdV4, client.initProducerIdV4, [null, 0, -1n, -1], []),
  row('AddPartitionsToTxn', addPartitionsToTxnV3, client.addPartitionsToTxnV3, ['t', 7n, 1, TOPICS], [parts(0, 0), parts(NOT_ATTEMPTED, 29)], [[{ transactionalId: 't', producerId: 7n, producerEpoch: 1, verifyOnly: false, topics: TOPICS }]]),
  row('AddOffsetsToTxn', addOffsetsToTxnV3, client.addOffsetsToTxnV3, ['t', 7n, 1, 'g'], [alone(0), alone(47)]),
  row('TxnOffsetCommit', txnOffsetCommitV3, client.txnOffsetCommitV3, ['t', 'g', 7n, 1, 4, 'm', null, OFFSETS], [parts(0, 0), parts(22)]),
  row('EndTxn', endTxnV3, client.endTxnV3, ['t', 7n, 1, true], [alone(0), alone(90)]),
  row('DescribeTransactions', describeTransactionsV0, client.describeTransactionsV0, [['t', 'ü']], [0, 105].map((code) => struct(i32(0), array(struct(i16(code), string('t'), string('Ongoing'), i32(1000), i64(5n), i64(7n), i16(1), array(struct(string('a'), items(i32(1), i32(2))))))))),
  row('ListOffsets', listOffsetsV9, client.listOffsetsV9, [-1, 1, [{ name: 'a', partitions: [{ partitionIndex: 1, currentLeaderEpoch: -1, timestamp: -2n }] }]], [0, 6].map((code) => struct(i32(0), array(struct(string('a'), array(struct(i32(1), i16(code), i64(-1n), i64(99n), i32(2)))))))),
  row('Produce', produceV11, client.produceV11, [], [PRODUCE(0), PRODUCE(87)]),
]

/** All that ours says stands in theirs; of some, nothing is of interest, or only about how many partitions they are. */
function assertWithin(ours: unknown, theirs: unknown, at: string): void {
  if (ours === undefined) return
  if (typeof ours === 'number' && typeof theirs === 'object') return assert.equal(ours, partitionsIn(theirs), at)
  if (Buffer.isBuffer(ours) || typeof ours !== 'object' || ours === null) return assert.deepEqual(ours, theirs, at)
  if (Array.isArray(ours)) assert.equal(ours.length, (theirs as unknown[]).length, at)
  for (const [name, value] of Object.entries(ours)) assertWithin(value, (theirs as Record<string, unknown>)[name], `${at}.${name}`)
}

function partitionsIn(theirs: unknown): number {
  if (typeof theirs !== 'object' || theirs === null) return 0
  return 'partitionIndex' in theirs ? 1 : Object.values(theirs).reduce<number>((sum, part) => sum + partitionsIn(part), 0)
}

const codesOf = (thrown: unknown): unknown => (thrown as { readonly errors: readonly { readonly apiId: string }[] }).errors.map(({ apiId }) => apiId)

function outcomeOf(read: () => unknown): { readonly answer: unknown } | { readonly thrown: unknown; readonly answer: unknown } {
  try {
    return { answer: read() }
  } catch (thrown) {
    return { thrown, answer: (thrown as { readonly response?: unknown }).response }
  }
}

for (const { name, ours, theirs, args, theirArgs = args, answers } of ROWS) {
  test(`${name}: the client's number, version and bytes`, () => {
    assert.deepEqual([ours.key, ours.version], [theirs.api.key, theirs.api.version])
    if (args.length > 0) assert.equal(ours.createRequest(...args as never[]).buffer.toString('hex'), theirs.createRequest(...theirArgs as never[]).buffer.toString('hex'))
  })

  for (const [index, bytesOf] of answers.entries()) {
    test(`${name}: answer ${index} says what the client reads in it, and one that is cut says nothing`, () => {
      const [mine, other] = [outcomeOf(() => ours.parseResponse(Reader.from(bytesOf))), outcomeOf(() => theirs.parseResponse(1, ours.key, ours.version, client.Reader.from(bytesOf)))]
      assert.equal('thrown' in mine, 'thrown' in other)
      if ('thrown' in mine && 'thrown' in other) {
        assert.ok(mine.thrown instanceof Refusals)
        assert.deepEqual(codesOf(mine.thrown), codesOf(other.thrown))
      }
      assertWithin(mine.answer, other.answer, name)
      for (let end = 0; end < bytesOf.length; end += 1) assert.throws(() => ours.parseResponse(Reader.from(bytesOf.subarray(0, end))), RangeError)
    })
  }
}

test('a refusal says which request it was, and the broker\'s own words', () => {
  assert.throws(() => produceV11.parseResponse(Reader.from(PRODUCE(87))), { message: 'Produce was refused: INVALID_RECORD: bad' })
})

/** Wait, least and most bytes, committed only, no session; topic id, partition, epoch of its leader, offset, no epoch of what was fetched last, bytes; nothing forgotten, no rack. Source: the protocol guide, Fetch version 16. */
const FETCH_HEX = [
  '000001f4', '00000001', '00000006', '01', '00000000', 'ffffffff', '02', '00000000000000010000000000000002', '02',
  '00000003', '00000006', '0000000000000004', 'ffffffff', 'ffffffffffffffff', '00000005', '00', '00', '01', '01', '00',
].join('')

test('a fetch is asked for in these bytes', () => {
  const asked = fetchV16.createRequest(500, 6, [{ topicId: ID, partitions: [{ topicId: ID, partition: 3, offset: 4, bytesMax: 5, leaderEpoch: 6 }] }])
  assert.equal(asked.buffer.toString('hex'), FETCH_HEX)
})

test('a fetch shows the batches of each partition where they stand', () => {
  const part = (index: number, code: number, batches: string): Buffer => struct(i32(index), i16(code), i64(20n), i64(15n), i64(2n), array(struct(i64(7n), i64(3n))), i32(-1), bytes(batches))
  const answer = struct(i32(0), i16(0), i32(0), array(struct(uuid(ID), array(part(0, 0, 'batches'), part(1, 6, '')))))
  const { errorCode, parts: fetched } = fetchV16.parseResponse(Reader.from(answer))
  assert.equal(errorCode, 0)
  assert.deepEqual(fetched.map(({ bytes: batches, ...rest }) => ({ ...rest, batches: String(batches) })), [
    { topicId: ID, partition: 0, errorCode: 0, stableEnd: 15, start: 2, aborted: [{ producerId: 7n, firstOffset: 3 }], batches: 'batches' },
    { topicId: ID, partition: 1, errorCode: 6, stableEnd: 15, start: 2, aborted: [{ producerId: 7n, firstOffset: 3 }], batches: '' },
  ])
  assert.equal(fetched[0]?.bytes.buffer, answer.buffer)
})

test('a produce request is the bytes of the client but for the batch, which is taken as it is', () => {
  const large = Buffer.alloc(5000, 'x')
  const mine = produceV11.createRequest('t', -1, 1000, [{ name: 'a', partitions: [{ partition: 3, bytes: large }, { partition: 4, bytes: Buffer.from('small') }] }])
  const theirs = client.Writer.create().appendString('t').appendInt16(-1).appendInt32(1000)
    .appendArray([0], (topic) => topic.appendString('a').appendArray([[3, large], [4, Buffer.from('small')]] as const, (part, [partition, batch]) => part.appendInt32(partition).appendUnsignedVarInt(batch.length + 1).append(batch)))
    .appendTaggedFields()
  assert.ok(mine.buffer.equals(theirs.buffer))
  assert.ok(mine.buffers.includes(large))
})

test('I9 a small piece of a large answer does not keep the answer: pieces are held for as long as nobody reads them', () => {
  const part = (index: number, text: string): Buffer => struct(i32(index), i16(0), i64(9n), i64(9n), i64(0n), array(), i32(-1), bytes(text))
  const answer = struct(i32(0), i16(0), i32(0), array(struct(uuid(ID), array(part(0, 'x'.repeat(100_000)), part(1, 'small')))))
  const { parts } = fetchV16.parseResponse(Reader.from(answer))
  for (const [index, { bytes: piece }] of parts.entries()) {
    assert.equal(piece.toString(), index === 0 ? 'x'.repeat(100_000) : 'small')
    assert.ok(piece.buffer.byteLength <= 16 * piece.length, `${piece.length} bytes keep ${piece.buffer.byteLength}`)
  }
})
