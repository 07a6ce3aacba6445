// `statelog top` beside a running system: one table, lines, JSON, what goes wrong, and a server that comes back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { call, folderFor, HERE, objects, RUNTIMES, start } from '../support/cli.ts'
import { ask, postEvent } from '../support/http.ts'

const COUNTERS = 'test/support/counter/counter.system.ts'
const TOKEN = 'a-token-of-some-length'

for (const [nth, runtime] of RUNTIMES.entries()) {
  test(`one table shows what the system holds (${nth === 0 ? 'Node' : 'Bun'})`, async (t) => {
    const { child, line } = start(runtime, ['run', COUNTERS, '--folder', folderFor(t), '--json', '--http', '0', '--workers', nth === 0 ? '2' : '0'])
    t.after(() => child.kill('SIGKILL'))
    const [head] = objects(await line((one) => one.includes('"http"')))
    const url = String(head?.['http'])
    // None of these is in the other partition.
    await line((one) => one.includes('"progress"') && (JSON.parse(one) as { notLive: string[] }).notLive.length === 0)
    for (const id of ['a', 'b', 'c']) assert.equal((await postEvent(url, 'counter', id, { type: 'add', by: 1 }, 'k')).status, 200)
    await postEvent(url, 'counter', 'c', { type: 'end' }, 'end')
    const { exitCode, stdout, stderr } = await call(runtime, ['top', '--once', '--url', url])
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.match(stdout, /^counters · \S+Z · 2 of 2 partitions live · /)
    assert.match(stdout, /^counter {2}0 +live/m)
    assert.match(stdout, /^counter {2}3 entities: counting 2 · ended 1$/m)
    assert.doesNotMatch(stdout, /\u001b/)
    const [document] = objects((await call(runtime, ['top', '--once', '--json', '--url', url, '--types', 'counter'])).stdout)
    assert.deepEqual((document?.['types'] as Record<string, { occupancy: unknown }>)['counter']?.occupancy, { counting: 2, ended: 1 })
    const unknown = await call(runtime, ['top', '--once', '--url', url, '--types', 'gate'])
    assert.deepEqual([unknown.exitCode, /answers 404: there is no actor type 'gate'\. Types: counter\./.test(unknown.stderr)], [1, true], unknown.stderr)
    // Nobody watches any more; Prometheus still may.
    assert.match((await ask(url, '/metrics')).text, /^statelog_state_entities\{type="counter",state="ended"\} 1$/m)
  })
}

test('a line each interval where there is no terminal; a signal ends it in order, and a server that goes is asked again', async (t) => {
  const folder = folderFor(t)
  const system = start(HERE, ['run', COUNTERS, '--folder', folder, '--json', '--http', '0'])
  t.after(() => system.child.kill('SIGKILL'))
  const [head] = objects(await system.line((one) => one.includes('"http"')))
  const url = String(head?.['http'])
  const top = start(HERE, ['top', '--url', url, '--every', '0.2'])
  t.after(() => top.child.kill('SIGKILL'))
  await top.line((one) => /2 of 2 partitions live/.test(one))
  system.child.kill('SIGTERM')
  await system.ended
  await top.line((one) => /has ended; asking again|nothing answers at/.test(one))
  const { port } = new URL(url)
  const again = start(HERE, ['run', COUNTERS, '--folder', folder, '--json', '--http', port])
  t.after(() => again.child.kill('SIGKILL'))
  await again.line((one) => one.includes('"http"'))
  await postEvent(url, 'counter', 'a', { type: 'add', by: 1 }, 'k')
  await top.line((one) => /2 of 2 partitions live.*counting 1$/.test(one))
  top.child.kill('SIGINT')
  const { exitCode, stderr } = await top.ended
  assert.deepEqual([exitCode, stderr], [0, ''])
})

test('what goes wrong says what to do', async (t) => {
  const nobody = await call(HERE, ['top', '--once', '--url', 'http://127.0.0.1:9'])
  assert.deepEqual([nobody.exitCode, /nothing answers at http:\/\/127\.0\.0\.1:9 \(ECONNREFUSED\)[^]*--http 8080[^]*http\/unreachable/.test(nobody.stderr)], [1, true], nobody.stderr)
  const wrong = await call(HERE, ['top', '--url', 'localhost:8080'])
  assert.deepEqual([wrong.exitCode, /--url is 'localhost:8080', expected an address such as http:/.test(wrong.stderr)], [2, true], wrong.stderr)
  const { child, line } = start(HERE, ['run', COUNTERS, '--folder', folderFor(t), '--json', '--http', '0', '--http-token', TOKEN])
  t.after(() => child.kill('SIGKILL'))
  const [head] = objects(await line((one) => one.includes('"http"')))
  const url = String(head?.['http'])
  const closed = await call(HERE, ['top', '--once', '--url', url])
  assert.deepEqual([closed.exitCode, /asks for a token[^]*STATELOG_HTTP_TOKEN or --token/.test(closed.stderr)], [1, true], closed.stderr)
  assert.equal((await call(HERE, ['top', '--once', '--url', url, '--token', TOKEN])).exitCode, 0)
})
