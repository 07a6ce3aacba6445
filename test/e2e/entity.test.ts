// What HTTP tells of entities beyond how they are now is what the command line tells of the folder: histories, dead letters, lists; and who follows one is told as it changes.
import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { call, folderFor, HERE, objects, RUNTIMES, start } from '../support/cli.ts'
import { ask, eventsOf, postEvent } from '../support/http.ts'

const COUNTERS = 'test/support/counter/counter.system.ts'
const IDS = ['a', 'b', 'd/é\u{1f6aa}', 'z']

async function running(t: TestContext, runtime: string, folder: string, ...more: string[]) {
  const { child, ended, line } = start(runtime, ['run', COUNTERS, '--folder', folder, '--json', '--http', '0', ...more])
  t.after(() => child.kill('SIGKILL'))
  const [head] = objects(await line((one) => one.includes('"http"')))
  return { url: String(head?.['http']), child, ended }
}

/** All pages, put together. */
async function pages(url: string, path: string, list: string, key: 'before' | 'after'): Promise<readonly Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  for (let next: unknown; ;) {
    const { status, json, text } = await ask(url, `${path}&deadlineMs=30000${next === undefined ? '' : `&${key}=${encodeURIComponent(String(next))}`}`)
    assert.equal(status, 200, text)
    found.push(...json[list] as Record<string, unknown>[])
    next = json['next']
    if (next === undefined) return found
  }
}

async function sameAsCommandLine(url: string, folder: string): Promise<void> {
  for (const id of IDS) {
    const told = objects((await call(HERE, ['history', 'counter', id, '--folder', folder, '--json'])).stdout)
    const shown = await pages(url, `/v1/entities/counter/${encodeURIComponent(id)}/history?limit=2`, 'events', 'before')
    const plain = told.map(({ processedMs, effects, scores: _, rows: __, models: ___, machine: ____, verdict, ...rest }) => ({ ...rest, nowMs: processedMs, outputs: effects, decisions: [], ...(verdict === undefined ? {} : { verdict: { class: (verdict as { class: string }).class, directive: (verdict as { directive: string }).directive } }) })).reverse()
    assert.deepEqual(shown, JSON.parse(JSON.stringify(plain)))
    assert.ok(shown.length > 0)
    // For the Stately Inspector too.
    const inspected = await ask(url, `/v1/entities/counter/${encodeURIComponent(id)}/inspect.json?deadlineMs=30000`)
    assert.deepEqual(JSON.parse(inspected.text), objects((await call(HERE, ['inspect', 'counter', id, '--folder', folder])).stdout))
  }
  const letters = objects((await call(HERE, ['dlq', 'list', '--folder', folder, '--json'])).stdout)
  const listed = await pages(url, '/v1/dead-letters?limit=1', 'letters', 'before')
  const places = (list: readonly Record<string, unknown>[]): readonly string[] => list.map(({ dlq }) => JSON.stringify(dlq)).sort()
  assert.deepEqual(places(listed), places(letters))
  for (const { dlq } of listed) {
    const { topic, partition, offset } = dlq as { topic: string; partition: number; offset: number }
    const whole = await ask(url, `/v1/dead-letters/${topic}/${partition}/${offset}`)
    const [one] = objects((await call(HERE, ['dlq', 'show', topic, String(partition), String(offset), '--folder', folder, '--json'])).stdout)
    assert.deepEqual([whole.json['value'], whole.json['message'], whole.json['stack']], [one?.['value'], one?.['message'], one?.['stack']])
  }
}

/** Once nothing is behind. */
async function listed(url: string, query: string): Promise<readonly Record<string, unknown>[]> {
  for (;;) {
    const { status, json, text } = await ask(url, `/v1/entities/counter?${query}`)
    assert.equal(status, 200, text)
    if ((json['index'] as { lag: number }).lag === 0) return json['entities'] as Record<string, unknown>[]
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

for (const [nth, runtime] of RUNTIMES.entries()) {
  test(`histories, dead letters, lists and followers over HTTP (${nth === 0 ? 'Node, two workers' : 'Bun, none'})`, async (t) => {
    const folder = folderFor(t)
    const { url, child, ended } = await running(t, runtime, folder, '--workers', nth === 0 ? '2' : '0')
    const over = new AbortController()
    const events = eventsOf(url, '/v1/entities/counter/a/watch', over.signal)
    let first = await events.next()
    while (first.value?.event === 'moving') first = await events.next()
    assert.deepEqual([first.value?.event, first.value?.data['found']], ['entity', false])
    let places = -1
    for (let n = 1; n <= 3; n += 1) {
      for (const id of IDS) assert.equal((await postEvent(url, 'counter', id, { type: 'add', by: n }, `k${n}`)).status, 200)
      const { value } = await events.next()
      assert.deepEqual([value?.event, (value?.data['context'] as { n: number }).n <= n * (n + 1) / 2, Number(value?.data['seq']) > places], ['entity', true, true])
      places = Number(value?.data['seq'])
    }
    for (const id of ['b', 'z']) assert.equal((await postEvent(url, 'counter', id, { type: 'add' }, 'bad')).status, 422)
    await postEvent(url, 'counter', 'z', { type: 'end' }, 'end')
    await sameAsCommandLine(url, folder)

    assert.deepEqual((await listed(url, 'where=n%3E%3D6')).map(({ id, configuration, numbers }) => [id, configuration, numbers]), IDS.map((id) => [id, id === 'z' ? 'ended' : 'counting', { n: 6 }]))
    assert.deepEqual((await listed(url, 'state=ended')).map(({ id }) => id), ['z'])
    assert.deepEqual(await listed(url, 'where=n%3C6&state=counting'), [])
    const index = join(folder, 'entities.sqlite')
    const removed = (): void => [index, `${index}-wal`, `${index}-shm`].forEach((name) => rmSync(name))
    removed()
    assert.deepEqual((await listed(url, 'limit=3')).map(({ id }) => id), IDS.slice(0, 3), 'made again while it runs')
    over.abort()
    await events.next().catch(() => undefined)
    child.kill('SIGINT')
    const { exitCode, stderr } = await ended
    assert.equal(exitCode, 130, stderr)

    assert.ok(existsSync(index))
    for (const name of [index, `${index}-wal`, `${index}-shm`]) rmSync(name, { force: true })
    const again = await running(t, runtime, folder, '--workers', '0')
    assert.deepEqual((await listed(again.url, 'limit=2')).map(({ id }) => id), IDS.slice(0, 2), 'made again')
    assert.ok(existsSync(index))
  })
}
