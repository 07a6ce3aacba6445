// Both scenarios on two worker threads, killed at random moments and continued on the other runtime each time: what they give out is what an
// undisturbed run gives out, and a replay gives it again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { call, folderFor, HERE, RUNTIMES, start, summaryOf } from '../support/cli.ts'
import { outputsOf } from '../support/outputs.ts'
import { testSeed } from '../support/seed.ts'

const KILLS = 5
/** Comparable outputs. Alerts are none: what blocks a card comes back to it as feedback. */
const SCENARIOS = [
  { name: 'fraud', topics: ['decisions'], flags: ['--events', '15000', '--order', 'eventTime'], rate: '2000' },
  { name: 'delivery', topics: ['speeds', 'riders', 'spoofing', 'etas', 'deliveries', 'payments'], flags: ['--events', '15000', '--order', 'eventTime'], rate: '2000' },
]

for (const { name, topics, flags, rate } of SCENARIOS) {
  test(`${name}, killed ${KILLS} times and continued, gives out what an undisturbed run gives out`, { timeout: 300_000 }, async (context) => {
    const [whole, killed] = [folderFor(context), folderFor(context)]
    const random = new SeededRandom(testSeed())
    const args = ['run', name, ...flags, '--workers', '2', '--json', '--folder']
    const undisturbed = await call(HERE, [...args, whole])
    assert.equal(undisturbed.exitCode, 0, undisturbed.stderr)
    for (let kill = 0; kill < KILLS; kill += 1) {
      const running = start(RUNTIMES[kill % RUNTIMES.length] ?? HERE, [...args, killed, '--rate', rate])
      await running.line((line) => line.includes('"progress"'))
      await sleep(random.between(0, 1500))
      running.child.kill('SIGKILL')
      assert.equal((await running.ended).exitCode, null, `ended before kill ${kill + 1}`)
    }
    const last = await call(HERE, [...args, killed])
    assert.equal(last.exitCode, 0, last.stderr)
    assert.match(last.stderr, /continuing the run/)
    const [expected, found] = [await outputsOf(whole, topics), await outputsOf(killed, topics)]
    assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort())
    for (const [key, events] of expected) assert.deepEqual(found.get(key), events, key)
    for (const runtime of RUNTIMES) {
      const verified = await call(runtime, ['verify', '--folder', killed])
      assert.equal(verified.exitCode, 0, verified.stdout)
    }
    const { fed } = summaryOf(last)
    assert.equal(fed, summaryOf(undisturbed)['fed'])
    context.diagnostic(`${fed} events; ${[...expected.values()].reduce((sum, events) => sum + events.length, 0)} outputs of ${expected.size} keys are equal`)
  })
}
