// `statelog ui`: the pages and the HTTP API of a system that nobody runs, or that is looked at beside whoever runs it.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { call, folderFor, HERE, METERS, objects, RUNTIMES, start, summaryOf } from '../support/cli.ts'
import type { Ended } from '../support/cli.ts'
import { placeOn } from '../support/cluster-runs.ts'
import { ask, eventsOf, postEvent } from '../support/http.ts'
import { serviceTest } from '../support/services.ts'
import { browserTest, figures, launch, openPage } from '../support/ui/browser.ts'

const COUNTERS = 'test/support/counter/counter.system.ts'

interface Ui {
  readonly url: string
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  readonly head: Record<string, unknown>
}

async function served(t: TestContext, runtime: string, args: readonly string[]): Promise<Ui> {
  const { child, ended, line } = start(runtime, [...args, '--json'])
  t.after(() => child.kill('SIGKILL'))
  const [head = {}] = objects(await line((one) => one.includes('"http"')))
  return { url: String(head['http']), child, ended, head }
}

async function stopped({ child, ended }: Pick<Ui, 'child' | 'ended'>): Promise<Ended> {
  child.kill('SIGINT')
  return ended
}

for (const [nth, runtime] of RUNTIMES.entries()) {
  test(`a finished scenario is shown as the command line shows it (${nth === 0 ? 'Node' : 'Bun'})`, async (t) => {
    const folder = folderFor(t)
    const summary = summaryOf(await call(runtime, ['run', METERS, '--folder', folder, '--events', '500', '--json']))
    const ui = await served(t, runtime, ['ui', folder, '--http', '0'])
    assert.deepEqual([ui.head['system'], ui.head['isAtRest'], ui.head['ui']], ['meters', true, `${ui.url}/ui/`])
    for (const [type, states] of Object.entries(summary['states'] as Record<string, unknown>)) assert.deepEqual((await ask(ui.url, `/v1/types/${type}/states`)).json['states'], states)
    const [entity] = objects((await call(HERE, ['get', 'meter', 'm3', '--folder', folder, '--json'])).stdout)
    assert.deepEqual((await ask(ui.url, '/v1/entities/meter/m3?features=true')).json, entity)
    assert.equal((await ask(ui.url, '/v1/entities/meter/nobody')).status, 404)
    const told = (await ask(ui.url, '/v1/entities/meter/m3/history?limit=200')).json
    const steps = objects((await call(HERE, ['history', 'meter', 'm3', '--limit', '1000', '--folder', folder, '--json'])).stdout)
    assert.deepEqual([told['older'], (told['events'] as { cause: string }[]).map(({ cause }) => cause).reverse()], ['none', steps.map(({ cause }) => cause)])
    const { letters } = (await ask(ui.url, '/v1/dead-letters')).json as { readonly letters: readonly unknown[] }
    assert.equal(letters.length, 5)
    const { entities, index } = (await ask(ui.url, '/v1/entities/meter')).json as { readonly entities: readonly unknown[]; readonly index: { readonly lag: number } }
    assert.deepEqual([entities.length, index.lag], [20, 0])
    const page = await fetch(`${ui.url}/ui/`)
    assert.deepEqual([page.status, page.headers.get('content-type'), /<script type="module"/.test(await page.text())], [200, 'text/html; charset=utf-8', true])
    assert.equal((await ask(ui.url, '/v1/types/meter/chart')).status, 200)
    for await (const { data } of eventsOf(ui.url, '/v1/watch', AbortSignal.timeout(10_000))) {
      const { meter } = data['types'] as Record<string, { readonly occupancy: unknown; readonly partitions: Record<string, { readonly state: string }> }>
      assert.deepEqual([meter?.occupancy, Object.values(meter?.partitions ?? {}).map(({ state }) => state)], [(summary['states'] as Record<string, unknown>)['meter'], ['at rest', 'at rest']])
      break
    }
    assert.match((await ask(ui.url, '/metrics')).text, /^statelog_partition_state\{type="meter",partition="0",state="at rest"\} 1$/m)
    const ended = await stopped(ui)
    assert.deepEqual([ended.exitCode, ended.stderr], [0, ''])
  })
}

