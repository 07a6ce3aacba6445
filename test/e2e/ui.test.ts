// The pages under /ui/ in a real browser, on a real node: what they show is what the node answers, and what they are given can do nothing to them.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { Statechart } from '../../adapters/ui/page/statechart.js'
import { count } from '../../adapters/ui/page/format.js'
import type { Chart } from '../../system/chart/charts.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import { folderFor } from '../support/cli.ts'
import { ask, postEvent } from '../support/http.ts'
import { until } from '../support/redis.ts'
import { browserTest, figures, launch, openPage } from '../support/ui/browser.ts'
import { appendAll, PARCELS, startNode, statesOf } from '../support/ui/node.ts'

const OPTIONS = { timeout: 60_000 }
const HOSTILE = ['<img src=x onerror=alert(1)>', '"><script>alert(2)</script>', "';alert(3)//", 'javascript:alert(4)', '\u202eevil\u0000', '../../v1', `${'long-'.repeat(40)}end`, '%3Cb%3E', '{{7*7}}', '__proto__']

const TOKEN = 'a-token-of-some-length'

const ends: (() => unknown)[] = []
after(async () => {
  for (const end of ends) await end()
})

let opened: Promise<Browser> | undefined
function browser(): Promise<Browser> {
  if (opened === undefined) ends.push(async () => (await opened)?.close())
  return (opened ??= launch())
}

/** Shared by the tests of this file: each has entities of its own. */
const nodes = new Map<string, Promise<string>>()
function nodeWith(...args: string[]): Promise<string> {
  const started = nodes.get(args.join()) ?? (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'statelog-ui-'))
    const { url, child } = await startNode(join(folder, 'data'), [PARCELS, ...args])
    ends.push(() => new Promise((resolve) => child.once('close', resolve).kill('SIGKILL')), () => rmSync(folder, { recursive: true, force: true }))
    return url
  })()
  nodes.set(args.join(), started)
  return started
}

/** Ways of parcels, so that every state has somebody. */
function* parcels(from: number, to: number): Generator<readonly [string, MachineEvent]> {
  for (let at = from; at < to; at++) {
    const way = [['note'], ['load'], ['load', 'depart'], ['load', 'hold'], ['load', 'lose']][at % 5] ?? []
    for (const type of way) yield [`p${at}`, type === 'note' ? { type, text: `note ${at}` } : { type }]
  }
}

/** By the names of states, as the table of the page has them. */
const shownStates = (page: Page): Promise<unknown> => page.evaluate(`Object.fromEntries([...document.querySelectorAll('tr[data-state]')].map((row) => [row.dataset.state, row.cells[1].textContent]))`)
const elements = (page: Page): Promise<unknown> => page.evaluate(`document.querySelectorAll('*').length`)

async function expectedStates(url: string): Promise<Record<string, string>> {
  const { outline } = (await ask(url, '/v1/types/parcel/chart')).json as unknown as Chart
  const occupancy = new Statechart(outline).occupancy(await statesOf(url, 'parcel'))
  return Object.fromEntries(outline.states.flatMap(({ kind, path }, at) => (kind === 'history' ? [] : [[path.length === 0 ? 'parcel' : path.join('.'), count(occupancy[at] ?? 0)]])))
}

async function showsWhatIs(url: string, page: Page): Promise<void> {
  const expected = JSON.stringify(await expectedStates(url))
  let shown = ''
  await until(async () => (shown = JSON.stringify(await shownStates(page))) === expected).catch(() => assert.equal(shown, expected))
}

browserTest('occupancy on the page is what the owners count; its elements are as many for a hundred entities as for ten thousand', OPTIONS, async (t) => {
  const folder = folderFor(t)
  const { url, child } = await startNode(folder, [PARCELS])
  t.after(() => child.kill('SIGKILL'))
  await appendAll(folder, 'parcel', parcels(0, 100))
  const { page, wrong } = await openPage(await browser(), `${url}/ui/#/types/parcel`)
  await showsWhatIs(url, page)
  assert.equal((await figures(page))['entities'], '100')
  await page.locator('.statechart .flow').filter({ hasText: '/s' }).first().waitFor()
  const before = await elements(page)
  await appendAll(folder, 'parcel', parcels(100, 10_000))
  await until(async () => (await figures(page))['entities'] === '10,000')
  await showsWhatIs(url, page)
  assert.equal((await figures(page))['entities'], '10,000')
  assert.equal(await elements(page), before)
  const counts = await page.evaluate(`[...document.querySelectorAll('.statechart .count')].map((text) => text.textContent)`) as string[]
  assert.ok(counts.includes('10.0k'), String(counts))
  assert.deepEqual(wrong, [])
})

