// The compiled engine against XState's interpreter: random machines, random events, everything there is to see compared after every event.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countLines, noCounts, scarceFeatures } from '../support/statecharts/counts.ts'
import { compareOne } from '../support/statecharts/differential.ts'
import { bothOf, Duel, EnginesDiffer } from '../support/statecharts/duel.ts'
import { Chance } from '../support/statecharts/chance.ts'
import { testSeed } from '../support/seed.ts'
import { SPECIMENS } from '../contract/engine-machines.ts'

/** On each runtime. */
const COMPARISONS_MIN = 20_000
const FEATURE_SHARE_MIN = 0.015
const MOVED_SHARE_MIN = 0.6
const STATES_ENTERED_MIN = 5
const EVENTS_OF_SPECIMEN = 2000

test(`${COMPARISONS_MIN} comparisons on random machines: both engines answer the same`, () => {
  const counts = noCounts()
  for (let seed = testSeed(); counts.comparisons < COMPARISONS_MIN; seed += 1) compareOne(seed, counts)
  console.log([`seed ${testSeed()}`, ...countLines(counts)].join('\n'))
  assert.deepEqual(scarceFeatures(counts, FEATURE_SHARE_MIN), [])
  assert.ok(counts.moved >= counts.comparisons * MOVED_SHARE_MIN, `only ${counts.moved} of ${counts.comparisons} took a transition`)
  assert.ok(counts.statesEntered >= counts.machines * STATES_ENTERED_MIN, `only ${counts.statesEntered} states entered by ${counts.machines} machines`)
})

for (const specimen of SPECIMENS) {
  test(`${specimen.name}: ${EVENTS_OF_SPECIMEN} random events, states swapped between the engines at random points`, () => {
    const chance = new Chance(testSeed())
    const duel = new Duel(...bothOf(specimen.machine, true))
    duel.begin(undefined)
    for (let at = 0; at < EVENTS_OF_SPECIMEN; at += 1) {
      duel.take(chance.pick(specimen.events))
      if (chance.is(10)) duel.swap()
      if (!duel.isActive) duel.begin(undefined)
    }
  })
}

test('a difference is found, and says with which seed it is met again', () => {
  const wrong = (machine: unknown, strict: boolean) => {
    const [compiled, interpreted] = bothOf(machine, strict)
    compiled.configuration = () => 'elsewhere'
    return [compiled, interpreted] as const
  }
  assert.throws(() => compareOne(1, noCounts(), wrong), (error: unknown) => error instanceof EnginesDiffer && error.message.startsWith('machine 1: after '))
})