test('what a running system answered, its log answers after kill -9; what is sent meanwhile is taken by the next run', async (t) => {
  const folder = folderFor(t)
  const run = ['run', COUNTERS, '--folder', folder, '--http', '0', '--workers', '0']
  const running = await served(t, HERE, run)
  for (const id of ['a', 'b', 'c']) await postEvent(running.url, 'counter', id, { type: 'add', by: 2 }, 'k')
  await postEvent(running.url, 'counter', 'c', { type: 'end' }, 'end')
  const shows = await call(HERE, ['ui', '--folder', folder])
  assert.deepEqual([shows.exitCode, shows.stdout.trim().endsWith(`runs in process ${running.child.pid}, which shows it: ${running.url}/ui/`)], [0, true], shows.stdout)
  const told = async (url: string) => {
    const [states, entity, history] = await Promise.all(['/v1/types/counter/states', '/v1/entities/counter/a', '/v1/entities/counter/a/history'].map(async (path) => (await ask(url, path)).json))
    return { entities: states?.['entities'], states: states?.['states'], entity: { ...entity, seq: 0, changedSeq: 0 }, events: history?.['events'] }
  }
  const before = await told(running.url)
  running.child.kill('SIGKILL')
  await running.ended
  const ui = await served(t, HERE, ['ui', '--folder', folder, '--http', '0'])
  assert.deepEqual(await told(ui.url), before)
  const { partitions } = (await ask(ui.url, '/v1/partitions')).json as { readonly partitions: readonly { readonly state: string; readonly reason: string }[] }
  assert.deepEqual(partitions.map(({ state, reason }) => [state, /^nothing runs it/.test(reason)]), [0, 1].map(() => ['at rest', true]))
  const kept = await postEvent(ui.url, 'counter', 'a', { type: 'add', by: 3 }, 'later')
  assert.deepEqual([kept.status, kept.json['outcome'], (kept.json['partition'] as { state: string }).state], [202, 'waiting', 'at rest'], kept.text)
  const again = await served(t, HERE, run)
  const reached = await ask(ui.url, `/v1/entities/counter/a?atLeast=2.1&deadlineMs=20000`)
  assert.equal(reached.status, 200, reached.text)
  const replied = await postEvent(ui.url, 'counter', 'a', { type: 'add', by: 3 }, 'later')
  assert.deepEqual([replied.status, replied.json['reply']], [200, 5], replied.text)
  await stopped(again)
  assert.equal((await stopped(ui)).exitCode, 0)
})

test('beside a run without pages it says so; the next free port is taken, and a named one is not given up', async (t) => {
  const folder = folderFor(t)
  const running = start(HERE, ['run', COUNTERS, '--folder', folder, '--json', '--workers', '0'])
  t.after(() => running.child.kill('SIGKILL'))
  await running.line((line) => line.includes('"progress"') && (JSON.parse(line) as { notLive: string[] }).notLive.length === 0)
  const [one, other] = [await served(t, HERE, ['ui', folder]), await served(t, HERE, ['ui', folder])]
  assert.notEqual(one.url, other.url)
  assert.equal(one.head['isAtRest'], false)
  const sent = await postEvent(one.url, 'counter', 'a', { type: 'add', by: 1 }, 'k')
  assert.deepEqual([sent.status, sent.json['reply']], [200, 1], sent.text)
  assert.deepEqual((await ask(other.url, '/v1/types/counter/states')).json['states'], { counting: 1 })
  const named = await call(HERE, ['ui', folder, '--http', new URL(one.url).port])
  assert.deepEqual([named.exitCode, /cannot be listened on: EADDRINUSE/.test(named.stderr)], [1, true], named.stderr)
  assert.match((await stopped(other)).stderr, /runs in process \d+, without --http[^]*another program has port 8080/)
  await stopped(one)
  const open = await call(HERE, ['ui', folder, '--http', '0.0.0.0:0'])
  assert.deepEqual([open.exitCode, /STATELOG_HTTP_TOKEN/.test(open.stderr)], [1, true], open.stderr)
  const none = await call(HERE, ['ui', 'nothing-of-that-name'])
  assert.deepEqual([none.exitCode, /there is no scenario and no file 'nothing-of-that-name'/.test(none.stderr)], [2, true], none.stderr)
})

