// The handbook's features on a small generated file, against their definition; test/integration/features-reference.test.ts has the published values.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generator } from '../../../../system/models/training/generator.ts'
import { walk } from './handbook.ts'
import type { Transaction } from './handbook.ts'
import { close, inWindow } from './samples-of.ts'

const DAY_MS = 86_400_000

function generated(count: number): readonly Transaction[] {
  const next = generator(11)
  let timeMs = Date.UTC(2018, 3, 1)
  return Array.from({ length: count }, (_, id) => {
    // Whole half days now and then, so that windows meet their edges exactly.
    timeMs = next() < 0.1 ? Math.ceil(timeMs / (DAY_MS / 2)) * (DAY_MS / 2) : timeMs + Math.floor(next() * 8_000_000)
    return { id, timeMs, customer: Math.floor(next() * 4), terminal: Math.floor(next() * 4), amount: Math.floor(next() * 10_000) / 100, fraud: Number(next() < 0.2) }
  })
}

function byDefinition(all: readonly Transaction[], tx: Transaction): readonly number[] {
  const before = all.slice(0, tx.id + 1)
  const mine = before.filter((other) => other.customer === tx.customer).map(({ timeMs, amount }) => ({ timeMs, value: amount }))
  const there = before.filter((other) => other.terminal === tx.terminal).map(({ timeMs, fraud }) => ({ timeMs, value: fraud }))
  const statistics = (values: readonly number[]): readonly number[] =>
    [values.length, values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length]
  const date = new Date(tx.timeMs)
  return [
    Number(date.getUTCDay() % 6 === 0), Number(date.getUTCHours() <= 6),
    ...[1, 7, 30].flatMap((days) => statistics(inWindow(mine, tx.timeMs, 0, days * DAY_MS))),
    ...[1, 7, 30].flatMap((days) => statistics(inWindow(there, tx.timeMs, 7 * DAY_MS, days * DAY_MS))),
  ]
}

test('customer and terminal features equal their definition for every transaction', () => {
  const transactions = generated(1500)
  assert.ok(transactions.at(-1)!.timeMs - transactions[0]!.timeMs > 50 * DAY_MS)
  let compared = 0
  walk(transactions, (tx, values) => {
    const expected = byDefinition(transactions, tx)
    values().forEach((value, i) => assert.ok(close(value, expected[i]!), `transaction ${tx.id}, column ${i}: ${value}, expected ${expected[i]}`))
    compared++
  })
  assert.equal(compared, transactions.length)
})
