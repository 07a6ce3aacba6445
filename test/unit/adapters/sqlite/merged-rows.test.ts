import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergedRows } from '../../../../adapters/sqlite/merged-rows.ts'
import { compareBytes, utf8Encode } from '../../../../system/protocol/utf8.ts'

type Row = readonly [id: Uint8Array, name: string]

/** `owner`: which of so many sequences an id is in. */
function sequences(count: number, ids: number, owner: (id: number) => number) {
  const rows = Array.from({ length: ids }, (_, id): Row => [utf8Encode(String(id).padStart(6, '0')), `s${owner(id)}`])
  const byName = Map.groupBy(rows, ([, name]) => name)
  const read = { rows: 0, times: 0 }
  return {
    rows, read, names: new Set(Array.from({ length: count }, (_, nth) => `s${nth}`)),
    reading: (name: string, behind: Uint8Array, most: number): readonly Row[] => {
      const found = (byName.get(name) ?? []).filter(([id]) => compareBytes(id, behind) > 0).slice(0, most)
      read.rows += found.length
      read.times += 1
      return found
    },
  }
}

for (const [what, owner] of [['evenly', (id: number) => id % 200], ['nearly all in one', (id: number) => (id % 50 === 0 ? id % 200 : 7)]] as const) {
  test(`R1: of many sequences some of each are read, and no more beyond them than twice what is told: ${what}`, () => {
    const { rows, read, names, reading } = sequences(200, 4000, owner)
    const page = mergedRows(names, utf8Encode('000100'), 100, reading)
    assert.deepEqual(page, rows.slice(101, 201))
    assert.ok(read.rows <= 200 + 2 * 100 && read.times <= 200 + 2 * 100, `${read.rows} rows in ${read.times} reads`)
  })
}

test('the last page holds what is left, and none of nothing is empty', () => {
  const { rows, names, reading } = sequences(5, 12, (id) => id % 5)
  assert.deepEqual(mergedRows(names, utf8Encode('000008'), 10, reading), rows.slice(9))
  assert.deepEqual(mergedRows(new Set(), utf8Encode(''), 10, reading), [])
})
