// A folder that an older version left goes on with this one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, folderFor, RUNTIMES, summaryOf } from '../support/cli.ts'
import { makeOlder } from '../support/older-log.ts'

test('a run over a log with a row for each record brings it up to date, goes on and can be verified; starting over moves it aside', async (t) => {
  for (const runtime of RUNTIMES) {
    const folder = folderFor(t)
    const first = await call(runtime, ['run', 'fraud', '--events', '1500', '--folder', folder, '--json'])
    assert.equal(first.exitCode, 0, first.stderr)
    makeOlder(folder)
    const looked = await call(runtime, ['doctor', '--folder', folder])
    assert.match(looked.stderr, /layout 1, this program reads 2: a run on it brings it up to date/)
    const again = await call(runtime, ['run', 'fraud', '--events', '1500', '--folder', folder, '--json'])
    assert.equal(again.exitCode, 0, again.stderr)
    assert.match(again.stdout + again.stderr, /was written by an older version: its log is brought up to date/)
    assert.equal(summaryOf(again)['decisions'], summaryOf(first)['decisions'])
    const verified = await call(runtime, ['verify', '--folder', folder, '--json'])
    assert.equal(verified.exitCode, 0, `${verified.stdout}${verified.stderr}`)
    makeOlder(folder)
    const fresh = await call(runtime, ['run', 'fraud', '--events', '300', '--folder', folder, '--fresh', '--json'])
    assert.equal(fresh.exitCode, 0, fresh.stderr)
    assert.equal(summaryOf(fresh)['decisions'], 300)
  }
})
