// The edge: every class of bad record, and what is let through.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMachine } from 'xstate'
import { range as within, required, rule } from '../../../../system/authoring/quality.ts'
import { Decoder } from '../../../../system/partition/decode.ts'
import type { Decode } from '../../../../system/partition/decode.ts'
import type { StandardSchemaV1 } from '../../../../system/authoring/standard-schema.ts'
import { encodeEnvelope, encodeSourceControl, SOURCE_CONTROL_HEADER } from '../../../../system/partition/envelope.ts'
import type { Envelope } from '../../../../system/partition/envelope.ts'
import type { FailureClass } from '../../../../system/protocol/failures.ts'
import type { LogRecord } from '../../../../system/protocol/record.ts'
import { ENTITY_ID_BYTES_MAX, VALUE_DEPTH_MAX } from '../../../../system/protocol/limits.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { codec, deedSchema, defineActor, logRecord, planOf } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { testSeed } from '../../../support/seed.ts'

const NOW_MS = 1_000_000
const key = (deed: Deed): string => deed.who
const unprintable = { toString: 1, valueOf: 1 }
/** Four bytes: the time, little-endian. */
const rawSchema: StandardSchemaV1<unknown, Deed> = { '~standard': { version: 1, vendor: 'test', validate: (value) => {
  if (!(value instanceof Uint8Array)) return { issues: [{ message: 'is no bytes' }] }
  return { value: { type: 'pay', who: 'w', time: new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(0, true) } }
} } }
const actor = defineActor({
  name: 'one', version: 1, machine: createMachine({}) as never, rank: ['late', 'early'] as never, limits: { recordBytesMax: 4000 },
  sources: {
    plain: { schema: deedSchema, key, future: 500 },
    ruled: { schema: deedSchema, key, id: (deed: Deed) => deed['uid'] as string, rules: [required('amount', (deed: Deed) => deed['amount']), within('amount', (deed: Deed) => deed['amount'] as number, { min: 0, max: 10 }), rule('calm', (deed: Deed) => {
      if (deed['throws'] === true) throw unprintable
      return true
    })] },
    packed: { schema: deedSchema, key, format: 'cbor' },
    raw: { schema: rawSchema, key, format: 'bytes' },
    unnamed: { schema: deedSchema },
    loose: { schema: { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => {
      if (value === 'throw') throw unprintable
      return value === 'later' ? Promise.resolve({ value }) : { value }
    } } }, key: () => 'w', time: () => 5 },
  } as never,
})
const plan = planOf([actor], 'one')
const decoder = new Decoder(plan, codec)
const decode = (topic: string, record: LogRecord): Decode => decoder.decode(topic, 0, record, NOW_MS)
const deed: Deed = { type: 'pay', time: 900_000, who: 'w' }
const json = (value: unknown, who: string | null = 'w'): LogRecord => logRecord(7, who, JSON.stringify(value))

function classOf(read: Decode): FailureClass | 'fine' {
  return read.kind === 'failed' ? read.failure.class : 'fine'
}

test('a good record becomes an input with its time, rank, origin and entity', () => {
  const read = decode('plain', json(deed))
  assert.ok(read.kind === 'input' && read.promised === undefined)
  const { entity, event, timeMs, rank, origin, dedupKey, onArrival, command, task } = read.input
  assert.deepEqual([origin.source, origin.id], ['plain', '0-0000000000000007'])
  assert.deepEqual({ entity, event, timeMs, rank, dedupKey, onArrival, command, task }, { entity: 'w', event: deed, timeMs: 900_000, rank: 2, dedupKey: undefined, onArrival: false, command: undefined, task: undefined })
  const ranked = decode('plain', json({ ...deed, type: 'early' }))
  assert.equal(ranked.kind === 'input' ? ranked.input.rank : -1, 1)
})

