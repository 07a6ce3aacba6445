// The snapshot cache is disposable (I6): whatever happens to it, outputs and states stay those of a run without one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryCache } from '../../adapters/memory/cache.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { partitionOf } from '../../system/protocol/murmur2.ts'
import { check } from '../support/chaos/checker.ts'
import { Cluster, runCluster } from '../support/chaos/cluster.ts'
import { comparableOutputs } from '../support/chaos/comparable.ts'
import type { LogDump } from '../support/chaos/dump.ts'
import { runEmbedded } from '../support/chaos/embedded.ts'
import { appendAll } from '../support/chaos/feed.ts'
import { replayAll } from '../support/chaos/replay.ts'
import { START_MS } from '../support/chaos/sources.ts'
import { Tormentor } from '../support/chaos/torment.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { testSeed } from '../support/seed.ts'

/** Nothing depends on processing time, all duplicates are known; no memory for entities at rest, so that each batch reads them. */
const TIGHT = { ...EVENT, entityBytesMax: 1, dedup: { count: 500, withinMs: 3_600_000 }, keepStoppedMs: 3_600_000 }
const OUTPUTS = ['account-out', 'pool-out']
const INPUTS = 1600
/** Of reads that find the cache tormented. */
const SHARE = 0.4

async function untormented(seed: number): Promise<LogDump> {
  return (await runCluster({ seed, variant: { ...EVENT, dedup: TIGHT.dedup, keepStoppedMs: TIGHT.keepStoppedMs }, inputs: INPUTS, calm: true, nodes: 1 })).dump
}

const shown = (counts: ReadonlyMap<string, number>): string => [...counts].map(([name, times]) => `${times} ${name}`).join(', ')

test('over the memory log: outputs and states survive every torment, and the journal replays without a cache', async () => {
  for (const seed of [testSeed(), testSeed() + 1]) {
    const tormentor = new Tormentor(memoryCache(), new SeededRandom(seed))
    let restarting: Promise<void> | undefined
    let restarts = 0
    const { dump, log } = await runCluster({
      seed, variant: TIGHT, inputs: INPUTS, calm: true, nodes: 1, cache: tormentor.tormented(SHARE), batchRecordsMax: 10,
      prepared: (cluster) => cluster.log.onCommit(() => (cluster.random.next() < 0.02 ? { kind: 'unknown', applied: cluster.random.next() < 0.5, reason: 'as the test asked' } : undefined)),
      between: (cluster) => {
        if (restarting !== undefined || cluster.random.next() > 0.04) return
        restarts += 1
        restarting = cluster.restart(0).finally(() => (restarting = undefined))
      },
    })
    assert.equal(check(dump, { variant: TIGHT, isFinished: true }).text(), '', `seed ${seed}`)
    assert.deepEqual(comparableOutputs(dump, OUTPUTS), comparableOutputs(await untormented(seed), OUTPUTS))
    const replay = await replayAll(log, dump, TIGHT)
    assert.deepEqual(replay.differences, [])
    console.log(`seed ${seed}: ${shown(tormentor.counts)}; ${restarts} restarts; ${tormentor.loads} reads; replayed ${replay.records} journal records, ${replay.entities} entities`)
    assert.ok(tormentor.counts.size === 9 && restarts > 0)
  }
})

test('over the embedded log: outputs and states survive every torment, and the journal replays without a cache', async () => {
  const seed = testSeed()
  const tormentor = new Tormentor(memoryCache(), new SeededRandom(seed))
  await runEmbedded({ seed, variant: TIGHT, inputs: INPUTS, restarts: 4, cache: tormentor.tormented(SHARE) }, async (log, dump) => {
    assert.equal(check(dump, { variant: TIGHT, isFinished: true }).text(), '')
    assert.deepEqual(comparableOutputs(dump, OUTPUTS), comparableOutputs(await untormented(seed), OUTPUTS))
    const replay = await replayAll(log, dump, TIGHT)
    assert.deepEqual(replay.differences, [])
    console.log(`embedded: ${shown(tormentor.counts)}; 4 restarts; ${tormentor.loads} reads; replayed ${replay.records} journal records, ${replay.entities} entities`)
  })
})

test('a timer of an entity that is never touched again fires once, although the cache was wiped and the owner restarted', async () => {
  const cache = memoryCache()
  const cluster = new Cluster({ seed: testSeed(), variant: { ...PROCESSING, entityBytesMax: 1 }, nodes: 1, cache })
  await cluster.start()
  const key = new TextEncoder().encode('sleeper')
  const value = new TextEncoder().encode(JSON.stringify({ uid: 'u1', account: 'sleeper', time: START_MS, type: 'remind', wait: 60_000 }))
  await appendAll(cluster.log, [{ topic: 'moves', partition: partitionOf(key, 4), key, value, headers: [], timestampMs: START_MS }])
  const startedMs = cluster.clock.monotonicMs()
  await cluster.until(() => cluster.clock.monotonicMs() > startedMs + 10_000)
  let isBack = false
  void cluster.restart(0).then(() => (isBack = true))
  cache.flush()
  await cluster.until(() => isBack)
  cache.flush()
  const fired = async (): Promise<number> => (await cluster.log.read('account-out', partitionOf(key, 4), 0, 100, { recordsMax: 100, bytesMax: 1 << 20 })).records.length
  assert.equal(await fired(), 0)
  await cluster.until(() => cluster.clock.monotonicMs() > startedMs + 200_000)
  assert.equal(await fired(), 1)
  await cluster.stop()
})
