// The checker can fail: a sound log passes, and each way of damaging it is found and laid at the right invariant.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { check } from '../support/chaos/checker.ts'
import { runCluster } from '../support/chaos/cluster.ts'
import { CORRUPTIONS } from '../support/chaos/corruptions.ts'
import type { LogDump } from '../support/chaos/dump.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { testSeed } from '../support/seed.ts'

for (const variant of [PROCESSING, EVENT]) {
  describe(`${variant.time} time`, () => {
    let dump: LogDump
    before(async () => {
      dump = (await runCluster({ seed: testSeed(), variant, inputs: 1500, nodes: 1 })).dump
    })

    test('a sound log has no violation', () => {
      const report = check(dump, { variant, isFinished: true })
      assert.equal(report.text(), '')
      for (const what of ['outputs', 'tells', 'dead letters', 'states', 'firings', 'task results', 'dropped: duplicate']) assert.ok((report.counts.get(what) ?? 0) > 10, what)
    })

    for (const corruption of CORRUPTIONS) {
      test(`it is found when ${corruption.name}`, () => {
        for (let round = 0; round < 2; round += 1) {
          const report = check(corruption.damage(dump, new SeededRandom(testSeed() + round)), { variant, isFinished: true })
          for (const invariant of corruption.breaks) assert.ok(report.invariants.includes(invariant), `round ${round}: ${report.text() || 'nothing was found'}`)
        }
      })
    }
  })
}
