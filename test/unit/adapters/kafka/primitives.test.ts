// Numbers, texts and lists of the protocol: what is written is read again, and nothing is read that is not there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as client from '@platformatic/kafka'
import { Reader } from '../../../../adapters/kafka/reader.ts'
import { Writer } from '../../../../adapters/kafka/writer.ts'

const VARINTS = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000, 0xfff_ffff, 0x1000_0000, 0x7fff_ffff, 0xffff_ffff]

test('numbers of every size are written as the client writes them, and read again', () => {
  for (const value of VARINTS) {
    const { buffer } = Writer.create().appendUnsignedVarInt(value)
    assert.equal(buffer.toString('hex'), client.Writer.create().appendUnsignedVarInt(value).buffer.toString('hex'))
    assert.equal(Reader.from(buffer).readUnsignedVarInt(), value)
  }
  const { buffer } = Writer.create().appendInt8(-1).appendInt16(-2).appendInt32(-3).appendInt64(-4n).appendBoolean(true).appendBoolean(false)
  const reader = Reader.from(buffer)
  assert.deepEqual([reader.readInt8(), reader.readInt16(), reader.readInt32(), reader.readInt64(), reader.readBoolean(), reader.readBoolean()], [-1, -2, -3, -4n, true, false])
  assert.equal(reader.remaining, 0)
})

test('texts, bytes and none of either are read again, in either form', () => {
  const long = 'ü'.repeat(700)
  for (const compact of [true, false]) {
    const writer = Writer.create()
    for (const text of ['', 'a', long, null]) writer.appendString(text, compact)
    for (const bytes of [Buffer.from(long), Buffer.alloc(0), null]) writer.appendBytes(bytes, compact)
    const reader = Reader.from(writer.buffer)
    assert.deepEqual([reader.readNullableString(compact), reader.readString(compact), reader.readNullableString(compact), reader.readNullableString(compact)], ['', 'a', long, null])
    assert.deepEqual([String(reader.readBytes(compact)), reader.readBytes(compact).length, reader.readBytes(compact).length], [long, 0, 0])
    assert.equal(reader.remaining, 0)
  }
})

test('many pieces make the bytes of one', () => {
  const writer = Writer.create()
  const expected: Buffer[] = []
  for (let length = 0; length < 2100; length += 7) {
    const piece = Buffer.alloc(length, length % 251)
    writer.append(piece).appendInt8(1)
    expected.push(piece, Buffer.from([1]))
  }
  assert.ok(writer.buffer.equals(Buffer.concat(expected)))
  assert.ok(writer.buffer.equals(Buffer.concat(writer.buffers)))
})

test('what is no UUID is refused', () => {
  for (const text of ['a topic', '00', '00000000-0000-0001-0000-00000000000x']) assert.throws(() => Writer.create().appendUuid(text), RangeError)
})

test('nothing is read behind the end, whatever a length says', () => {
  const lies: readonly (readonly [string, string, (reader: Reader) => unknown])[] = [
    ['a number', '0000', (reader) => reader.readInt32()],
    ['a varint without an end', 'ffff', (reader) => reader.readUnsignedVarInt()],
    ['a varint of six bytes', 'ffffffffff01', (reader) => reader.readUnsignedVarInt()],
    ['a text', '05616263', (reader) => reader.readString()],
    ['bytes', 'ffffffff0f616263', (reader) => reader.readBytes()],
    ['a list', 'ffffffff0f', (reader) => reader.readArray((each) => each.readTaggedFields())],
    ['tagged fields', '0200', (reader) => reader.readTaggedFields()],
    ['a tagged field', '0100ff01', (reader) => reader.readTaggedFields()],
    ['a skip', '00', (reader) => reader.skip(2)],
  ]
  for (const [what, hex, read] of lies) assert.throws(() => read(Reader.from(Buffer.from(hex, 'hex'))), RangeError, what)
})
