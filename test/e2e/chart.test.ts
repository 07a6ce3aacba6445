import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { call, folderFor, HERE, RUNTIMES } from '../support/cli.ts'
import { parseXml, valuesOf } from '../support/charts/xml.ts'

test('an image on standard output, on both runtimes, where nothing runs and no data folder is', async () => {
  for (const runtime of RUNTIMES) {
    const { exitCode, stdout, stderr } = await call(runtime, ['chart', 'fraud', 'card'])
    assert.deepEqual([exitCode, stderr], [0, ''])
    const root = parseXml(stdout.trimEnd())
    assert.deepEqual([...valuesOf(root, 'data-state')], ['card', 'card.normal', 'card.suspicious', 'card.blocked', 'card.coolingOff'])
    assert.ok(valuesOf(root, 'data-transition').includes('card.blocked:xstate.after.blocking.card.blocked:0'))
  }
})

test("a user's file, as a file; a mistake answers 2", async (t) => {
  const file = join(folderFor(t), 'counter.mmd')
  const { exitCode, stdout, stderr } = await call(HERE, ['chart', 'test/support/counter/counter.system.ts', '--out', file])
  assert.deepEqual([exitCode, stdout], [0, ''], stderr)
  assert.match(readFileSync(file, 'utf8'), /^stateDiagram-v2\n/)
  assert.deepEqual((await call(HERE, ['chart', 'fraud', 'crad'])).exitCode, 2)
})
