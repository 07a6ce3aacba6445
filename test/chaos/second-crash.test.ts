// What one crash leaves behind, a second one finds: orders of events that random runs meet seldom.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf } from '../../system/protocol/murmur2.ts'
import { check } from '../support/chaos/checker.ts'
import { groupTopics } from '../support/chaos/checker-types.ts'
import { Cluster } from '../support/chaos/cluster.ts'
import { dumpLog } from '../support/chaos/dump.ts'
import { appendAll } from '../support/chaos/feed.ts'
import { START_MS } from '../support/chaos/sources.ts'
import { PROCESSING } from '../support/chaos/variant.ts'
import { testSeed } from '../support/seed.ts'

/** The nth name whose records stand in partition 0. */
function nameAt0(nth: number): string {
  const names = Array.from({ length: 100 }, (_, index) => `account-${index}`).filter((name) => partitionOf(new TextEncoder().encode(name), 4) === 0)
  return names[nth] ?? ''
}

test('an entity whose end came and was written stays gone when recovery folds what came before its end', async () => {
  const cluster = new Cluster({ seed: testSeed(), variant: PROCESSING, nodes: 1 })
  const { log, clock } = cluster
  await cluster.start()
  const [ended, second, third] = [nameAt0(0), nameAt0(1), nameAt0(2)]
  let uids = 0
  const move = (account: string, more: object): Promise<void> => {
    uids += 1
    const event = { uid: `u${uids}`, account, time: START_MS + uids, ...more }
    return appendAll(log, [{ topic: 'moves', partition: 0, key: new TextEncoder().encode(account), value: new TextEncoder().encode(JSON.stringify(event)), headers: [], timestampMs: START_MS }])
  }
  const add = { type: 'add', n: 1, to: 'pool-0' }
  const at = (ms: number): Promise<void> => cluster.until(() => clock.monotonicMs() >= ms)
  const crash = (): void => log.inject('chaos.account', 0, { kind: 'unknown', applied: false, reason: 'as the test asked' })
  await move(ended, add)
  await move(ended, { type: 'close' })
  await at(10_000)
  // Its end comes 20 s after it closed; until then its inputs are dropped. They lie above the floor, which `second` holds.
  await at(19_700)
  await move(second, add)
  await move(ended, add)
  await at(20_300)
  crash()
  await move(third, add)
  // Now the tombstone is written, and the partition record, which the crash made dirty again, holds the floor.
  await at(21_250)
  crash()
  await move(third, add)
  await at(40_000)
  await cluster.stop()
  const report = check(await dumpLog(log, groupTopics(PROCESSING)), { variant: PROCESSING, isFinished: true })
  assert.equal(report.text(), '')
})
