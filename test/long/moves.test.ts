// Many clusters: moving partitions, failing commits and, in half of them, a tormented cache, with one to three nodes and batches of all sizes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryCache } from '../../adapters/memory/cache.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { check } from '../support/chaos/checker.ts'
import { runCluster } from '../support/chaos/cluster.ts'
import { Moves } from '../support/chaos/moves.ts'
import { Tormentor } from '../support/chaos/torment.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { testSeed } from '../support/seed.ts'

const SEEDS = 10

test(`${4 * SEEDS} clusters with moving partitions and failing commits keep every promise`, { timeout: 600_000 }, async () => {
  const totals = new Map<string, number>()
  const add = (what: string, times: number): void => void totals.set(what, (totals.get(what) ?? 0) + times)
  for (let seed = testSeed(); seed < testSeed() + SEEDS; seed += 1) {
    for (const [index, plain] of [PROCESSING, EVENT, PROCESSING, EVENT].entries()) {
      const isCached = index >= 2
      const variant = { ...plain, refusals: true, ...(isCached ? { entityBytesMax: seed % 2 === 0 ? 8000 : 1 } : {}) }
      const moves = new Moves()
      const tormentor = new Tormentor(memoryCache(), new SeededRandom(seed))
      const { dump } = await runCluster({
        seed, variant, inputs: 1200, nodes: 1 + (seed % 3), batchRecordsMax: 3 + (seed % 30),
        prepared: (cluster) => moves.prepare(cluster), between: (cluster) => moves.step(cluster),
        ...(isCached ? { cache: tormentor.tormented(0.2) } : {}),
      })
      const report = check(dump, { variant, isFinished: true })
      assert.equal(report.text(), '', `seed ${seed}, ${plain.time} time, ${isCached ? 'with' : 'without'} a cache`)
      for (const [what, times] of [...report.counts, ...moves.counts.faults, ...tormentor.counts]) add(what, times)
      add('moves', moves.counts.told + moves.counts.untold)
    }
  }
  console.log([...totals].map(([what, times]) => `${times} ${what}`).join(', '))
})
