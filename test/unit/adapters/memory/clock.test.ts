import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock, wallClock } from '../../../../adapters/memory/clock.ts'

test('sleepers wake in the order of their due time, then of their call, each at its own time', async () => {
  const clock = new SimulatedClock(1000)
  const woken: string[] = []
  const sleeps = [['late', 30], ['early', 10], ['also early', 10], ['never', 100]].map(([name, ms]) =>
    clock.sleep(Number(ms)).then(() => woken.push(String(name))))
  clock.advance(50)
  await Promise.all(sleeps.slice(0, 3))
  assert.deepEqual(woken, ['early', 'also early', 'late'])
  assert.deepEqual([clock.nowMs(), clock.monotonicMs(), clock.sleeping, clock.nextMs], [1050, 50, 1, 50])
})

test('a sleeper wakes exactly when its time has come', async () => {
  const clock = new SimulatedClock()
  let isAwake = false
  const sleep = clock.sleep(10).then(() => {
    isAwake = true
  })
  clock.advance(9)
  await Promise.resolve()
  assert.equal(isAwake, false)
  clock.advance(1)
  await sleep
})

test('an aborted sleep ends at once and leaves no sleeper', async () => {
  const clock = new SimulatedClock()
  const abort = new AbortController()
  const sleep = clock.sleep(10, abort.signal)
  abort.abort()
  await sleep
  assert.equal(clock.sleeping, 0)
  await clock.sleep(10, abort.signal)
  await clock.sleep(0)
})

test('to sleep for no time is to give way to what waits already', async () => {
  const turns: string[] = []
  setImmediate(() => turns.push('waited'))
  await wallClock.sleep(0)
  assert.deepEqual(turns, ['waited'])
})

test('a jump moves the wall clock alone', () => {
  const clock = new SimulatedClock(5)
  clock.jump(-3)
  assert.deepEqual([clock.nowMs(), clock.monotonicMs()], [2, 0])
})