browserTest('the entity page is what GET answers, and follows it; an event can be sent from it', OPTIONS, async () => {
  const url = await nodeWith()
  for (const event of [{ type: 'note', text: 'keep dry' }, { type: 'load' }, { type: 'depart' }]) await postEvent(url, 'parcel', 'p1', event, `k${event.type}`)
  const { page, wrong } = await openPage(await browser(), `${url}/ui/#/types/parcel/p1`)
  const got = (await ask(url, '/v1/entities/parcel/p1')).json
  const fact = (name: string) => page.locator('.facts > div').filter({ hasText: name }).locator('dd').first()
  await page.locator('.where').filter({ hasText: 'moving.goods.onRoad' }).waitFor()
  assert.equal(await fact('partition').textContent(), String(got['partition']))
  assert.equal(await fact('epoch · seq').textContent(), `${String(got['epoch'])} · ${String(got['seq'])}`)
  assert.equal(await fact('life').textContent(), got['life'])
  const context = await page.locator('.context').textContent()
  for (const text of ['"keep dry"', '"depot 1"', '"12345678901234567890n"']) assert.ok(context?.includes(text), `${text} in ${context}`)
  const lit = (): Promise<unknown> => page.evaluate(`[...document.querySelectorAll('.state.leaf.is-lit > .title')].map((title) => title.textContent)`)
  await until(async () => JSON.stringify(await lit()) === '["onRoad","unread"]')

  await page.getByLabel('Event type').fill('hold')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByText('Taken and committed').waitFor()
  await until(async () => JSON.stringify(await lit()) === '["held"]')
  await page.getByText('xstate.after.patience').waitFor()
  await page.getByLabel('Event type').fill('shake')
  await page.getByLabel('Its other fields').fill('{"by": 10}')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByText('Refused (422)').waitFor()
  assert.equal((await ask(url, '/v1/entities/parcel/p1')).json['configuration'], 'held')
  assert.deepEqual(wrong, [])
})

browserTest('names, contexts and events that would be markup are text', OPTIONS, async () => {
  const url = await nodeWith()
  for (const [at, id] of HOSTILE.entries()) {
    for (const event of [{ type: 'note', text: id }, { type: 'load' }, { type: '<img src=x onerror=alert(1)>' }, { type: 'shake', by: 10 }, { type: id }]) await postEvent(url, 'parcel', id, event, `k${at}-${event.type.length}-${'text' in event}`)
  }
  const { page, wrong } = await openPage(await browser(), `${url}/ui/`)
  const isInert = async (where: string): Promise<void> => {
    assert.equal(await page.evaluate(`document.querySelectorAll('main img, main script, main iframe, main b b, [onerror], [onclick], a[href^="javascript" i]').length`), 0, where)
    assert.deepEqual(wrong, [], where)
  }
  await page.getByRole('link', { name: 'parcel' }).first().waitFor()
  assert.equal(await page.getByRole('link', { name: 'Scenario' }).count(), 0, 'none drives this node')
  await isInert('system')
  for (const id of HOSTILE) {
    await page.goto(`${url}/ui/#/types/parcel/${encodeURIComponent(id)}`)
    await page.locator('.where').filter({ hasText: 'moving' }).waitFor()
    await page.locator('.statechart').waitFor()
    await isInert(id)
  }
  await page.goto(`${url}/ui/#/types/parcel`)
  await page.locator('.statechart .title').filter({ hasText: '"><script>alert(2)' }).first().waitFor()
  await isInert('type')
  await page.goto(`${url}/ui/#/dead-letters`)
  await page.locator('main table').waitFor()
  await page.locator('tbody button').first().click()
  await page.locator('.panel .facts').waitFor()
  assert.ok((await page.locator('main').textContent())?.includes('<b>broken</b> by 10'))
  await isInert('dead letters')
})

