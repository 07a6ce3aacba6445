// What every codec keeps to: C1-C3.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Codec } from '../../system/ports/codec.ts'
import { NotPlainData } from '../../system/ports/codec.ts'
import { CODEC_DEPTH_MAX } from '../../system/protocol/limits.ts'

const EXACT: readonly (readonly [name: string, value: unknown])[] = [
  ['-0', -0],
  ['NaN', NaN],
  ['the infinities', [Infinity, -Infinity]],
  ['numbers at the edges', [0, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -1, -24, -25, Number.MIN_SAFE_INTEGER, 2 ** 53, 1e300, 5e-324, 0.1]],
  ['bigints of any size', [0n, 1n, -1n, 255n, 256n, -256n, 2n ** 64n, -(2n ** 200n)]],
  ['bytes', [new Uint8Array(0), Uint8Array.of(0, 255, 1)]],
  ['dates', [new Date(0), new Date(-1), new Date(1767225600123), new Date(8.64e15), new Date(-8.64e15), new Date(NaN)]],
  ['undefined beside null', { a: undefined, b: null, c: [undefined] }],
  ['texts of every kind', ['', 'a', 'x'.repeat(23), 'x'.repeat(24), 'x'.repeat(300), 'é', '\u{1f600}', '\ufeffbom', '\0', 'ü'.repeat(40_000)]],
  ['texts with lone surrogates', ['\ud800', 'a\udfffb', { '\ud800': 1 }]],
  ['empty lists and objects', [[], {}, [[]], { a: {} }]],
]

function deep(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = [value]
  return value
}

function roundTrip(codec: Codec, value: unknown): unknown {
  const decoded = codec.decode(codec.encode(value))
  assert.equal(decoded.kind, 'ok', decoded.kind === 'failed' ? decoded.reason : '')
  return decoded.kind === 'ok' ? decoded.value : undefined
}

export function codecContract(name: string, create: () => Codec): void {
  exactness(name, create)
  refusals(name, create)
  hostility(name, create)
}

function exactness(name: string, create: () => Codec): void {
  for (const [what, value] of EXACT) {
    test(`${name}: C1: ${what} come back exactly`, () => assert.deepEqual(roundTrip(create(), value), value))
  }

  test(`${name}: C1: the order of keys comes back from encode, and does not matter to canonical`, () => {
    const codec = create()
    const [one, other] = [{ b: 1, a: { d: [1], c: 2 } }, { a: { c: 2, d: [1] }, b: 1 }]
    assert.deepEqual(Object.keys(roundTrip(codec, one) as object), ['b', 'a'])
    assert.notDeepEqual(codec.encode(one), codec.encode(other))
    assert.deepEqual(codec.canonical(one), codec.canonical(other))
    assert.deepEqual(codec.decode(codec.canonical(one)), { kind: 'ok', value: one })
  })

  test(`${name}: C1: a key named __proto__ is a key like any other`, () => {
    const value = roundTrip(create(), JSON.parse('{"__proto__":{"polluted":1},"constructor":2}')) as Record<string, unknown>
    assert.deepEqual(Object.keys(value), ['__proto__', 'constructor'])
    assert.equal(Object.getPrototypeOf(value), Object.prototype)
    assert.equal(({} as { polluted?: number }).polluted, undefined)
  })

  test(`${name}: C1: bytes stay what they are when the codec is used again`, () => {
    const codec = create()
    const bytes = codec.encode('first')
    const copy = bytes.slice()
    for (const other of ['later', 'x'.repeat(10_000), [1, 2, 3]]) codec.encode(other)
    assert.deepEqual(bytes, copy)
  })
}

function refusals(name: string, create: () => Codec): void {
  test(`${name}: C2: what is not plain data is refused by its path`, () => {
    const codec = create()
    const cycle: unknown[] = []
    cycle.push(cycle)
    const refused: readonly (readonly [unknown, string])[] = [
      [{ a: [1, () => 1] }, 'a[1]'],
      [{ a: { b: Symbol('s') } }, 'a.b'],
      [[new Map()], '[0]'],
      [{ x: new (class Card {})() }, 'x'],
      [{ x: new Float64Array(1) }, 'x'],
      [{ x: { [Symbol('key')]: 1 } }, 'x'],
      [{ cycle }, 'cycle[0]'],
      [deep(CODEC_DEPTH_MAX + 1), '[0]'],
    ]
    for (const [value, path] of refused) {
      for (const write of [codec.encode, codec.canonical]) {
        assert.throws(() => write(value), (error: unknown) => error instanceof NotPlainData && error.message.includes(path))
      }
    }
    assert.equal(roundTrip(codec, 'still fine'), 'still fine')
  })

  test(`${name}: C2: the deepest nesting that is allowed comes back`, () => {
    assert.deepEqual(roundTrip(create(), deep(CODEC_DEPTH_MAX)), deep(CODEC_DEPTH_MAX))
  })
}

function hostility(name: string, create: () => Codec): void {
  test(`${name}: C3: every truncation is a failure, and so is a byte too many`, () => {
    const codec = create()
    const bytes = codec.encode({ a: [1, 'two', 3.5, 4n, new Date(5)], b: Uint8Array.of(6) })
    for (let length = 0; length < bytes.length; length += 1) assert.equal(codec.decode(bytes.subarray(0, length)).kind, 'failed')
    assert.equal(codec.decode(Uint8Array.of(...bytes, 0)).kind, 'failed')
  })

  test(`${name}: C3: a bomb of nested lists or huge lengths is a failure`, () => {
    const codec = create()
    assert.equal(codec.decode(new Uint8Array(1_000_000).fill(0x81)).kind, 'failed')
    assert.equal(codec.decode(new Uint8Array(1_000_000).fill(0x9f)).kind, 'failed')
    for (const major of [0x5b, 0x7b, 0x9b, 0xbb]) {
      assert.equal(codec.decode(Uint8Array.of(major, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)).kind, 'failed')
      assert.equal(codec.decode(new Uint8Array(9).fill(0xff).fill(major, 0, 1)).kind, 'failed')
    }
  })
}
