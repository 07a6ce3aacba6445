// Owners are killed and stopped while clients ask for entities over HTTP and NATS: no answer is wrong, none is older than one before, and a partition is without
// answers for as long as it is without commits.
import assert from 'node:assert/strict'
import type { Answer } from '../support/availability/asker.ts'
import { INTERVAL_MS } from '../support/availability/asker.ts'
import { gapsOf, tableOf } from '../support/availability/gaps.ts'
import { judge } from '../support/availability/judge.ts'
import { runTrial } from '../support/availability/trial.ts'
import type { LogDump } from '../support/chaos/dump.ts'
import { natsServer, withNatsServer } from '../support/nats.ts'
import { serviceTest } from '../support/services.ts'
import { testSeed } from '../support/seed.ts'

const SESSION_MS = 4000
const ROUNDS = 3

serviceTest('kafka', 'clients that ask while owners are killed and stopped', { timeout: 240_000, ...withNatsServer }, async (kafka, t) => {
  const nats = await natsServer(t)
  const seed = testSeed()
  const trial = await runTrial({ kafka, natsUrl: nats.url, seed, rounds: ROUNDS, sessionMs: SESSION_MS })
  const { askers, dump, faults, troubles, fed } = trial
  const answers = askers.flatMap((asker) => asker.answers)
  const gaps = gapsOf(trial)
  const misses = Object.entries(Object.groupBy(askers.flatMap((asker) => asker.misses), ({ kind }) => kind)).map(([kind, some]) => `${some.length} ${kind}`)
  console.log(`seed ${seed}: ${faults.length} faults, ${fed} entries, ${answers.length} answers judged; without an answer: ${misses.join(', ')}. Of each partition that was lost, ms, p50 and longest:\n${tableOf(gaps)}`)
  assert.deepEqual(askers.flatMap(({ wrong }) => wrong), [])
  assert.deepEqual(judge(dump, answers, SESSION_MS), [])
  assertJudges(dump, answers)
  for (const gap of gaps) assert.ok(gap.gapMs - gap.silentMs <= gap.recoveryMs + 2 * INTERVAL_MS, JSON.stringify(gap))
  assert.deepEqual(troubles, [])
})

/** What is damaged is found. */
function assertJudges(dump: LogDump, answers: readonly Answer[]): void {
  const at = answers.findIndex((answer, nth) => nth > answers.length / 3 && answers.some(({ partition, epoch }) => partition === answer.partition && epoch > answer.epoch))
  const one = answers[at] as Answer
  const damages: readonly (readonly [string, Partial<Answer>])[] = [
    ['shows', { context: { ...(one.context as object), sum: 12_345 } }], ['shows', { configuration: one.configuration === 'odd' ? 'even' : 'odd' }], ['shows what commit', { changedSeq: 0 }],
    ['names a commit of', { epoch: one.epoch + 1 }], ['names a commit that is not there', { seq: 1_000_000 }], ['is told at', { seq: 2 }], ['after the next owner had begun', { askedMs: one.askedMs + 3_600_000, gotMs: one.gotMs + 3_600_000 }],
  ]
  for (const [found, damage] of damages) assert.ok(judge(dump, answers.with(at, { ...one, ...damage }), SESSION_MS).some((wrong) => wrong.includes(found)), `${found}: ${JSON.stringify(damage)}`)
}