browserTest('with a token the page asks for it once, keeps it in its tab, and shows nothing before', OPTIONS, async () => {
  const url = await nodeWith('--http-token', TOKEN)
  const { page, wrong } = await openPage(await browser(), `${url}/ui/`)
  const field = page.getByLabel('Token', { exact: true }).last()
  await field.fill('not-the-token-of-it')
  await field.press('Enter')
  await page.getByText('That token was refused').waitFor()
  await page.locator('dialog input').fill(TOKEN)
  await page.locator('dialog input').press('Enter')
  await page.locator('.health').filter({ hasText: 'partitions are live' }).waitFor()
  assert.equal(await page.locator('dialog').count(), 0)
  assert.deepEqual(await page.evaluate(`[sessionStorage.length, Object.values(localStorage).join(), document.cookie]`), [1, '', ''])
  assert.deepEqual(wrong, [])
})

browserTest('a node that goes away is said to be away, and its numbers to be old; the page goes on when it is back', OPTIONS, async (t) => {
  const folder = folderFor(t)
  const first = await startNode(folder, [PARCELS])
  t.after(() => first.child.kill('SIGKILL'))
  await appendAll(folder, 'parcel', parcels(0, 20))
  const { page } = await openPage(await browser(), `${first.url}/ui/`)
  await until(async () => (await figures(page))['entities'] === '20')
  const closed = new Promise((resolve) => first.child.once('close', resolve))
  first.child.kill('SIGKILL')
  await page.locator('#banner').filter({ hasText: 'Not connected' }).waitFor()
  assert.equal(await page.evaluate(`document.getElementById('main').classList.contains('is-stale')`), true)
  assert.equal((await figures(page))['entities'], '20', 'what was known is still shown')
  await closed
  const again = await startNode(folder, [PARCELS], new URL(first.url).host)
  t.after(() => again.child.kill('SIGKILL'))
  await page.locator('.connection[data-connection="live"]').waitFor()
  await page.locator('#banner').waitFor({ state: 'hidden' })
})

browserTest('while a tab is hidden its stream is closed', OPTIONS, async () => {
  const url = await nodeWith()
  const { page } = await openPage(await browser(), `${url}/ui/`)
  await page.locator('.connection[data-connection="live"]').waitFor()
  const ended = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/v1/watch'))
  const turn = (isHidden: boolean): Promise<unknown> => page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`)
  await turn(true)
  await ended
  const begun = page.waitForRequest((request) => request.url().endsWith('/v1/watch'))
  await turn(false)
  await begun
  await page.locator('.connection[data-connection="live"]').waitFor()
})

test('what a browser is given needs no token, is compressed, and may run nothing but itself', async () => {
  const url = await nodeWith('--http-token', TOKEN)
  const page = await ask(url, '/ui/', { headers: { 'accept-encoding': 'gzip' } })
  assert.deepEqual([page.status, page.headers['content-encoding']], [200, 'gzip'])
  const policy = String(page.headers['content-security-policy'])
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'.*frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'/)
  assert.doesNotMatch(policy, /unsafe|\*|https?:/)
  assert.deepEqual([(await ask(url, '/')).status, (await ask(url, '/')).headers['location'], (await ask(url, '/ui')).headers['location']], [302, '/ui/', '/ui/'])
  assert.equal((await ask(url, '/ui/app.js', { headers: { 'if-none-match': String((await ask(url, '/ui/app.js')).headers['etag']) } })).status, 304)
  for (const path of ['/ui/../v1/types', '/ui/README.md', '/ui/%2e%2e/pages.ts', '/ui/app.js/x', '/uix', '/ui/index.html']) assert.ok([401, 404].includes((await ask(url, path)).status), path)
  assert.equal((await ask(url, '/ui/', { method: 'POST' })).status, 405)
  // A link from elsewhere leads here; a script of elsewhere does not.
  const from = (mode: string, dest: string) => ({ headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode, 'sec-fetch-dest': dest } })
  assert.deepEqual([(await ask(url, '/ui/', from('navigate', 'document'))).status, (await ask(url, '/ui/app.js', from('no-cors', 'script'))).status, (await ask(url, '/ui/', from('navigate', 'iframe'))).status, (await ask(url, '/v1/types', from('navigate', 'document'))).status], [200, 403, 403, 403])
  assert.equal((await ask(url, '/v1/types')).status, 401)
})
