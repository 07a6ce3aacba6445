// Fullness: when a batch does not wait for more, and when what is only old may.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchBounds, isBacklog, isFull } from '../../../../system/partition/fullness.ts'
import { BATCH_ENTITY_BYTES_MAX, BATCH_UNKNOWN_MAX } from '../../../../system/protocol/limits.ts'
import type { RecordRange } from '../../../../system/protocol/record.ts'

const BOUNDS = { batchRecordsMax: 4, batchBytesMax: 100 }

function ranges(...sizes: readonly (readonly number[])[]): readonly RecordRange[] {
  return sizes.map((records, topic) => ({ topic: `t${topic}`, partition: 0, from: 0, to: records.length, records: records.map((size, offset) => ({ offset, key: null, value: new Uint8Array(size), headers: [], timestampMs: 0 })) }))
}

test('a poll is full of records of all topics together, or near its bound in bytes; only many small records are a backlog', () => {
  const cases: readonly (readonly [RecordRange[], boolean, boolean])[] = [
    [[], false, false], [[...ranges([1, 1, 1])], false, false], [[...ranges([1, 1], [1, 1])], true, true], [[...ranges([50])], true, false], [[...ranges([20, 20], [5, 5])], true, false],
  ]
  for (const [polled, full, backlog] of cases) assert.deepEqual([isFull(polled, BOUNDS), isBacklog(polled, BOUNDS)], [full, backlog])
})

test('a batch takes no more records, firings and releases than its entities may take in memory, few before any was measured, and one at least', () => {
  const settings = { batchRecordsMax: 2000, batchBytesMax: 100, releasesMax: 5000 }
  const most = (touchBytes: number | undefined): readonly number[] => {
    const { batchRecordsMax, batchBytesMax, releasesMax } = batchBounds(settings, touchBytes)
    return [batchRecordsMax, batchBytesMax, releasesMax]
  }
  assert.deepEqual([undefined, 2000, BATCH_ENTITY_BYTES_MAX / 3000, BATCH_ENTITY_BYTES_MAX / 10, 2 * BATCH_ENTITY_BYTES_MAX].map(most), [[BATCH_UNKNOWN_MAX, 100, BATCH_UNKNOWN_MAX], [2000, 100, 5000], [2000, 100, 3000], [10, 100, 10], [1, 100, 1]])
})
