// 30 semantic bugs, put into copies of the compiled engine: the comparison with XState's interpreter catches each.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { noCounts } from '../support/statecharts/counts.ts'
import { compareOne } from '../support/statecharts/differential.ts'
import { EnginesDiffer } from '../support/statecharts/duel.ts'
import { mutated, MUTANTS } from '../support/statecharts/mutants.ts'
import type { Mutant } from '../support/statecharts/mutants.ts'
import { testSeed } from '../support/seed.ts'

/** As many as `npm test` makes. */
const COMPARISONS_MAX = 20_000
const COMPARISONS_UNCHANGED = 2000

const folder = mkdtempSync(join(tmpdir(), 'statelog-mutants-'))
after(() => rmSync(folder, { recursive: true }))

/** How many comparisons it took, and the difference; undefined where there was none. */
async function caught(mutant: Mutant | undefined, name: string, most: number): Promise<string | undefined> {
  const pairOf = await mutated(join(folder, name), mutant)
  const counts = noCounts()
  for (let seed = testSeed(); counts.comparisons < most; seed += 1) {
    try {
      compareOne(seed, counts, pairOf)
    } catch (error) {
      if (!(error instanceof EnginesDiffer)) throw error
      return `after ${counts.comparisons} comparisons: ${error.message.slice(0, 120)}`
    }
  }
  return undefined
}

test('a copy without a bug is no different', async () => {
  assert.equal(await caught(undefined, 'unchanged', COMPARISONS_UNCHANGED), undefined)
})

for (const [at, mutant] of MUTANTS.entries()) {
  test(`caught: ${mutant.name}`, async () => {
    const found = await caught(mutant, String(at), COMPARISONS_MAX)
    console.log(`${mutant.name}: ${found ?? 'not caught'}`)
    assert.notEqual(found, undefined)
  })
}
