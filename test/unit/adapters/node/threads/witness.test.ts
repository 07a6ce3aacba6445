// Witness: what runs is readable from outside; a thread counts as standing still only after looks that came in time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedWitness, StallMeter, standingOf, witnessMemory } from '../../../../../adapters/node/threads/witness.ts'

test('the input that runs is named, a timer by its cause; a rest is none', () => {
  const memory = witnessMemory()
  const witness = new SharedWitness(memory)
  assert.equal(standingOf(memory).running, undefined)
  witness.running('app.card', 3, 'transactions', 9_007_199_254_740_000)
  assert.equal(standingOf(memory).running, 'app.card/3 transactions offset 9007199254740000')
  witness.running('app.card', 3, 'timer-ä-x', -1)
  assert.equal(standingOf(memory).running, 'app.card/3 timer-ä-x')
  witness.resting()
  assert.equal(standingOf(memory).running, undefined)
})

test('a name that does not fit is cut', () => {
  const memory = witnessMemory()
  new SharedWitness(memory).running('g', 0, 'x'.repeat(5000), 1)
  assert.ok((standingOf(memory).running ?? '').length <= 1100)
})

test('a beat or an input is a move; looks that came late count for nobody', () => {
  const memory = witnessMemory()
  const witness = new SharedWitness(memory)
  const meter = new StallMeter(3)
  const look = (inTime = true): boolean => meter.isStalled(standingOf(memory), inTime)
  assert.deepEqual([look(), look(), look()], [false, false, false])
  assert.equal(look(), true)
  witness.beat()
  assert.deepEqual([look(), look(), look()], [false, false, false])
  witness.running('g', 0, 't', 1)
  assert.deepEqual([look(), look(), look(), look(false), look(), look(), look()], [false, false, false, false, false, false, true])
})
