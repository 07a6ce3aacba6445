// How a poll is shared among topics.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pollInTurn } from '../../../../system/membership/poll.ts'
import type { RangeReader } from '../../../../system/membership/poll.ts'
import type { LogRecord } from '../../../../system/protocol/record.ts'

const RECORD_BYTES = 10

/** Topics of so many records of 10 bytes each; like a log it takes the first record however large. */
function topics(ends: Readonly<Record<string, number>>): RangeReader {
  return (topic, from, recordsMax, bytesMax) => {
    const records: LogRecord[] = []
    for (let offset = from; offset < (ends[topic] ?? 0) && records.length < recordsMax; offset += 1) {
      if (records.length > 0 && (records.length + 1) * RECORD_BYTES > bytesMax) break
      records.push({ offset, key: null, value: new Uint8Array(RECORD_BYTES), headers: [], timestampMs: 0 })
    }
    return { topic, partition: 0, from, to: from + records.length, records }
  }
}

function polled(ends: Readonly<Record<string, number>>, turn: number, recordsMax: number, bytesMax: number): Readonly<Record<string, number>> {
  const from = new Map(Object.keys(ends).map((topic) => [topic, 0]))
  const ranges = pollInTurn({ from, recordsMax, bytesMax, waitMsMax: 0 }, turn, topics(ends))
  for (const range of ranges) assert.deepEqual(range.records.map(({ offset }) => offset), Array.from({ length: range.to - range.from }, (_, at) => range.from + at))
  return Object.fromEntries(ranges.map(({ topic, records }) => [topic, records.length]))
}

test('what one topic leaves goes to the others, whichever comes first', () => {
  for (const turn of [0, 1]) {
    assert.deepEqual(polled({ a: 900, b: 0 }, turn, 500, 1e6), { a: 500 })
    assert.deepEqual(polled({ a: 900, b: 100 }, turn, 500, 1e6), { a: 400, b: 100 })
    assert.deepEqual(polled({ a: 900, b: 900 }, turn, 500, 1e6), { a: 250, b: 250 })
    assert.deepEqual(polled({ a: 900, b: 0 }, turn, 500, 1000), { a: 100 }, 'in bytes')
    assert.deepEqual(polled({ a: 900, b: 10 }, turn, 500, 1000), { a: 90, b: 10 }, 'in bytes')
    assert.deepEqual(polled({ a: 30, b: 20 }, turn, 500, 1e6), { a: 30, b: 20 })
  }
})

test('a poll takes one record however large, and never more than it may', () => {
  assert.deepEqual(polled({ a: 5, b: 5 }, 0, 10, 1), { a: 1 })
  for (let recordsMax = 1; recordsMax < 12; recordsMax += 1) {
    for (const turn of [0, 1, 2]) {
      const counts = Object.values(polled({ a: 4, b: 7, c: 1 }, turn, recordsMax, 1e6))
      assert.equal(counts.reduce((sum, count) => sum + count, 0), recordsMax)
    }
  }
})
