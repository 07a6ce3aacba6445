// How far back a recovery may begin: by inputs where the author says so, else by what their fold took.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reach } from '../../../../system/partition/reach.ts'
import type { FoldCost } from '../../../../system/partition/reach.ts'
import { FOLD_BYTES_MAX, FOLD_INPUTS_MAX, FOLD_INPUTS_MIN, FOLD_MS_MAX } from '../../../../system/protocol/limits.ts'

/** Inputs in steps of `each` until the bound presses something out. */
function pressedAfter(reach: Reach, each: number, cost: FoldCost | undefined): number {
  for (let seq = 1; ; seq += 1) {
    reach.add(seq, seq, each, cost)
    if (reach.pressed(7 / 8) > 0) return (seq - 1) * each
  }
}

const free: FoldCost = { ms: 0, bytes: 0 }

test('R1: an author\'s bound is one of turns, whatever time they took', () => {
  assert.equal(pressedAfter(new Reach(3000), 100, { ms: 1e6, bytes: 0 }), 3000)
  assert.equal(pressedAfter(new Reach(1_000_000), 1000, free), 1_000_000)
  assert.equal(pressedAfter(new Reach(0), 1, free), 0)
})

test('R1: without one it is time, and a most and a least of turns', () => {
  assert.equal(pressedAfter(new Reach(undefined), 1000, { ms: FOLD_MS_MAX / 50, bytes: 0 }), 50_000)
  assert.equal(pressedAfter(new Reach(undefined), 1000, free), FOLD_INPUTS_MAX)
  assert.equal(pressedAfter(new Reach(undefined), 1000, { ms: 1e6, bytes: 0 }), FOLD_INPUTS_MIN)
  assert.equal(pressedAfter(new Reach(undefined), 1000, undefined), FOLD_INPUTS_MIN)
})

test('R2: bytes of input are bounded whatever else is said', () => {
  for (const inputsMax of [undefined, 1_000_000]) assert.equal(pressedAfter(new Reach(inputsMax), 1000, { ms: 0, bytes: FOLD_BYTES_MAX / 8 }), 8000)
})

test('what is pressed out leaves the share that may stay, and what the floor has passed counts no more', () => {
  const reach = new Reach(1000)
  for (let seq = 1; seq <= 11; seq += 1) reach.add(seq, 10 * seq, 100, free)
  assert.equal(reach.pressed(0.8), 4)
  reach.settle(4)
  assert.equal(reach.pressed(0.8), 0)
  assert.deepEqual([reach.offsetFrom(1), reach.offsetFrom(11), reach.offsetFrom(12)], [40, 110, undefined])
  reach.add(12, 120, 300, free)
  assert.equal(reach.pressed(0.8), 7)
  reach.settle(13)
  reach.add(13, 130, 1001, free)
  assert.equal(reach.pressed(0.8), Infinity)
})
