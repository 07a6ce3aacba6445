import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chunksOf, partedOf, REQUEST_BYTES_MAX, stagedOf } from '../../../../adapters/redis/requests.ts'
import { idOf, manySnapshots } from '../../../support/buckets.ts'

test('requests hold everything once, in order, none above the bound but of one entry', () => {
  const sizes = [0, 1_000_000, 3_000_000, 200, REQUEST_BYTES_MAX + 1, 5, 5]
  const { kept } = partedOf(sizes.map((bytes, index) => [idOf(`e${index}`), new Uint8Array(bytes)] as const))
  const chunks = [...chunksOf(kept)]
  assert.deepEqual(chunks.flatMap(({ args }) => args.filter((_, index) => index % 2 === 0)), sizes.map((_, index) => `+e${index}`))
  for (const { args, bytes } of chunks) assert.ok(bytes <= REQUEST_BYTES_MAX || args.length === 2)
  assert.deepEqual([...chunksOf([])], [])
})

test('the last of an entity counts, and its bytes are not copied', () => {
  const [a, b] = [idOf('a'), idOf('b')]
  const whole = new Uint8Array([1, 2, 3])
  const parted = partedOf([[a, null], [b, whole], [a, whole.subarray(1)], [b, null]])
  assert.deepEqual([parted.kept.map(({ field, value }) => [field, [...value]]), parted.removed], [[['+a', [2, 3]]], [b]])
  whole[2] = 9
  assert.equal(parted.kept[0]?.value[1], 9)
  assert.deepEqual(stagedOf(parted).map(({ field }) => field), ['+a', '-b'])
})

test('the size of a write counts what it carries', () => {
  const { bytes } = partedOf(manySnapshots(1000, 100))
  assert.ok(bytes > 100_000 && bytes < 200_000)
})
