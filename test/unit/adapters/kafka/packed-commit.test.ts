// Which records a refusal costs (I8): those that are refused even alone, or that the leader names. None for its neighbours, none for a limit of yesterday.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Cluster } from '../../../../adapters/kafka/cluster.ts'
import { commitPacked } from '../../../../adapters/kafka/packed-commit.ts'
import type { PackedEnd } from '../../../../adapters/kafka/packed-commit.ts'
import { Packed, Packer } from '../../../../adapters/kafka/packing.ts'
import { RecordSet } from '../../../../adapters/kafka/record-set.ts'
import type { Topics } from '../../../../adapters/kafka/topics.ts'
import { Transactions } from '../../../../adapters/kafka/transaction.ts'
import { Reader } from '../../../../adapters/kafka/reader.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Names } from '../../../../system/membership/names.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'
import type { LogRecord, OutRecord } from '../../../../system/protocol/record.ts'
import { record } from '../../../contract/log-fixture.ts'
import { KEYS, clusterOf } from '../../../support/kafka-broker.ts'
import { testSeed } from '../../../support/seed.ts'

const [MESSAGE_TOO_LARGE, INVALID_TIMESTAMP] = [10, 32]

interface Part {
  readonly partition: number
  readonly bytes: Buffer
  readonly records: readonly LogRecord[]
}

/** Of a request to write one topic. */
function partsOf(request: Buffer): readonly Part[] {
  const reader = Reader.from(request)
  reader.readNullableString()
  reader.skip(2 + 4)
  const [parts = []] = reader.readArray((topic) => {
    topic.readString()
    return topic.readArray((part) => {
      const partition = part.readInt32()
      const bytes = Buffer.from(part.readBytes())
      const records: LogRecord[] = []
      new RecordSet(bytes, [], 0).take({ recordsMax: Infinity, bytesMax: Infinity, to: Infinity }, records)
      return { partition, bytes, records }
    })
  })
  return parts
}

interface Verdict {
  readonly code: number
  readonly named?: readonly number[]
}

/** A leader that judges each batch; what it took is what a reader of committed records sees. */
class Leader {
  batchBytesMax = 1 << 20
  looks = 0
  readonly #judge: (part: Part, batchBytesMax: number) => Verdict
  #open: Part[] = []
  committed: readonly Part[] = []

  constructor(judge: (part: Part, batchBytesMax: number) => Verdict = ({ bytes }, batchBytesMax) => ({ code: bytes.length > batchBytesMax ? MESSAGE_TOO_LARGE : 0 })) {
    this.#judge = judge
  }

  values(partition: number): readonly string[] {
    return this.committed.filter((part) => part.partition === partition).flatMap(({ records }) => records.map(({ value }) => Buffer.from(value ?? []).toString()))
  }

  packer(): Packer {
    const settings = async (): Promise<object> => ({ cleanup: 'delete', batchBytesMax: (this.looks += 1, this.batchBytesMax) })
    return new Packer({ settings } as unknown as Topics, new Names(''), 1 << 20)
  }

  async commit(packer: Packer, records: readonly OutRecord[]): Promise<PackedEnd> {
    const cluster = clusterOf(new Cluster([{ host: 'b', port: 1 }], { clientId: 'x', security: {}, connectMsMax: 200, requestMsMax: 200, slowMsMax: 200 }, wallClock), (key, request) => this.#answer(key, request))
    cluster.leaderOf = () => 1
    const transactions = new Transactions({ cluster, clock: wallClock, visibility: new Visibility(wallClock), transactionalId: 'id', group: 'g', partition: 0, use: 'u', timeoutMs: 1000, standing: async () => undefined })
    await transactions.fence({})
    const packed = await packer.pack(records)
    return packed instanceof Packed ? commitPacked(transactions, packer, packed, [], {}) : { kind: 'rejected', ...packed }
  }

  #answer(key: number, request: Buffer): object {
    switch (key) {
      case KEYS.findCoordinator: return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
      case KEYS.initProducerId:
        this.#open = []
        return { producerId: 7n, producerEpoch: 1 }
      case KEYS.produce: return { responses: [{ name: 't', partitionResponses: partsOf(request).map((part) => this.#taken(part)) }] }
      case KEYS.endTxn:
        // The last field: whether it is a commit.
        if (request.at(-2) === 1) this.committed = this.#open
        return {}
      default: return {}
    }
  }

  #taken(part: Part): object {
    const { code, named = [] } = this.#judge(part, this.batchBytesMax)
    if (code === 0) this.#open.push(part)
    return { index: part.partition, errorCode: code, baseOffset: 0n, errorMessage: null, recordErrors: named.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: null })) }
  }
}

const some = (count: number, size: number, partition = 0): OutRecord[] => Array.from({ length: count }, (_, nth) => record('t', partition, String(nth).padStart(size, '0')))
const textsOf = (records: readonly OutRecord[]): readonly string[] => records.map(({ value }) => Buffer.from(value ?? []).toString())
const has = (part: Part, text: string): boolean => part.records.some(({ value }) => Buffer.from(value ?? []).toString() === text)

test('a topic that takes smaller batches since it was looked at costs no record that it still takes', async () => {
  const leader = new Leader()
  const packer = leader.packer()
  assert.equal((await leader.commit(packer, some(10, 100))).kind, 'committed')
  leader.batchBytesMax = 400
  const records = [...some(10, 100), ...some(10, 100, 1)]
  assert.equal((await leader.commit(packer, records)).kind, 'committed')
  assert.deepEqual([leader.values(0), leader.values(1)], [textsOf(some(10, 100)), textsOf(some(10, 100))])
  assert.equal(leader.looks, 2)
  const end = await leader.commit(packer, [...some(2, 100), record('t', 1, 'x'.repeat(400))])
  assert.deepEqual(end.kind === 'rejected' ? end.records : [], [2])
})

test('a topic that takes larger batches since it was looked at is given them', async () => {
  const leader = new Leader()
  const packer = leader.packer()
  leader.batchBytesMax = 400
  assert.equal((await leader.commit(packer, some(1, 100))).kind, 'committed')
  leader.batchBytesMax = 1000
  assert.equal((await leader.commit(packer, some(1, 500))).kind, 'committed')
})

test('one record that is refused whatever stands beside it is found, in whichever batch', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.nat(39), fc.integer({ min: 200, max: 2000 }), async (count, at, batchBytesMax) => {
    const bad = String(at % count).padStart(20, '0')
    const leader = new Leader((part) => ({ code: part.partition === 1 && has(part, bad) ? MESSAGE_TOO_LARGE : 0 }))
    leader.batchBytesMax = batchBytesMax
    const end = await leader.commit(leader.packer(), [...some(count, 20), ...some(count, 20, 1)])
    assert.deepEqual(end.kind === 'rejected' ? end.records : [], [count + at % count])
  }), { seed: testSeed(), numRuns: 20 })
})

test('records that the leader names are refused, and not their neighbours', async () => {
  const leader = new Leader(({ records }) => (records.length > 3 ? { code: INVALID_TIMESTAMP, named: [1, 3] } : { code: 0 }))
  const end = await leader.commit(leader.packer(), [...some(2, 5, 1), ...some(5, 5)])
  assert.deepEqual(end.kind === 'rejected' ? end.records : [], [3, 5])
})
