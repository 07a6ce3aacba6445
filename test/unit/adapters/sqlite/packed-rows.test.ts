import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import { packedColumns, unpackRows } from '../../../../adapters/sqlite/packed-rows.ts'
import { testSeed } from '../../../support/seed.ts'

const bytes = fc.option(fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constantFrom(new Uint8Array([0, 0]), new Uint8Array([0xff, 0, 0xc3]), new Uint8Array([0xef, 0xbb, 0xbf]))))
const row = fc.record({ timestamp: fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }), key: bytes, value: bytes, headers: bytes })

test('rows come back as they were, whatever their bytes; large values are left out with their length', () => {
  const db = new DatabaseSync(':memory:')
  db.exec('CREATE TABLE r (offset INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB)')
  const insert = db.prepare('INSERT INTO r VALUES (?, ?, ?, ?, ?)')
  const query = db.prepare(`SELECT ${packedColumns(10)} FROM (SELECT * FROM r ORDER BY offset)`)
  query.setReturnArrays(true)
  fc.assert(fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
    db.exec('DELETE FROM r')
    rows.forEach(({ timestamp, key, value, headers }, at) => insert.run(at * 3, timestamp, key, value, headers))
    const expected = rows.map(({ timestamp, key, value, headers }, at) => {
      const isLarge = value !== null && value.length > 10
      return [at * 3, timestamp, key, isLarge ? null : value, headers, isLarge ? value.length : null]
    })
    assert.deepEqual(unpackRows(query.get(), 10)?.map((one) => one.map((part) => (part instanceof Uint8Array ? part.slice() : part))), expected)
  }), { seed: testSeed(), numRuns: 300 })
  db.exec('DELETE FROM r')
  insert.run(0, 0.1, null, null, null)
  assert.equal(unpackRows(query.get(), 10), undefined)
  db.close()
})
