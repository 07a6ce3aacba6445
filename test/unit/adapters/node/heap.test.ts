import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthPercent } from '../../../../adapters/node/heap.ts'
import { w1System } from '../../../bench/w1/system.ts'

const MIB = 2 ** 20

test('garbage may be half of what lives where entities have a small budget, as much where they have a large one', () => {
  const percents = [1, 16, 32, 48, 64, 1024].map((mib) => growthPercent(w1System('reducer', { entityBytesMax: mib * MIB })))
  assert.deepEqual(percents, [50, 50, 50, 75, 100, 100], 'in each of four partitions')
})
