// `statelog run --http`: from the command line, over a socket, with the partitions on one thread and on several.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { call, folderFor, HERE, objects, RUNTIMES, start } from '../support/cli.ts'
import { ask, postEvent } from '../support/http.ts'
import { blocksOf } from '../support/package/document.ts'
import type { Block } from '../support/package/document.ts'
import { Session } from '../support/package/session.ts'

const ROOT = join(import.meta.dirname, '../..')
const withCurl = { skip: spawnSync('curl', ['--version']).status === 0 ? false : 'curl is not installed (Debian: apt-get install curl)' }

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

const COUNTERS = 'test/support/counter/counter.system.ts'

interface Runtime {
  readonly url: string
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stderr: string }>
}

async function running(t: TestContext, runtime: string, folder: string, ...more: string[]): Promise<Runtime> {
  const { child, ended, line } = start(runtime, ['run', COUNTERS, '--folder', folder, '--json', '--http', '0', ...more])
  t.after(() => child.kill('SIGKILL'))
  const [head] = objects(await line((one) => one.includes('"http"')))
  return { url: String(head?.['http']), child, ended }
}

const placeOf = ({ json }: { readonly json: Record<string, unknown> }): string => {
  const { epoch, seq } = json['at'] as { readonly epoch: number; readonly seq: number }
  return `${epoch}.${seq}`
}

for (const [nth, runtime] of RUNTIMES.entries()) {
  for (const workers of ['0', '2']) {
    test(`what HTTP answers is what the command line shows (${nth === 0 ? 'Node' : 'Bun'}, workers: ${workers})`, async (t) => {
      const folder = folderFor(t)
      const { url, child, ended } = await running(t, runtime, folder, '--workers', workers)
      const send = (id: string, event: unknown, key: string) => postEvent(url, 'counter', id, event, key)
      const waiting = ask(url, '/v1/entities/counter/a/wait?state=ended')

      const first = await send('a', { type: 'add', by: 2 }, 'one')
      assert.deepEqual([first.status, first.json['outcome'], first.json['reply']], [200, 'reply', 2], first.text)
      assert.deepEqual((await send('a', { type: 'add', by: 2 }, 'one')).json['reply'], 2)
      const second = await send('a', { type: 'add', by: 3 }, 'two')
      assert.equal(second.json['reply'], 5, 'the first had one effect')
      const read = await ask(url, `/v1/entities/counter/a?atLeast=${placeOf(second)}&features=true&deadlineMs=30000`)
      assert.deepEqual([read.status, read.json['context']], [200, { n: 5 }], read.text)
      // The commit that stores a state may come between the two; a reader of the folder takes it for the one that changed it.
      const [{ seq = -1, changedSeq = -1, ...shown } = {}] = objects((await call(HERE, ['get', 'counter', 'a', '--folder', folder, '--json'])).stdout)
      assert.deepEqual({ ...read.json, seq, changedSeq }, { ...shown, seq, changedSeq })
      assert.ok(Number(seq) >= Number(read.json['seq']) && Number(changedSeq) >= Number(read.json['changedSeq']), `${seq} ${changedSeq} ${read.text}`)

      const refused = await send('a', { type: 'add' }, 'bad')
      assert.deepEqual([refused.status, refused.code], [422, 'command/refused'], refused.text)
      for (const id of ['b', 'c', 'd/é\u{1f6aa}', '..']) assert.equal((await send(id, { type: 'add', by: 1 }, 'k')).status, 200)
      assert.deepEqual((await ask(url, `/v1/entities/counter/${encodeURIComponent('d/é\u{1f6aa}')}`)).json['id'], 'd/é\u{1f6aa}')
      await send('a', { type: 'end' }, 'end')
      const reached = await waiting
      assert.deepEqual([reached.status, reached.json['configuration']], [200, 'ended'], reached.text)
      const { json, text } = await ask(url, '/v1/types/counter/states?deadlineMs=30000')
      assert.deepEqual([json['entities'], json['states']], [5, { counting: 4, ended: 1 }], text)
      const { partitions } = (await ask(url, '/v1/partitions?deadlineMs=5000')).json as { partitions: { state: string; lag: unknown }[] }
      assert.deepEqual(partitions.map(({ state, lag }) => [state, lag]), [0, 1].map(() => ['live', { sources: 0, inbox: 0 }]))
      assert.equal((await ask(url, '/v1/entities/counter/nobody')).status, 404)

      child.kill('SIGINT')
      const { exitCode, stderr } = await ended
      assert.equal(exitCode, 130, stderr)
    })
  }
}