browserTest('the pages say that nothing runs, show who is where, and that an event is kept', { timeout: 60_000 }, async (t) => {
  const folder = folderFor(t)
  await call(HERE, ['run', METERS, '--folder', folder, '--events', '500'])
  const { url } = await served(t, HERE, ['ui', folder, '--http', '0'])
  const browser = await launch()
  t.after(() => browser.close())
  const { page, wrong } = await openPage(browser, `${url}/ui/#/`)
  await page.getByText('At rest: nothing runs').waitFor()
  const { entities, parked } = await figures(page)
  assert.deepEqual([entities, parked, await page.locator('.state-word').allTextContents()], ['22', '0', Array.from({ length: 4 }, () => '○ at rest')])
  await page.goto(`${url}/ui/#/types/meter/m3`)
  await page.getByLabel('Event type').fill('answer')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByText('it is taken when the system runs next').waitFor()
  assert.deepEqual(wrong, [])
})

serviceTest('kafka', 'a system on a cluster is shown by its brokers, with and without its folder', { timeout: 120_000 }, async (kafka, t) => {
  const folder = folderFor(t)
  const place = placeOn(kafka)
  const { states } = summaryOf(await call(HERE, ['run', METERS, '--events', '300', '--workers', '0', '--folder', folder, '--json', ...place])) as { readonly states: Record<string, unknown> }
  const [entity] = objects((await call(HERE, ['get', 'meter', 'm3', '--folder', folder, '--json'])).stdout)
  for (const [nth, where] of [[folder], [METERS, ...place]].entries()) {
    const ui = await served(t, HERE, ['ui', ...where, '--http', '0'])
    assert.equal(ui.head['isAtRest'], false, 'who runs a cluster is not known')
    assert.deepEqual((await ask(ui.url, '/v1/types/meter/states')).json['states'], states['meter'])
    assert.deepEqual((await ask(ui.url, '/v1/entities/meter/m3?features=true')).json, entity)
    const { partitions } = (await ask(ui.url, '/v1/partitions')).json as { readonly partitions: readonly { readonly state: string; readonly lag: { readonly sources: number; readonly inbox: number } }[] }
    assert.deepEqual(partitions.map(({ state, lag }) => [state, lag.sources]), [0, 1, 2, 3].map(() => ['at rest', 0]), 'they were handed over')
    assert.equal(partitions.reduce((sum, { lag }) => sum + lag.inbox, 0), nth, 'what was sent before waits')
    const { events } = (await ask(ui.url, '/v1/entities/meter/m3/history')).json as { readonly events: readonly unknown[] }
    assert.ok(events.length > 0)
    const sent = await ask(ui.url, '/v1/entities/meter/m3/events?deadlineMs=300', { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': 'k' }, body: '{"type":"reading"}' })
    assert.deepEqual([sent.status, sent.json['outcome']], [202, 'waiting'], sent.text)
    const listed = await ask(ui.url, '/v1/entities/meter')
    assert.equal((listed.json['entities'] as readonly unknown[] | undefined)?.length, 20, listed.text)
    const { exitCode, stderr } = await stopped(ui)
    assert.deepEqual([exitCode, stderr], [0, ''])
  }
})