test('where the payload names nobody the key alone says who it is for', () => {
  const read = decode('unnamed', json({ ...deed, who: 'somebody else' }))
  assert.deepEqual(read.kind === 'input' ? read.input.entity : read, 'w')
  assert.equal(classOf(decode('unnamed', json(deed, null))), 'key')
})

test('class key: no key, an empty one, one that is no UTF-8, one too long, and one that the payload does not name', () => {
  const long = 'x'.repeat(ENTITY_ID_BYTES_MAX)
  for (const record of [json(deed, null), json(deed, ''), json(deed, 'other'), json({ ...deed, who: `${long}x` }, `${long}x`), { ...json(deed), key: new Uint8Array([0xff]) }, { ...json(deed), key: new Uint8Array([0xc0, 0x80]) }]) {
    assert.equal(classOf(decode('plain', record)), 'key')
  }
  assert.equal(classOf(decode('plain', json({ ...deed, who: long }, long))), 'fine')
})

test('class key: a record in another partition than its key belongs to', () => {
  const many = new Decoder({ ...plan, partitions: 12 }, codec)
  const right = partitionOf(utf8Encode('w'), 12)
  for (let partition = 0; partition < 12; partition += 1) {
    const read = many.decode('plain', partition, json(deed), NOW_MS)
    assert.equal(classOf(read), partition === right ? 'fine' : 'key')
    if (read.kind === 'failed') assert.match(read.failure.message, new RegExp(`lies in partition ${partition}, its key belongs to partition ${right} of 12: .*murmur2`))
  }
  // What is worse is said first.
  assert.equal(classOf(many.decode('plain', (right + 1) % 12, logRecord(0, 'w', '{'), NOW_MS)), 'decode')
})

test('class size: one byte over the limit, not at it', () => {
  const padded = (bytes: number): LogRecord => {
    const text = JSON.stringify({ ...deed, pad: '' })
    return json({ ...deed, pad: 'x'.repeat(bytes - text.length) })
  }
  assert.equal(padded(4000).value?.length, 4000)
  assert.equal(classOf(decode('plain', padded(4000))), 'fine')
  assert.equal(classOf(decode('plain', padded(4001))), 'size')
})

const nested = (depth: number, open = '[', close = ']', inner = '1'): string => `{"type":"pay","time":1,"who":"w","deep":${open.repeat(depth)}${inner}${close.repeat(depth)}}`

test('class decode: no value, no JSON, truncated, no UTF-8, NaN, __proto__ keys however written, and nesting over the bound', () => {
  const whole = JSON.stringify(deed)
  const texts = ['', '{', whole.slice(0, -1), 'NaN', '{"type":"pay","time":NaN}', 'undefined', `${whole}x`, '{"__proto__":{"x":1},"type":"pay"}', '{"\\u005f_proto__":{},"type":"pay"}', '{"a":[{"__proto__":1}]}', nested(VALUE_DEPTH_MAX), nested(VALUE_DEPTH_MAX, '{"a":', '}'), nested(30_000).slice(0, 3999)]
  for (const text of texts) assert.equal(classOf(decode('plain', logRecord(0, 'w', text))), 'decode', text.slice(0, 60))
  assert.equal(classOf(decode('plain', logRecord(0, 'w', null))), 'decode')
  assert.equal(classOf(decode('plain', logRecord(0, 'w', new Uint8Array([0x22, 0xff, 0x22])))), 'decode')
  assert.equal(classOf(decode('plain', logRecord(0, 'w', nested(VALUE_DEPTH_MAX - 1)))), 'fine')
  assert.equal(Object.hasOwn(Object.prototype, 'x'), false)
})

test('many brackets side by side are not deep, and a text may name __proto__', () => {
  assert.equal(classOf(decode('plain', json({ ...deed, list: Array.from({ length: 200 }, () => []) }))), 'fine')
  assert.equal(classOf(decode('plain', json({ ...deed, note: 'about __proto__' }))), 'fine')
})

