// The description of the HTTP face, fuzzed by Schemathesis: whatever it makes of it is answered as described, and never with a 500.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { EVENT_STREAM } from '../../adapters/http/event-stream.ts'
import { ROUTES } from '../../adapters/http/routes.ts'
import { folderFor, HERE, objects, start } from '../support/cli.ts'
import { postEvent } from '../support/http.ts'
import { testSeed } from '../support/seed.ts'

const COUNTERS = 'test/support/counter/counter.system.ts'
const TOKEN = 'a-token-of-some-length'
const CONFIG = join(import.meta.dirname, '../support/fuzz/schemathesis.toml')
const EXAMPLES = 60
/** They go on until their caller leaves, which Schemathesis does not. */
const STREAMS = ROUTES.filter(({ replies }) => replies[200]?.type === EVENT_STREAM).map(({ operation }) => operation)
/** Installed by .ci/run into an environment of its own. */
const command = process.env['STATELOG_SCHEMATHESIS'] ?? 'schemathesis'
const isInstalled = spawnSync(command, ['--version']).status === 0

test('the OpenAPI document is fuzzed', { ['skip']: isInstalled ? false : 'schemathesis is not installed: pip install -r test/support/fuzz/requirements.txt', timeout: 600_000 }, async (t) => {
  const folder = folderFor(t)
  const { child, ended, line } = start(HERE, ['run', COUNTERS, '--folder', folder, '--json', '--http', '0', '--http-token', TOKEN, '--no-supervise'])
  t.after(() => child.kill('SIGKILL'))
  const [head] = objects(await line((one) => one.includes('"http"')))
  const url = String(head?.['http'])
  for (const id of ['a', 'b']) assert.equal((await postEvent(url, 'counter', id, { type: 'add', by: 1 }, 'k', { authorization: `Bearer ${TOKEN}` })).status, 200)
  const seed = testSeed()
  const fuzzing = spawn(command, ['--config-file', CONFIG, 'run', `${url}/openapi.json`, '--header', `Authorization: Bearer ${TOKEN}`, '--max-examples', String(EXAMPLES), ...STREAMS.flatMap((operation) => ['--exclude-operation-id', operation]), '--seed', String(seed), '--no-color'], { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder })
  let said = ''
  for (const stream of [fuzzing.stdout, fuzzing.stderr]) stream.setEncoding('utf8').on('data', (more: string) => (said += more))
  const status = await new Promise((resolve) => fuzzing.once('close', resolve))
  assert.equal(status, 0, said)
  t.diagnostic(`seed ${seed}: ${/(\d+) generated[^\n]*/.exec(said)?.[0] ?? said.slice(-300)}`)
  child.kill('SIGINT')
  const { stderr } = await ended
  assert.equal(/over HTTP failed/.test(stderr), false, stderr)
})
