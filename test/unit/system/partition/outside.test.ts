// Outside: what a table or model that misbehaves costs, and whom.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import { defineTable } from '../../../../system/authoring/table.ts'
import type { Table } from '../../../../system/authoring/table.ts'
import { liveOutside, Unanswered } from '../../../../system/partition/outside.ts'
import type { Answer, Question } from '../../../../system/partition/turn-input.ts'
import { LOOKUP_MS_MAX, ROW_BYTES_MAX, SCORE_MS_MAX } from '../../../../system/protocol/limits.ts'
import { codec } from '../../../support/partition/bench.ts'

const row = (key: string, ref = `0:${key}`): Question => ({ kind: 'row', ref, table: 't', key })
const score = (n: number, hash = 'aa'): Question => ({ kind: 'score', ref: `0:${n}`, model: 'm', hash, vector: [n] })

async function ask(find: Table['find'], questions: readonly Question[], clock = new SimulatedClock(0)): Promise<readonly Answer[]> {
  const model = (hash: string) => ({ name: 'm', version: 1, hash, score: (vectors: readonly (readonly number[])[]) => vectors.map(([n = 0]) => ({ kind: 'score' as const, score: hash === 'aa' ? n : -n })) })
  return liveOutside({ model, tables: new Map([['t', { name: 't', find }]]), clock, codec }).ask(questions)
}

const rowsOf = (answers: readonly Answer[]): readonly unknown[] => answers.map((answer) => (answer.kind === 'row' ? (codec.decode(answer.bytes) as { value: unknown }).value : answer))

test('rows and scores of one round are asked together, each table and artifact once, and answered in the order of asking', async () => {
  const asked: (readonly string[])[] = []
  const answers = await ask((keys) => {
    asked.push(keys)
    return keys.map((key) => ({ key }))
  }, [row('a'), score(1), score(2, 'bb'), row('b'), score(3)])
  assert.deepEqual(asked, [['a', 'b']])
  assert.deepEqual(rowsOf(answers), [{ key: 'a' }, { kind: 'score', score: 1 }, { kind: 'score', score: -2 }, { key: 'b' }, { kind: 'score', score: 3 }])
})

test('a row is a copy: the table may change its own afterwards', async () => {
  const kept = { n: 1 }
  const answers = await ask(() => [kept], [row('a')])
  kept.n = 2
  assert.deepEqual(rowsOf(answers), [{ n: 1 }])
})

test('a missing row is undefined; one that cannot be journalled fails its own input only', async () => {
  const rows = [undefined, { at: () => 1 }, 'x'.repeat(ROW_BYTES_MAX + 1), 'x'.repeat(ROW_BYTES_MAX - 100)]
  const answers = await ask(() => rows, ['a', 'b', 'c', 'd'].map((key) => row(key)))
  assert.deepEqual(answers.map((answer) => (answer.kind === 'failed' ? answer.failure.class : answer.kind)), ['row', 'action', 'size', 'row'])
  assert.equal(rowsOf(answers)[0], undefined)
})

test('O1: a table that throws, rejects or answers nonsense answers nothing at all', async () => {
  const cases: readonly [Table['find'], RegExp][] = [
    [() => { throw new RangeError('down') }, /table 't' failed: RangeError: down/],
    [() => Promise.reject(Object.create(null) as Error), /table 't' failed: object/],
    [() => [], /table 't' gave 0 rows for 1 keys/],
    [() => 'rows' as never, /gave no list of rows for 1 keys/],
  ]
  for (const [find, reason] of cases) await assert.rejects(ask(find, [row('a')]), (thrown) => thrown instanceof Unanswered && reason.test(thrown.message))
})

test('a table and a model that never answer are given up after their time', async () => {
  const clock = new SimulatedClock(0)
  const never = new Promise<never>(() => {})
  const rejected = assert.rejects(ask(() => never, [row('a')], clock), (thrown) => thrown instanceof Unanswered && /did not answer within 5000 ms/.test(thrown.message))
  clock.advance(LOOKUP_MS_MAX)
  await rejected
  const model = { name: 'm', version: 1, hash: 'aa', score: () => never }
  const answers = liveOutside({ model: () => model, tables: new Map(), clock, codec }).ask([score(1)])
  clock.advance(SCORE_MS_MAX)
  assert.deepEqual(await answers, [{ kind: 'none', reason: `model 'm' gave no score within ${SCORE_MS_MAX} ms` }])
})

test('a table of given rows takes objects and maps, and keys that objects have by nature are no rows', () => {
  assert.deepEqual(defineTable({ name: 't', rows: { a: 1 } }).find(['a', 'b', 'constructor', '__proto__']), [1, undefined, undefined, undefined])
  assert.deepEqual(defineTable({ name: 't', rows: new Map([['__proto__', 1]]) }).find(['__proto__']), [1])
  assert.throws(() => defineTable({ name: 'No', rows: {} }), /table 'No': a name is/)
})