test('CBOR sources are read and refused by the same rules', () => {
  const packed = (value: unknown): LogRecord => logRecord(0, 'w', codec.encode(value).slice())
  assert.equal(classOf(decode('packed', packed(deed))), 'fine')
  const proto = Object.defineProperty({ ...deed }, '__proto__', { value: 1, enumerable: true })
  let deep: unknown = 1
  for (let n = 0; n < VALUE_DEPTH_MAX; n += 1) deep = [deep]
  for (const record of [packed(proto), packed({ ...deed, deep }), logRecord(0, 'w', '{}'), logRecord(0, 'w', codec.encode(deed).slice(0, 9))]) assert.equal(classOf(decode('packed', record)), 'decode')
})

test('a source of bytes hands its values to the schema, and what the schema throws at them is class schema', () => {
  const read = decode('raw', logRecord(0, 'w', new Uint8Array([1, 2, 0, 0, 9]).subarray(0, 4)))
  assert.deepEqual(read.kind === 'input' ? read.input.event : read, { type: 'pay', who: 'w', time: 513 })
  assert.equal(classOf(decode('raw', logRecord(0, 'w', new Uint8Array(3)))), 'schema')
  assert.equal(classOf(decode('raw', logRecord(0, 'v', new Uint8Array(4)))), 'key')
  assert.equal(classOf(decode('raw', logRecord(0, 'w', null))), 'decode')
})

test('class schema: another shape, no type, a reserved type, an asynchronous schema, a schema that throws anything', () => {
  for (const value of [null, [], 7, {}, { ...deed, who: 1 }, { ...deed, type: 'xstate.done.actor.x' }, { ...deed, type: 'inference.fraud' }]) assert.equal(classOf(decode('plain', json(value))), 'schema', JSON.stringify(value))
  for (const value of ['later', 'throw', 7, null, { type: 7 }]) assert.equal(classOf(decode('loose', json(value))), 'schema')
  const failed = decode('plain', json({}))
  assert.equal(failed.kind === 'failed' ? failed.failure.message : '', 'deed: is no deed')
})

test('class semantic: a time that is none, the future by one millisecond, broken rules, ids that are no text, functions that throw', () => {
  for (const time of [NOW_MS + 501, 1e300]) assert.equal(classOf(decode('plain', json({ ...deed, time }))), 'semantic')
  assert.equal(classOf(decode('plain', logRecord(0, 'w', '{"type":"pay","who":"w","time":1e999}'))), 'semantic')
  for (const time of [NOW_MS + 500, 0, -1e15]) assert.equal(classOf(decode('plain', json({ ...deed, time }))), 'fine')
  const ruled = { ...deed, uid: 'u', amount: 10 }
  assert.equal(classOf(decode('ruled', json(ruled))), 'fine')
  for (const change of [{ amount: 11 }, { amount: undefined }, { amount: '' }, { amount: null }, { uid: undefined }, { uid: 5 }, { uid: '' }, { throws: true }]) assert.equal(classOf(decode('ruled', json({ ...ruled, ...change }))), 'semantic', JSON.stringify(change))
})

test('an id given upstream is the origin and what duplicates are found by', () => {
  const read = decode('ruled', json({ ...deed, uid: 'u', amount: 1 }))
  assert.deepEqual(read.kind === 'input' ? [read.input.origin, read.input.dedupKey] : read, [{ source: 'ruled', id: 'u' }, 'ruled/u'])
})

test('a control record of a source is a promise, and of another form class decode', () => {
  const control = (bytes: Uint8Array): LogRecord => logRecord(0, null, null, { headers: [['x', utf8Encode('y')], [SOURCE_CONTROL_HEADER, bytes]] })
  assert.deepEqual(decode('plain', control(encodeSourceControl(codec, { watermark: Infinity }))), { kind: 'promise', promised: { input: 'plain', watermarkMs: Infinity, idle: false } })
  assert.equal(classOf(decode('plain', control(utf8Encode('now')))), 'decode')
})

