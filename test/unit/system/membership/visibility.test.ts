// Readers wait for transactions that were ending when they came, not for those that follow.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { Visibility } from '../../../../system/membership/visibility.ts'

test('a reader returns while others go on committing', async () => {
  const visibility = new Visibility(wallClock)
  const commit = (id: string): void => visibility.ending(id, [{ topic: 'inbox', partition: 0, end: 1 }, { topic: id, partition: 0, end: 1 }])
  commit('a')
  commit('b')
  let asks = 0
  await visibility.settled('inbox', 0, async (topic) => {
    asks += 1
    assert.ok(asks < 1000, 'no end in sight')
    // While the reader waits for one owner, the other commits again.
    if (topic !== 'inbox') commit(topic === 'a' ? 'b' : 'a')
    return 1
  })
  assert.ok(asks <= 4)
})

test('a reader waits for what was ending, on every partition of it', async () => {
  const visibility = new Visibility(wallClock)
  visibility.ending('one', [{ topic: 'a', partition: 0, end: 3 }, { topic: 'b', partition: 1, end: 5 }])
  const ends = new Map([['a', 3], ['b', 0]])
  const reading = visibility.settled('a', 0, async (topic) => ends.get(topic) ?? 0).then(() => ends.get('b'))
  await wallClock.sleep(10)
  ends.set('b', 5)
  assert.equal(await reading, 5)
})
