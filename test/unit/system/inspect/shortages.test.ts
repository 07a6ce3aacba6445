import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Shortages } from '../../../../system/inspect/shortages.ts'

/** Shortages, and what is told of a place each second for so long. */
function polled() {
  let nowMs = 0
  const shortages = new Shortages({ monotonicMs: () => nowMs })
  const during = (seconds: number, look: () => string): string => {
    let told = ''
    for (let second = 0; second < seconds; second += 1) {
      nowMs += 1000
      told = look()
    }
    return told
  }
  return { shortages, during, pass: (ms: number) => (nowMs += ms) }
}

test('a place that is looked at again and again is no more after a minute, also where others look at places that are shown', () => {
  const { shortages, during } = polled()
  const look = () => {
    const told = shortages.at('t', 0, 500, 20)
    shortages.at('t', 0, 20, 20)
    return told
  }
  assert.deepEqual([during(60, look), during(2, look)], ['hidden', 'gone'])
})

test('a place that nobody looked at meanwhile may have been shown since: it is hidden anew', () => {
  const { shortages, during, pass } = polled()
  assert.equal(shortages.at('t', 0, 10, 9), 'hidden')
  pass(3_600_000)
  assert.equal(shortages.at('t', 0, 10, 9), 'hidden')
  assert.equal(during(62, () => shortages.at('t', 0, 10, 9)), 'gone')
  assert.equal(shortages.at('t', 0, 10, 10), 'shown')
  assert.equal(shortages.at('t', 0, 10, 9), 'hidden')
})

test('of how many places ever are looked at, those that were looked at last are known', () => {
  const { shortages, during } = polled()
  let place = 100
  assert.equal(during(62, () => {
    for (let others = 0; others < 50; others += 1) shortages.at('t', 0, place += 1, 9)
    return shortages.at('t', 0, 10, 9)
  }), 'gone')
})
