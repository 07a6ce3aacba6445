import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaintOf, UsageError } from '../../../../adapters/cli/exit-codes.ts'
import { jsonText, treeLines } from '../../../../adapters/cli/entity-words.ts'
import { bytes, counts, duration, grouped, hexDump, line, milliseconds, printable, short, spaced, table, time } from '../../../../adapters/cli/text.ts'
import { DefinitionError, OperationError } from '../../../../system/protocol/failures.ts'

test('numbers read the same on every machine', () => {
  assert.equal(grouped(1234567), '1,234,567')
  assert.equal(short(9999), '9,999')
  assert.equal(short(10_000), '10.0 k')
  assert.equal(short(999_949), '999.9 k')
  assert.equal(short(999_950), '1.00 M')
  assert.equal(short(1_303_778), '1.30 M')
  assert.equal(bytes(447 << 20), '447 MB')
  assert.equal(milliseconds(6.04), '6.0 ms')
  assert.equal(milliseconds(19), '19 ms')
  assert.equal(duration(29_400), '29.4 s')
  assert.equal(duration(125_000), '2 min 5 s')
  assert.equal(duration(7_260_000), '2 h 1 min')
})

test('times are UTC, and the ends of time have words', () => {
  assert.equal(time(Date.UTC(2018, 6, 25, 10, 0, 1)), '2018-07-25T10:00:01Z')
  assert.equal(time(Date.UTC(2018, 6, 25) + 5), '2018-07-25T00:00:00.005Z')
  assert.equal(time(Infinity), 'the end')
  assert.equal(time(-Infinity), 'nothing yet')
  assert.equal(time(1e300), '1e+300')
})

test('states are counted largest first, in words', () => {
  assert.equal(counts(new Map([[spaced('coolingOff'), 43], ['normal', 98_112], ['gone', 0]])), 'normal 98,112 · cooling off 43')
})

test('columns line up', () => {
  assert.deepEqual(table([['A', 'LONG', 'X'], ['aaa', 'b', 'x y']]), ['A    LONG  X', 'aaa  b     x y'])
})

test('hostile text cannot steer a terminal', () => {
  assert.equal(printable('\u001b[2Jclean'), '·[2Jclean')
  assert.equal(line('a\nb\r\tc', 20), 'a b c')
  assert.equal(line('abcdef', 4), 'abc…')
  assert.equal(jsonText({ a: '\u009b' }), '{"a":"·"}')
})

test('data shows what JSON would lose', () => {
  assert.equal(jsonText({ a: 1n, b: Infinity, c: new Uint8Array([1, 255]) }), '{"a":"1n","b":"Infinity","c":"0x01ff"}')
  assert.deepEqual(treeLines({ id: '7', empty: [], deep: { list: [1, 2] } }, 60, 1), ['  id: 7', '  deep: {"list":[1,2]}'])
})

test('a hex dump is cut at its bound', () => {
  assert.deepEqual(hexDump(new Uint8Array([0x7b, 0xff, 0x41]), 2), ['000000  7b ff                                            {.', '... 1 bytes more'])
})

test('what is thrown becomes an exit code and words', () => {
  assert.equal(complaintOf(new UsageError('x')).exitCode, 2)
  assert.equal(complaintOf(new OperationError('data-folder/locked', 'x')).exitCode, 3)
  assert.equal(complaintOf(new OperationError('data-folder/busy', 'x')).exitCode, 3)
  assert.deepEqual(complaintOf(new OperationError('topic/unknown', 'no topic')), { exitCode: 1, lines: ['no topic', '(topic/unknown)'] })
  assert.deepEqual(complaintOf(new DefinitionError(['a', 'b'])), { exitCode: 1, lines: ['a', 'b'] })
  assert.match(complaintOf(new TypeError('boom')).lines.join('\n'), /defect/)
})
