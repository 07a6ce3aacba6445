import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode as libraryDecode } from 'cbor-x'
import fc from 'fast-check'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { testSeed } from '../support/seed.ts'

const HOSTILE_INPUTS = 100_000

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor', 'toString', '\ud800', 'a\udc00'))
const leaf = fc.oneof(
  fc.double(), fc.integer(), fc.maxSafeInteger(), fc.bigInt(), text, fc.boolean(), fc.date({ noInvalidDate: false }), fc.uint8Array(),
  fc.constantFrom(null, undefined, -0, NaN, Infinity, -Infinity),
)
const { data } = fc.letrec((tie) => ({
  data: fc.oneof({ maxDepth: 5, withCrossShrink: true }, leaf, fc.array(tie('data'), { maxLength: 6 }), fc.dictionary(text, tie('data'), { maxKeys: 6, noNullPrototype: true })),
}))

test('random plain data comes back exactly from encode and from canonical', () => {
  fc.assert(
    fc.property(data, (value) => {
      assert.deepEqual(cborCodec.decode(cborCodec.encode(value)), { kind: 'ok', value })
      assert.deepEqual(cborCodec.decode(cborCodec.canonical(value)), { kind: 'ok', value })
    }),
    { seed: testSeed(), numRuns: 2000 },
  )
})

test('equal data has equal canonical bytes, whatever the order of keys', () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled)
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return value
    return Object.fromEntries(Object.entries(value).reverse().map(([key, each]) => [key, shuffled(each)]))
  }
  fc.assert(
    fc.property(data, (value) => assert.deepEqual(cborCodec.canonical(shuffled(value)), cborCodec.canonical(value))),
    { seed: testSeed(), numRuns: 1000 },
  )
})

// It reads integers of more than 32 bits as bigints.
const asJson = (value: unknown): string => JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? Number(each) : each))

test('a CBOR library reads JSON-like data from our bytes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }).filter((value) => !JSON.stringify(value).includes('__proto__')), (value) => {
      assert.equal(asJson(libraryDecode(cborCodec.encode(value))), asJson(value))
    }),
    { seed: testSeed(), numRuns: 500 },
  )
})

test(`${HOSTILE_INPUTS} hostile inputs give a value or a failure, never a throw, and pollute nothing`, () => {
  const victims = fc.sample(data, { seed: testSeed(), numRuns: 200 }).map((value) => cborCodec.encode(value))
  const names = Object.getOwnPropertyNames(Object.prototype).sort()
  let random = testSeed() >>> 0
  const below = (bound: number): number => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0
    return Math.floor((random / 2 ** 32) * bound)
  }
  const seen = { ok: 0, failed: 0 }
  for (let run = 0; run < HOSTILE_INPUTS; run += 1) {
    const victim = victims[below(victims.length)] as Uint8Array
    const isMutation = run % 2 === 0 && victim.length > 0
    const bytes = isMutation ? victim.slice(0, below(4) === 0 ? 1 + below(victim.length) : victim.length) : new Uint8Array(1 + below(40)).map(() => below(256))
    if (isMutation) for (let flips = 1 + below(3); flips > 0; flips -= 1) bytes[below(bytes.length)] = below(256)
    const decoded = cborCodec.decode(bytes)
    seen[decoded.kind] += 1
    // What is read can be written again: nothing but plain data comes out.
    if (decoded.kind === 'ok') cborCodec.encode(decoded.value)
  }
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).sort(), names)
  assert.ok(seen.ok > 1000 && seen.failed > 1000, `seed ${testSeed()}: ${JSON.stringify(seen)}`)
})
