// A topic that grows is said once, in plain words; what is not known just now is asked again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../../../system/ports/clock.ts'
import { grown } from '../../../../system/membership/growth.ts'

const clock: Clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => {} }

function watched(looks: readonly (Readonly<Record<string, number>> | undefined)[], stopped = new AbortController()): Promise<string | undefined> {
  const left = [...looks]
  const look = async (): Promise<Readonly<Record<string, number>>> => {
    if (left.length === 1) stopped.abort()
    const counts = left.shift()
    if (counts === undefined) throw new RangeError('no broker answers')
    return counts
  }
  return grown({ group: 'app.card', clock, everyMs: 1, stopped: stopped.signal, look }, 12)
}

test('a topic with another number of partitions is the reason, with both numbers and what to do', async () => {
  const reason = await watched([{ payments: 12, inbox: 12 }, { payments: 13, inbox: 12 }])
  assert.match(reason ?? '', /topic payments has 13 partitions now, and had 12 when app\.card began.*stops reading.*Make the topic anew with 12/)
})

test('topics that all grew alike are refused too', async () => {
  assert.match(await watched([{ payments: 24, inbox: 24 }]) ?? '', /payments has 24/)
})

test('a look that fails, or that knows no partition, is made again', async () => {
  assert.equal(await watched([undefined, { payments: 0, inbox: 12 }, { payments: 12, inbox: 12 }]), undefined)
})
