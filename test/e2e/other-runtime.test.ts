// What one runtime ran, the other repeats to the same outputs and states, without the model (I11, M2).
import assert from 'node:assert/strict'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { call, folderFor, objects, RUNTIMES, summaryOf } from '../support/cli.ts'

/** Empties the topic of model artifacts; answers how many there were. */
function forgetModels(folder: string): number {
  const db = new DatabaseSync(join(folder, 'log.sqlite'))
  const { first } = db.prepare("SELECT first FROM topics WHERE name = 'fraud.models'").get() as { first: number }
  const { changes } = db.prepare(`DELETE FROM records_${first}`).run()
  db.prepare('DELETE FROM newest WHERE tp = ?').run(first)
  db.close()
  return Number(changes)
}

test('a run is repeated on the other runtime after its model was deleted', async (t) => {
  const [here = '', there = here] = RUNTIMES
  for (const [from, to] of [[here, there], [there, here]] as const) {
    const folder = folderFor(t)
    const ran = await call(from, ['run', 'fraud', '--events', '2000', '--order', 'eventTime', '--folder', folder, '--json'])
    assert.equal(ran.exitCode, 0, ran.stderr)
    assert.equal(summaryOf(ran)['decisions'], 2000)
    assert.equal(forgetModels(folder), 1)
    const verified = await call(to, ['verify', '--folder', folder, '--json'])
    assert.equal(verified.exitCode, 0, `${basename(from)} to ${basename(to)}: ${verified.stdout}${verified.stderr}`)
    assert.ok(objects(verified.stdout).length > 0)
  }
})