const tell: Envelope = { kind: 'tell', sender: 'app.two', senderPartition: 1, watermark: 40, id: 'i', timeMs: 50, ingestedMs: 60, origin: { source: 's', id: 'o' }, event: { type: 'hi' } }
const inbox = (envelope: Envelope, who: string | null = 'w'): Decode => decode(plan.inbox, logRecord(3, who, encodeEnvelope(codec, envelope).slice()))

test('a tell waits for the watermark it promises, a feedback tell is applied on arrival', () => {
  const forward = inbox(tell)
  assert.deepEqual(forward.kind === 'input' ? [forward.promised, forward.input.onArrival, forward.input.timeMs, forward.input.event, forward.input.origin] : forward,
    [{ input: 'app.two/1', watermarkMs: 40, idle: false }, false, 50, { type: 'hi', time: 50 }, { source: 's', id: 'o' }])
  const feedback = inbox({ ...tell, watermark: undefined })
  assert.deepEqual(feedback.kind === 'input' ? [feedback.promised, feedback.input.onArrival] : feedback, [undefined, true])
})

test('a task result becomes the event that the machine waits for, a command carries its id', () => {
  const done = inbox({ kind: 'task', task: 'call', key: 'k', timeMs: 5, ok: true, value: 7 })
  assert.deepEqual(done.kind === 'input' ? done.input.event : done, { type: 'xstate.done.actor.call', output: 7, actorId: 'call', time: 5 })
  const failed = inbox({ kind: 'task', task: 'call', key: 'k', timeMs: 5, ok: false, value: 'why' })
  assert.deepEqual(failed.kind === 'input' ? failed.input.event : failed, { type: 'xstate.error.actor.call', error: 'why', actorId: 'call', time: 5 })
  const command = inbox({ kind: 'command', id: 'c', timeMs: 5, event: { type: 'ask' } })
  assert.deepEqual(command.kind === 'input' ? [command.input.command, command.input.dedupKey, command.input.onArrival] : command, ['c', ':command/c', true])
})

test('a forged or deep event in the inbox is refused, and the promise that came with it still counts', () => {
  let deep: unknown = 1
  for (let n = 0; n < VALUE_DEPTH_MAX; n += 1) deep = [deep]
  for (const [event, expected] of [[{ type: 'xstate.after.1' }, 'schema'], [{ type: 'inference.m', score: 1 }, 'schema'], [{ type: 'hi', deep }, 'decode']] as const) {
    assert.equal(classOf(inbox({ kind: 'command', id: 'c', timeMs: 5, event })), expected)
    const told = inbox({ ...tell, event })
    assert.equal(classOf(told), expected)
    assert.equal(told.promised?.watermarkMs, 40)
  }
})

test('a watermark needs no key, everything else in the inbox does', () => {
  assert.deepEqual(inbox({ kind: 'watermark', sender: 'app.two', senderPartition: 1, watermark: 9, idle: true }, null), { kind: 'promise', promised: { input: 'app.two/1', watermarkMs: 9, idle: true } })
  assert.equal(classOf(inbox(tell, null)), 'key')
  assert.equal(classOf(decode(plan.inbox, logRecord(0, 'w', null))), 'decode')
  assert.equal(classOf(decode(plan.inbox, logRecord(0, 'w', 'hello'))), 'decode')
})

test('no bytes whatever make it throw', () => {
  const topic = fc.constantFrom('plain', 'ruled', 'packed', 'raw', 'loose', plan.inbox)
  const value = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.json().map(utf8Encode), fc.anything().map((any) => {
    try {
      return codec.encode(any).slice()
    } catch {
      return new Uint8Array()
    }
  }))
  fc.assert(fc.property(topic, value, (one, bytes) => {
    assert.ok(['input', 'promise', 'failed'].includes(decode(one, logRecord(0, 'w', bytes)).kind))
  }), { seed: testSeed(), numRuns: 3000 })
})
