// Arrivals: the merge keeps each topic's order and goes by event time between topics.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMachine } from 'xstate'
import { arrivalsOf, inputRef } from '../../../../system/partition/arrivals.ts'
import { Decoder } from '../../../../system/partition/decode.ts'
import { codec, deedRecord, deedSchema, defineActor, logRecord, planOf, range } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import type { LogRecord } from '../../../../system/protocol/record.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { testSeed } from '../../../support/seed.ts'

const source = { schema: deedSchema as never, key: ((deed: Deed) => deed.who) as never }
const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never, sources: { b: source, a: source } as never })], 'one')
const decoder = new Decoder(plan, codec)

const at = (offset: number, time: number): LogRecord => deedRecord(offset, { type: 'x', time, who: 'w' })
const bad = (offset: number): LogRecord => logRecord(offset, 'w', 'no JSON')
const merged = (topics: Readonly<Record<string, readonly LogRecord[]>>): readonly string[] =>
  arrivalsOf(decoder, plan.inputs, Object.entries(topics).map(([topic, records]) => range(topic, records)), 1000).map(({ topic, record }) => `${topic}${record.offset}`)

test('between topics the earlier event goes first, equal times by the order of the sources', () => {
  assert.deepEqual(merged({ a: [at(0, 5), at(1, 7)], b: [at(0, 5), at(1, 6)] }), ['b0', 'a0', 'b1', 'a1'])
})

test('within a topic nothing moves, whatever its times', () => {
  assert.deepEqual(merged({ a: [at(0, 9), at(1, 1)], b: [at(0, 8)] }), ['b0', 'a0', 'a1'])
})

test('a record without a time goes right after its predecessor', () => {
  assert.deepEqual(merged({ a: [bad(0), at(1, 9), bad(2)], b: [at(0, 5), bad(1), at(2, 9)] }), ['a0', 'b0', 'b1', 'b2', 'a1', 'a2'])
})

test('one topic and none are as they are', () => {
  assert.deepEqual(merged({ a: [at(3, 2), at(7, 1)] }), ['a3', 'a7'])
  assert.deepEqual(merged({ a: [], b: [] }), [])
})

test('an input is named by its topic among the inputs of the type', () => {
  assert.deepEqual(plan.inputs, ['b', 'a', 'app.one.inbox'])
  assert.equal(inputRef(plan.inputs, 'a', 12), '1:12')
})

test('what was consumed of a merge merges the same way again: a repeated batch sees the order that the live one saw', () => {
  const list = fc.array(fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }), { maxLength: 12 }).map((times) => times.map((time, offset) => (time === undefined ? bad(offset) : at(offset, time))))
  fc.assert(fc.property(list, list, fc.nat(24), (a, b, consumed) => {
    const whole = merged({ a, b }).slice(0, consumed)
    const prefix = (topic: string, records: readonly LogRecord[]): readonly LogRecord[] => records.slice(0, whole.filter((name) => name.startsWith(topic)).length)
    assert.deepEqual(merged({ a: prefix('a', a), b: prefix('b', b) }), whole)
  }), { seed: testSeed(), numRuns: 300 })
})

test('F3: a repeated batch refuses for where it lies only what was refused then', () => {
  const spread = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never, sources: { b: source } as never })], 'one', { partitions: 4 })
  const [key] = Array.from({ length: 20 }, (_, n) => `w${n}`).filter((who) => partitionOf(utf8Encode(who), 4) !== 0)
  const ranges = [range('b', [deedRecord(3, { type: 'x', time: 1, who: key as string })])]
  const classOf = (misplaced?: ReadonlySet<string>): string => {
    const [arrival] = arrivalsOf(new Decoder(spread, codec), spread.inputs, ranges, 1000, new Map(), misplaced)
    return arrival?.decode.kind === 'failed' ? arrival.decode.failure.class : arrival?.decode.kind ?? ''
  }
  assert.deepEqual([classOf(), classOf(new Set()), classOf(new Set(['0:3'])), classOf(new Set(['0:4']))], ['key', 'input', 'key', 'input'])
})
