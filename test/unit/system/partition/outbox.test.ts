// Outbox and output records: O1, O2, what JSON would change.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { Outbox, RecordMaker, unfitForJson } from '../../../../system/partition/outbox.ts'
import type { Provenance } from '../../../../system/partition/outbox.ts'
import { headerOf } from '../../../../system/protocol/record.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'
import { utf8Decode } from '../../../../system/protocol/utf8.ts'
import { codec, defineActor, entityId, planOf } from '../../../support/partition/bench.ts'

const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never, outputs: { paid: 'payments' } })], 'one', { partitions: 4 })
const maker = new RecordMaker(plan, 0, codec)
const by: Provenance = { entity: { id: entityId('w') }, key: undefined, cause: 'deeds-0-7', timeMs: 0, origin: { source: 's', id: 'o' }, progressMs: 0, nowMs: 99 }

function made(event: { type: string; [key: string]: unknown }, n = 0, from = by): OutRecord {
  const result = maker.output(event, n, from)
  assert.ok(typeof result !== 'string', String(result))
  return result
}
const header = (record: OutRecord, name: string): string | undefined => utf8Decode(headerOf(record.headers, name) ?? new Uint8Array())

test('an output is JSON with CloudEvents headers, keyed by its entity, and its id names cause and number', () => {
  const record = made({ type: 'paid', amount: 5 }, 2)
  assert.equal(record.topic, 'payments')
  assert.equal(utf8Decode(record.value ?? new Uint8Array()), '{"type":"paid","amount":5}')
  assert.equal(utf8Decode(record.key ?? new Uint8Array()), 'w')
  assert.deepEqual(['ce_specversion', 'ce_source', 'ce_id', 'ce_type', 'ce_time', 'content-type'].map((name) => header(record, name)),
    ['1.0', 'app.one', 'app.one/deeds-0-7/2', 'paid', '1970-01-01T00:00:00.000Z', 'application/json'])
})

test('times are RFC 3339 from year 0 to 9999, and plain milliseconds outside', () => {
  const time = (timeMs: number): string | undefined => header(made({ type: 'paid' }, 0, { ...by, timeMs }), 'ce_time')
  assert.equal(time(253_402_300_799_999), '9999-12-31T23:59:59.999Z')
  assert.equal(time(253_402_300_800_000), '253402300800000')
  assert.equal(time(-62_167_219_200_000), '0000-01-01T00:00:00.000Z')
  assert.equal(time(-62_167_219_200_001), '-62167219200001')
  assert.equal(time(1e300), '1e+300')
})

test('an event without an output is refused with the cure', () => {
  const refused = maker.output({ type: 'lost' }, 0, by)
  assert.ok(typeof refused === 'string' && refused.includes("outputs: { 'lost': '<topic>' }"))
})

test('what JSON would change or lose is refused by its path', () => {
  class Card {}
  const cases: readonly (readonly [unknown, string])[] = [
    [{ a: NaN }, 'event.a'], [{ a: [1, Infinity] }, 'event.a[1]'], [{ a: [undefined] }, 'event.a[0]'], [{ a: 1n }, 'event.a'], [{ a: new Uint8Array(1) }, 'event.a'],
    [{ a: { b: () => 1 } }, 'event.a.b'], [{ a: new Map() }, 'event.a'], [{ a: new Card() }, 'event.a'], [{ a: new Date(NaN) }, 'event.a'], [{ a: Symbol('s') }, 'event.a'], [{ a: Object.assign({}, { toJSON: () => 1 }) }, 'event.a.toJSON'],
  ]
  for (const [value, path] of cases) assert.ok(unfitForJson(value, 'event')?.startsWith(`${path} `), `${path}: ${unfitForJson(value, 'event')}`)
  for (const value of [{ a: undefined }, { a: null, b: [null], c: 'x', d: true, e: 1.5, f: new Date(0), g: {} }, Object.create(null)]) assert.equal(unfitForJson(value, 'event'), undefined)
})

test('O1: records stand in the order in which slots were opened, and each is traced to its input', () => {
  const outbox = new Outbox()
  const [first, empty, last, late] = [outbox.open('0:', 1), outbox.open('0:', 2), outbox.open('0:', 3), outbox.open('timer-w')]
  const [a, b, c, d] = [0, 1, 2, 3].map((n) => made({ type: 'paid' }, n)) as [OutRecord, OutRecord, OutRecord, OutRecord]
  for (const record of [a, b]) outbox.write(last, record)
  outbox.write(first, c)
  outbox.write(late, d)
  assert.deepEqual([first, empty, last].map((slot) => outbox.countOf(slot)), [1, 0, 2])
  for (const records of [outbox.records(), outbox.take()]) {
    assert.deepEqual(records, [c, a, b, d])
    assert.deepEqual([0, 1, 2, 3, 4].map((index) => outbox.refOf(index)), ['0:1', '0:3', '0:3', 'timer-w', undefined])
  }
  assert.deepEqual(outbox.records(), [])
})

test('records of a turn that comes to nothing are taken out again', () => {
  const outbox = new Outbox()
  const slot = outbox.open('0:', 1)
  for (const n of [0, 1, 2]) outbox.write(slot, made({ type: 'paid' }, n))
  outbox.cut(slot, 1)
  assert.deepEqual(outbox.records(), [made({ type: 'paid' }, 0)])
  outbox.cut(slot, 0)
  outbox.write(slot, made({ type: 'paid' }, 5))
  assert.deepEqual(outbox.records(), [made({ type: 'paid' }, 5)])
})

test('an output with a value of its own is written as that, with headers or without', () => {
  const value = (event: { readonly n: number }): Uint8Array => Uint8Array.of(event.n)
  const define = (headers: 'cloudevents' | 'none') => new RecordMaker(planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never, outputs: { paid: { topic: 'payments', value, headers } } })], 'one', { partitions: 4 }), 0, codec)
  const full = define('cloudevents').output({ type: 'paid', n: 7 }, 0, by) as OutRecord
  assert.deepEqual([full.topic, full.value, header(full, 'content-type'), header(full, 'ce_type')], ['payments', Uint8Array.of(7), 'application/octet-stream', 'paid'])
  const bare = define('none').output({ type: 'paid', n: 8 }, 0, { ...by, key: Uint8Array.of(119) }) as OutRecord
  assert.deepEqual([bare.key, bare.value, bare.headers], [Uint8Array.of(119), Uint8Array.of(8), []])
  const wrong = new RecordMaker(planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never, outputs: { paid: { topic: 'payments', value: (() => 'text') as never } } })], 'one', { partitions: 4 }), 0, codec)
  assert.equal(wrong.output({ type: 'paid' }, 0, by), "the value of output 'paid' is a string, must be a Uint8Array")
})
