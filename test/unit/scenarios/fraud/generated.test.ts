import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LARGE_AMOUNT } from '../../../../scenarios/fraud/crime.ts'
import { generatedPayments } from '../../../../scenarios/fraud/generated.ts'
import { sha256Hex } from '../../../../system/protocol/sha256.ts'
import { allOf } from './story.ts'

test('a seed is a story, the same bytes on every runtime', async () => {
  const bytesOf = async (seed: number): Promise<string> => sha256Hex(JSON.stringify(await allOf(generatedPayments(seed, 20_000).payments())))
  assert.equal(await bytesOf(1), 'a24ea66d6f3d94065f28d46c3d785ea0f46f9f324be326f631cd92a853757add')
  assert.notEqual(await bytesOf(2), await bytesOf(1))
})

test('a story can be told twice and has exactly as many payments as asked for, in the order of time', async () => {
  const { payments } = generatedPayments(5, 12_345)
  const all = await allOf(payments())
  assert.equal(all.length, 12_345)
  assert.deepEqual(await allOf(payments()), all)
  assert.ok(all.every(({ timeMs }, i) => i === 0 || timeMs >= all[i - 1]!.timeMs))
  assert.equal(new Set(all.map(({ transactionId }) => transactionId)).size, all.length)
})

test('people pay by day, near home, amounts in cents', async () => {
  const { payments, customers, terminals } = generatedPayments(3, 60_000)
  const all = await allOf(payments())
  const atNight = all.filter(({ timeMs }) => new Date(timeMs).getUTCHours() <= 6).length / all.length
  assert.ok(atNight > 0.02 && atNight < 0.1, `${atNight} at night`)
  assert.ok(all.every(({ amount }) => amount >= 0 && Math.abs(amount * 100 - Math.round(amount * 100)) < 1e-6))
  const visited = new Map<string, Set<string>>()
  for (const { cardId, terminalId } of all) visited.set(cardId, (visited.get(cardId) ?? new Set()).add(terminalId))
  assert.ok(visited.size > customers * 0.95 && visited.size <= customers)
  assert.ok([...visited.values()].every((some) => some.size < terminals / 5))
})

test('under two percent of payments are fraud, of all three kinds', async () => {
  const all = await allOf(generatedPayments(4, 100_000).payments())
  const frauds = all.filter(({ fraud }) => fraud === 1)
  const share = frauds.length / all.length
  assert.ok(share > 0.003 && share < 0.02, `${share} of payments`)
  assert.ok(all.every(({ amount, fraud }) => amount <= LARGE_AMOUNT || fraud === 1))
  const perTerminal = new Map<string, number>()
  for (const { terminalId } of frauds) perTerminal.set(terminalId, (perTerminal.get(terminalId) ?? 0) + 1)
  assert.ok([...perTerminal.values()].filter((count) => count > 10).length > 5)
})

test('a tiny story still has people and terminals', async () => {
  assert.equal((await allOf(generatedPayments(1, 1).payments())).length, 1)
  assert.equal((await allOf(generatedPayments(1, 0).payments())).length, 0)
})
