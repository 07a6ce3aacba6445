// Restarts: T3, T5.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_TRIES, Restarts } from '../../../../../adapters/node/threads/restarts.ts'
import type { Restart } from '../../../../../adapters/node/threads/restarts.ts'

const OWN = { why: 'its own fault', isAway: false }
const AWAY = { why: 'no broker answers', isAway: true }

test('T3: the 21st death within a minute ends the system, one later does not', () => {
  const [fast, slow] = [new Restarts(), new Restarts()]
  const deaths = (restarts: Restarts, everyMs: number): Restart[] => Array.from({ length: 21 }, (_, at) => restarts.next('thread', OWN, NO_TRIES, at * everyMs))
  assert.deepEqual(deaths(fast, 2999).findIndex(({ kind }) => kind === 'give-up'), 20)
  assert.deepEqual(deaths(slow, 3001).findIndex(({ kind }) => kind === 'give-up'), -1)
})

test('T3: a place is tried ten times in turn, however long each try takes; the pauses double', () => {
  const restarts = new Restarts()
  const afterMs: number[] = []
  for (let failed = 0; ; failed += 1) {
    const restart = restarts.next('thread', OWN, { failed, away: 0 }, failed * 100_000)
    if (restart.kind === 'give-up') {
      assert.equal(restart.reason, 'thread did not start 10 times in turn; the last: its own fault')
      break
    }
    afterMs.push(restart.afterMs)
  }
  assert.deepEqual(afterMs, [0, 100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000])
})

test('T5: what is away is tried for ever, and what failed before and after counts on', () => {
  const restarts = new Restarts()
  for (let away = 1; away < 10_000; away += 1) assert.equal(restarts.next('thread', AWAY, { failed: 9, away }, away).kind, 'start')
  assert.equal(restarts.next('thread', OWN, { failed: 0, away: 10_000 }, 10_000).kind, 'start')
  assert.equal(restarts.next('thread', OWN, { failed: 10, away: 10_000 }, 10_000).kind, 'give-up')
})

test('a replacement gets five times what the slowest start took, twice as long after each that came to nothing, a minute at most', () => {
  const restarts = new Restarts()
  restarts.started(3000)
  restarts.started(100)
  const limits = [0, 1, 2, 3].map((tries) => [restarts.next('thread', OWN, { failed: tries, away: 0 }, 0), restarts.next('thread', AWAY, { failed: 0, away: tries }, 0)])
  assert.deepEqual(limits.flat().map((restart) => restart.kind === 'start' && restart.startMsMax), [15_000, 15_000, 30_000, 30_000, 60_000, 60_000, 60_000, 60_000])
})