test('after kill -9 the next run shows all that was answered before', async (t) => {
  const folder = folderFor(t)
  const before = await running(t, HERE, folder)
  const replies = await Promise.all(Array.from({ length: 20 }, (_, n) => postEvent(before.url, 'counter', `e${n % 4}`, { type: 'add', by: 1 }, `k${n}`)))
  const places = new Map(replies.map((reply, n) => [`e${n % 4}`, placeOf(reply)]))
  before.child.kill('SIGKILL')
  await before.ended
  const { url } = await running(t, HERE, folder)
  for (const [id, place] of places) {
    const { status, json, text } = await ask(url, `/v1/entities/counter/${id}?atLeast=${place}&deadlineMs=30000`)
    assert.deepEqual([status, json['context']], [200, { n: 5 }], text)
  }
  assert.equal((await postEvent(url, 'counter', 'e0', { type: 'add', by: 1 }, 'k0')).json['outcome'], 'reply')
  assert.deepEqual((await ask(url, '/v1/entities/counter/e0')).json['context'], { n: 5 }, 'a command of before the crash has no second effect')
})

test('what would be open to others, or cannot be meant, is refused before anything is opened', async (t) => {
  const folder = folderFor(t)
  for (const [args, exitCode, complaint] of [
    [['--http', '0.0.0.0:0'], 1, /without a token[^]*STATELOG_HTTP_TOKEN/],
    [['--http', '0.0.0.0:0', '--http-token', 'short'], 1, /16 to 1024/],
    [['--http', 'http://x'], 1, /no address to listen on/],
    [['--http', '0', '--http-name', 'a b'], 1, /no host name/],
    [['--http-token', 'a-token-of-some-length'], 2, /--http-token goes with --http/],
  ] as const) {
    const told = await call(HERE, ['run', COUNTERS, '--folder', folder, ...args])
    assert.deepEqual([told.exitCode, complaint.test(told.stderr)], [exitCode, true], told.stderr)
  }
})

test('the page of HTTP is right: its commands answer what it shows', withCurl, async (t) => {
  const folder = folderFor(t)
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  symlinkSync(ROOT, join(folder, 'node_modules', 'statelog'))
  symlinkSync(join(ROOT, 'node_modules', 'xstate'), join(folder, 'node_modules', 'xstate'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const port = await freePort()
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin', 'npx'), `#!/bin/sh\nshift\nexec '${HERE}' '${join(ROOT, 'adapters/cli/main.ts')}' "$@"\n`, { mode: 0o755 })
  const here = (text: string): string => text.replaceAll('8080', String(port))
  const door = blocksOf(readFileSync(join(ROOT, 'README.md'), 'utf8')).filter(({ kind }) => kind === 'file')
  const page = blocksOf(readFileSync(join(ROOT, 'adapters/http/README.md'), 'utf8'))
  // A system that starts slowly is waited for: without this, by the deadline that the page leaves out.
  const started: Block = { kind: 'session', steps: [{ at: 0, command: `curl -s -o ready 'http://127.0.0.1:${port}/v1/types/door/states?deadlineMs=60000'`, shown: [] }] }
  const [first, ...rest] = page.map((block): Block => (block.kind === 'file' ? block : { kind: 'session', steps: block.steps.map((step) => ({ ...step, command: here(step.command), shown: step.shown.map(here) })) }))
  assert.ok(first !== undefined && rest.length >= 2)
  const session = new Session('adapters/http/README.md', folder, { ...process.env, PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, NODE_NO_WARNINGS: '1', NODE_TEST_CONTEXT: undefined, STATELOG_SUPERVISE: 'off' })
  t.after(() => session.close())
  await session.follow([...door, first, started, ...rest, { kind: 'session', steps: [{ at: 0, command: '^C', shown: ['stopping in order (again to hurry) ...', '...'] }] }])
})
