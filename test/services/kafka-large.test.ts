// A record larger than what a request asks of a partition comes all the same, beside a partition that always has something.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { MEMBERSHIP, Owner, append, pollOf, record } from '../contract/log-fixture.ts'
import { serviceTest } from '../support/services.ts'

const LARGE = 5 << 20

serviceTest('kafka', 'records of 5 MiB come through beside steady small ones', { timeout: 60_000 }, async (brokers) => {
  const log = await openKafkaLog({ brokers, clock: wallClock, namespace: `${randomUUID().slice(0, 8)}.`, heartbeatMs: 50 })
  try {
    await log.ensureTopics(MEMBERSHIP.topics.map((name) => ({ name, partitions: 1, cleanup: 'delete' as const })))
    const lease = await (await Owner.join(log)).held(0)
    await append(log, [record('payments', 0, 'small')])
    for (let n = 0; n < 3; n += 1) await append(log, [record('app.card.inbox', 0, null, { value: new Uint8Array(LARGE).fill(n) })])
    const next: Record<string, number> = { 'payments': 0, 'app.card.inbox': 0 }
    let large = 0
    for (let polls = 0; large < 3 && polls < 200; polls += 1) {
      await append(log, [record('payments', 0, `small ${polls}`)])
      for (const range of await lease.poll(pollOf(next, { bytesMax: 16 << 20, waitMsMax: 100 }))) {
        assert.equal(range.from, next[range.topic])
        next[range.topic] = range.to
        large += range.records.filter(({ value }) => value?.length === LARGE).length
      }
    }
    assert.equal(large, 3)
  } finally {
    await log.close()
  }
})
