// Flat contexts: what is read is what was laid (F1), and what is not laid (F2).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Flats, NO_NUMBERS, NO_OTHERS } from '../../../../system/engine/flat.ts'
import type { Flat } from '../../../../system/engine/flat.ts'
import { OTHER } from '../../../../system/engine/shapes.ts'
import { FLAT_NUMBERS_MAX, FLAT_OTHERS_MAX, SHAPES_MAX } from '../../../../system/protocol/limits.ts'
import { testSeed } from '../../../support/seed.ts'

const empty = (): Flat => ({ shape: OTHER, numbers: NO_NUMBERS, others: NO_OTHERS })

function isLaid(flats: Flats, context: unknown, flat: Flat): boolean {
  const shape = flats.lay(context, flat.shape)
  if (shape !== undefined) flats.take(flat, shape)
  return shape !== undefined
}

const laidOnce = (context: unknown): boolean => isLaid(new Flats(), context, empty())

const key = fc.constantFrom('a', 'b', 'c', '1', '0', 'constructor', 'toString')
const leaf = fc.oneof(fc.double(), fc.integer(), fc.string(), fc.boolean(), fc.bigInt(), fc.date(), fc.uint8Array({ maxLength: 3 }), fc.constantFrom(null, undefined, -0, NaN, Infinity))
const { context } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(fc.double(), { maxLength: 5 }), fc.array(fc.record({ at: fc.integer(), name: fc.string() }), { maxLength: 3 }), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true })),
  context: fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
}))

test('F1: whatever was laid before in its place, what is read is what was laid, with its keys in order, and stays when the next is laid', () => {
  let laid = 0
  fc.assert(
    fc.property(fc.array(context, { minLength: 2, maxLength: 6 }), (contexts) => {
      const flats = new Flats()
      const flat = empty()
      const seen: [given: unknown, read: unknown][] = []
      for (const one of contexts) {
        if (!isLaid(flats, one, flat)) continue
        laid += 1
        seen.push([one, flats.read(flat)])
      }
      for (const [given, read] of seen) {
        assert.deepStrictEqual(read, given)
        assert.deepEqual(Object.keys(read as object), Object.keys(given as object))
      }
    }),
    { seed: testSeed(), numRuns: 500 },
  )
  assert.ok(laid > 500, `only ${laid} were laid`)
})

test('a context of the same shape is written over the one before; lists may grow and shrink', () => {
  const flats = new Flats()
  const flat = empty()
  assert.ok(isLaid(flats, { sum: 1.5, name: 'a', list: [1, 2] }, flat))
  const { numbers, others } = flat
  assert.ok(isLaid(flats, { sum: 2.5, name: 'b', list: [3, 4.5] }, flat))
  assert.equal(flat.numbers, numbers)
  assert.equal(flat.others, others)
  const { shape } = flat
  for (const list of [[], [1, 2, 3], [7]]) {
    assert.ok(isLaid(flats, { sum: 0, name: 'c', list }, flat))
    assert.deepEqual(flats.read(flat), { sum: 0, name: 'c', list })
    assert.equal(flat.shape, shape)
  }
})

test('F2: what is large is not laid', () => {
  const others = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'text']))
  const numbers = (count: number): object => ({ list: new Array<number>(count).fill(0.5) })
  assert.deepEqual([laidOnce(others(FLAT_OTHERS_MAX)), laidOnce(others(FLAT_OTHERS_MAX + 1))], [true, false])
  assert.deepEqual([laidOnce(numbers(FLAT_NUMBERS_MAX - 1)), laidOnce(numbers(FLAT_NUMBERS_MAX))], [true, false])
  assert.equal(laidOnce({ list: new Array<object>(FLAT_NUMBERS_MAX + 1).fill({}) }), false)
  assert.equal(laidOnce(Object.fromEntries(Array.from({ length: FLAT_NUMBERS_MAX }, (_, at) => [`k${at}`, {}]))), false)
})

test('F1: nothing is laid that would be read as something else', () => {
  const hole: unknown[] = [1, 2]
  const shared = { n: 1 }
  const numbers = [1, 2]
  hole[3] = 4
  const cases: Record<string, object> = {
    'lists of different values': { list: [1, 'a'] }, 'objects of different keys in a list': { list: [{ a: 1 }, { b: 1 }] }, 'a hole': { list: hole }, 'undefined in a list': { list: ['a', undefined] },
    'one object twice': { a: shared, b: shared }, 'one list in another': { a: numbers, b: [numbers] },
    'no prototype': Object.assign(Object.create(null) as object, { a: 1 }), 'a key __proto__': JSON.parse('{"__proto__": 1}') as object, 'a key __proto__ inside': { a: JSON.parse('{"__proto__": {}}') as object },
  }
  for (const [name, context] of Object.entries(cases)) assert.equal(laidOnce(context), false, name)
})

test('F2: as many shapes as the bound says', () => {
  const flats = new Flats()
  const kept = empty()
  const laid = Array.from({ length: SHAPES_MAX + 8 }, (_, at) => {
    // Between two new shapes enough that were met.
    for (let known = 0; known < 20; known += 1) isLaid(flats, { k0: 1 }, kept)
    return isLaid(flats, { [`k${at}`]: 1 }, empty())
  })
  assert.deepEqual([laid.indexOf(false), laid.lastIndexOf(true)], [SHAPES_MAX, SHAPES_MAX - 1])
  assert.ok(isLaid(flats, { k3: 2 }, empty()))
})

test('F2: contexts that mostly have new shapes are left alone for a while, and then tried again', () => {
  const flats = new Flats()
  const strange = (at: number): object => Object.fromEntries(Array.from({ length: 8 }, (_, bit) => [`k${bit}`, (at >> bit) % 2 === 0 ? 1 : 'a']))
  for (let at = 0; at < 256; at += 1) isLaid(flats, strange(at), empty())
  assert.equal(isLaid(flats, { a: 1 }, empty()), false)
  let left = 1
  while (!isLaid(flats, strange(0), empty())) left += 1
  assert.equal(left, 4096)
})

test('F3: what cannot be read is not laid, and throws nothing', () => {
  const endless: unknown[] = []
  endless[0] = endless
  const inner: { a?: unknown } = {}
  inner.a = [inner]
  const throwing = { get a(): number { throw new TypeError('not now') } }
  for (const context of [{ endless }, inner, throwing]) assert.equal(laidOnce(context), false)
})

test('F2: the name of a shape is bounded', () => {
  assert.deepEqual([laidOnce({ ['k'.repeat(4000)]: 1 }), laidOnce({ ['k'.repeat(5000)]: 1 })], [true, false])
})
