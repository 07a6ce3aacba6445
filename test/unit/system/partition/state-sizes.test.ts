// What entities take in memory, judged by a few: G1, G2.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BLANK_BYTES, memoryBytes, StateSizes } from '../../../../system/partition/state-sizes.ts'

interface Sized {
  readonly bytes: number
  readonly stored: number
}

const storedOf = ({ stored }: Sized): number => stored

test('G1: the first entity of a commit and every 256th are measured, eight at most, and all are counted once', () => {
  const sizes = new StateSizes<Sized>()
  const measured: number[] = []
  for (const touches of [1, 256, 257, 10_000, 0]) {
    for (let n = 0; n < touches; n += 1) for (const isFirst of [true, false]) sizes.touched({ bytes: n, stored: 0 }, isFirst)
    let count = 0
    assert.equal(sizes.measure(() => {
      count += 1
      return undefined
    }), touches)
    measured.push(count)
  }
  assert.deepEqual([measured, sizes.touchBytes], [[1, 1, 2, 8, 0], undefined])
})

test('G2: small states have not grown, large ones by what they count too little', () => {
  const sizes = new StateSizes<Sized>()
  const touch = (bytes: number, stored: number): void => {
    sizes.touched({ bytes, stored }, true)
    sizes.measure(storedOf)
  }
  touch(BLANK_BYTES, 300)
  assert.deepEqual([sizes.growthBytes, sizes.touchBytes], [0, memoryBytes(300)])
  touch(memoryBytes(5000), 5000)
  assert.equal(sizes.growthBytes, 0)
  for (let n = 0; n < 1000; n += 1) touch(BLANK_BYTES, 20_000)
  assert.deepEqual([Math.round(sizes.growthBytes), Math.round(sizes.touchBytes ?? 0)], [3 * 20_000 - BLANK_BYTES, memoryBytes(20_000)])
})

test('what a touch meets is less where few entities are touched again and again', () => {
  const sizes = new StateSizes<Sized>()
  const one = { bytes: BLANK_BYTES, stored: 10_000 }
  for (let commits = 0; commits < 2; commits += 1) {
    for (let n = 0; n < 100; n += 1) sizes.touched(one, n === 0)
    assert.equal(sizes.measure(storedOf), 1)
  }
  assert.equal(sizes.touchBytes, memoryBytes(10_000) / 100)
})
