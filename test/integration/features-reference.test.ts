// The published feature values of the Fraud Detection Handbook (B4), all rows and all 14 columns, from its transactions.
// The files are found in STATELOG_DATA, or in ../shared/data beside the repository. Without them the fact is told, and the
// generated file of test/unit/system/features/reference.test.ts stands for it.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { walk } from '../unit/system/features/handbook.ts'
import type { Transaction } from '../unit/system/features/handbook.ts'

const folder = process.env['STATELOG_DATA'] ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'data')
const transactionsFile = join(folder, 'transactions-2018-04-01..2018-08-14.csv.gz')
const featuresFile = join(folder, 'features-2018-07-25..2018-07-31.csv.gz')
const ROWS = 67_240
const COLUMNS = 14

function* rowsOf(file: string): Generator<readonly string[]> {
  const bytes = gunzipSync(readFileSync(file))
  let from = bytes.indexOf(10) + 1
  for (let to = bytes.indexOf(10, from); to >= 0; from = to + 1, to = bytes.indexOf(10, from)) yield bytes.toString('latin1', from, to).split(',')
}

function* transactions(lastId: number): Generator<Transaction> {
  for (const [id, at, customer, terminal, amount, fraud] of rowsOf(transactionsFile)) {
    if (Number(id) > lastId) return
    yield { id: Number(id), timeMs: Date.parse(at!), customer: Number(customer), terminal: Number(terminal), amount: Number(amount), fraud: Number(fraud) }
  }
}

test('all published feature values are reproduced', (context) => {
  if (!existsSync(transactionsFile) || !existsSync(featuresFile)) {
    context.diagnostic('no published values here; set STATELOG_DATA to the folder that has them')
    return
  }
  const published = new Map<number, Float64Array>()
  for (const [id, ...values] of rowsOf(featuresFile)) published.set(Number(id), Float64Array.from(values, Number))
  assert.equal(published.size, ROWS)
  const differing: string[] = []
  // Published values that are not quite 0 where the true value is 0.
  const residues: string[] = []
  let compared = 0
  let largest = { difference: 0, place: '' }
  walk(transactions(Math.max(...published.keys())), (tx, values) => {
    const expected = published.get(tx.id)
    if (!expected) return
    const ours = values()
    assert.equal(ours.length, COLUMNS)
    for (let i = 0; i < COLUMNS; i++) {
      const difference = Math.abs(ours[i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!))
      const place = `transaction ${tx.id}, column ${i}: ours ${ours[i]}, published ${expected[i]}`
      if (difference > largest.difference) largest = { difference, place }
      if (!(difference <= 1e-9)) differing.push(place)
      else if (ours[i] === 0 && expected[i] !== 0) residues.push(place)
    }
    compared++
  })
  context.diagnostic(`${compared} rows compared, ${differing.length} values different, largest difference ${largest.difference} (${largest.place})`)
  for (const residue of residues) context.diagnostic(`rounding residue: ${residue}`)
  assert.deepEqual(differing.slice(0, 10), [])
  assert.equal(compared, ROWS)
})
