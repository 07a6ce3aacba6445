// The pages over a hundred thousand entities while a scenario runs: what they count is what the log says, what they show of one is what the node answers, and they
// are made of as many elements as for a hundred.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { ScenarioLook } from '../../adapters/http/scenario.ts'
import { count } from '../../adapters/ui/page/format.js'
import { folderFor, HERE, objects, start } from '../support/cli.ts'
import { orderName } from '../support/crowd/crowd.scenario.ts'
import { occupancyOf, plainCrowd, statesOf as statesOfOrder } from '../support/crowd/plain.ts'
import type { PlainCrowd } from '../support/crowd/plain.ts'
import { ask } from '../support/http.ts'
import { until } from '../support/redis.ts'
import { seriousFor } from '../support/ui/axe.ts'
import { browserTest, figures, launch, openPage } from '../support/ui/browser.ts'
import type { Look } from '../support/ui/browser.ts'
import { startNode, statesOf } from '../support/ui/node.ts'
import type { WatchedNode } from '../support/ui/node.ts'
import { quantile, traced } from '../support/ui/tracing.ts'

const ORDERS = 100_000
const FEW = 100
const RATE = 300
const TRACED_MS = 5000
const OPTIONS = { timeout: 150_000 }
const CROWD = 'test/support/crowd/crowd.scenario.ts'
const LOOKS: readonly Look[] = [{ width: 1280, isDark: false }, { width: 390, isDark: true }]
const LONG = orderName(7)
/** Each with what it is known by. */
const PAGES: readonly (readonly [path: string, isThere: string])[] = [
  ['#/', '.health'], ['#/?partition=order%2F2', '.statechart .is-lit'], ['#/types/order', '.statechart .count'], ['#/types/order?state=underway.goods.road', '.picked .listed'], ['#/types/order/o3', '.facts'],
  [`#/types/order/${LONG}`, '.facts'], ['#/dead-letters', 'main table'], ['#/dead-letters?class=semantic', 'main table'], ['#/scenario', '.scenario'], ['#/types/order/nobody', '.notice'], ['#/types/nothing', '.notice'],
]

const ended: (() => unknown)[] = []
after(async () => {
  for (const end of ended.reverse()) await end()
})

interface Room {
  readonly browser: Browser
  readonly node: WatchedNode
  readonly folder: string
}

let opened: Promise<Room> | undefined
/** Shared: every order is born. */
function room(t: TestContext): Promise<Room> {
  return (opened ??= (async () => {
    const parent = mkdtempSync(join(tmpdir(), 'statelog-crowd-'))
    ended.push(() => rmSync(parent, { recursive: true, force: true }))
    const folder = join(parent, 'data')
    const browser = await launch()
    ended.push(() => browser.close())
    const node = await nodeOf(folder, ORDERS)
    ended.push(() => node.child.kill('SIGKILL'))
    const startedMs = performance.now()
    await until(async () => (await bornAt(node)) === ORDERS, 90_000)
    t.diagnostic(`${ORDERS} entities after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
    // Until they are everywhere.
    await until(async () => (await look(node)).sent > 2.5 * ORDERS, 60_000)
    t.diagnostic(`on their way after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
    await change(node, { rate: RATE })
    return { browser, node, folder }
  })())
}

const nodeOf = (folder: string, orders: number): Promise<WatchedNode> => startNode(folder, [CROWD, '--orders', String(orders), '--events', String(40 * ORDERS)])
const bornAt = async ({ url }: WatchedNode): Promise<number> => Object.values(await statesOf(url, 'order')).reduce((sum, entities) => sum + entities, 0)
const change = (node: WatchedNode, wished: object): Promise<unknown> => ask(node.url, '/v1/scenario', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(wished) })
const look = async ({ url }: WatchedNode): Promise<ScenarioLook> => (await ask(url, '/v1/scenario')).json as unknown as ScenarioLook
/** But for the rows of what was refused where: they follow from the states and classes that were met. */
const elements = (page: Page): Promise<unknown> => page.evaluate(`document.querySelectorAll('*').length - document.querySelectorAll('[aria-labelledby="refused-title"] tbody *').length`)

async function come(page: Page, url: string, [path, isThere]: (typeof PAGES)[number]): Promise<void> {
  await page.goto(`${url}/ui/${path}`)
  // Who is in a state is told of once an index is made.
  await page.locator(isThere).first().waitFor({ timeout: 60_000 })
  await page.locator('.notice.is-loading').waitFor({ state: 'detached' })
  // Where one can go is asked for beside what the page shows.
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Scenario' }).waitFor()
}

browserTest('every page over a hundred thousand entities while a scenario runs: nothing goes wrong, nothing stands out sideways, nothing serious for who cannot see', OPTIONS, async (t) => {
  const { browser, node } = await room(t)
  for (const one of LOOKS) {
    const { page, wrong } = await openPage(browser, `${node.url}/ui/`, { ...one, needsAxe: true })
    for (const shown of PAGES) {
      await come(page, node.url, shown)
      assert.deepEqual(await seriousFor(page), [], `${shown[0]} at ${one.width}`)
      assert.equal(await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`), true, `${shown[0]} at ${one.width} is as wide as the window`)
    }
    await page.keyboard.press('/')
    await page.keyboard.type(`order ${LONG}`)
    assert.deepEqual(await seriousFor(page), [], `search at ${one.width}`)
    await page.keyboard.press('Enter')
    await page.locator('.facts').first().waitFor()
    assert.equal(decodeURIComponent(new URL(page.url()).hash), `#/types/order/${LONG}`)
    assert.deepEqual(wrong, [])
    await page.context().close()
  }
  const { page } = await openPage(browser, `${node.url}/ui/#/types/order`)
  await page.locator('.statechart .flow').filter({ hasText: '/s' }).first().waitFor()
  const { tasksMs, framesMs } = await traced(browser, () => page.waitForTimeout(TRACED_MS))
  const p95Ms = quantile(framesMs, 0.95)
  t.diagnostic(`${framesMs.length} frames over ${ORDERS} entities, processor time p50 ${quantile(framesMs, 0.5).toFixed(1)} ms, p95 ${p95Ms.toFixed(1)} ms (16 are wished for), longest task ${Math.max(...tasksMs).toFixed(1)} ms`)
  assert.ok(framesMs.length > 10 && p95Ms < 2 * 16, `${framesMs.length} frames, p95 ${p95Ms} ms`)
  await page.context().close()
  assert.equal((await look(node)).state, 'feeding')
})

browserTest('at a pause every page counts what the records of the log come to', OPTIONS, async (t) => {
  const { browser, node, folder } = await room(t)
  const { page, wrong } = await openPage(browser, `${node.url}/ui/#/scenario`)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.locator('.health').filter({ hasText: 'paused' }).waitFor()
  await until(async () => (await look(node)).lag === 0)
  const plain = await plainCrowd(folder)
  assert.equal(plain.orders.size, ORDERS)
  await until(async () => (await figures(page))['sent'] === `${count(plain.records)} of ${count(40 * ORDERS)}`)
  await page.goto(`${node.url}/ui/#/`)
  await until(async () => (await figures(page))['entities'] === count(ORDERS) && (await figures(page))['behind'] === '0')
  const there = await page.locator('.table[aria-label="Partitions"] tbody td:nth-child(4)').allTextContents()
  assert.deepEqual([there.length, there.reduce((sum, text) => sum + Number(text.replaceAll(',', '')), 0)], [4, ORDERS])
  await page.goto(`${node.url}/ui/#/types/order`)
  await page.locator('tr[data-state]').first().waitFor()
  const occupancy = occupancyOf(plain)
  const shown = await page.evaluate(`[...document.querySelectorAll('tr[data-state]')].map((row) => [row.dataset.state, row.cells[1].textContent])`) as readonly (readonly [string, string])[]
  assert.deepEqual(shown, shown.map(([state]) => [state, count(occupancy.get(state) ?? 0)]))
  assert.equal(shown.length, 15)
  await showsWhoIsThere(page, node, plain)
  await showsDeadLetters(page, node, plain)
  t.diagnostic(`at ${count(plain.records)} records: ${[...occupancy].map(([state, entities]) => `${state} ${entities}`).join(', ')}; refused ${plain.bad.decode + plain.bad.semantic}`)
  assert.deepEqual(wrong, [])
  await page.context().close()
})

async function showsWhoIsThere(page: Page, { url }: WatchedNode, { orders }: PlainCrowd): Promise<void> {
  await until(async () => ((await ask(url, '/v1/entities/order?deadlineMs=30000&limit=1')).json['index'] as { readonly lag: number } | undefined)?.lag === 0, 60_000)
  await page.goto(`${url}/ui/#/types/order?state=underway.money.paid`)
  const wanted = [...orders].filter(([, order]) => statesOfOrder(order).includes('underway.money.paid')).map(([id]) => id).sort()
  const listed = (): Promise<readonly string[]> => page.locator('.picked .listed a').evaluateAll((links) => links.map((link) => decodeURIComponent(link.getAttribute('href') ?? '').split('/').at(-1) ?? ''))
  for (const [from, to] of [[0, 10], [10, 20]] as const) {
    if (from > 0) await page.getByRole('button', { name: 'More', exact: true }).click()
    let ids: readonly string[] = []
    await until(async () => (ids = await listed()).join() === wanted.slice(from, to).join()).catch(() => assert.deepEqual(ids, wanted.slice(from, to)))
  }
}

/** As many as there are bad records, of each class. */
async function showsDeadLetters(page: Page, { url }: WatchedNode, { bad }: PlainCrowd): Promise<void> {
  for (const [name, refused] of Object.entries(bad)) {
    assert.ok(refused > 50, `${refused} of class ${name}`)
    await page.goto(`${url}/ui/#/dead-letters?class=${name}`)
    const rows = page.locator('main tbody tr')
    await rows.nth(49).waitFor()
    for (let seen = 50; seen < Math.min(refused, 1000); seen = Math.min(refused, seen + 50)) {
      await page.getByRole('button', { name: 'Older', exact: true }).click()
      await rows.nth(Math.min(refused, 1000, seen + 50) - 1).waitFor()
    }
    assert.equal(await rows.count(), Math.min(refused, 1000), name)
    assert.deepEqual([...new Set(await rows.locator('th').allTextContents())], [`▲ ${name}`])
  }
}

browserTest('at a pause the page of an entity is what GET answers, and that is what the records of the log come to', OPTIONS, async (t) => {
  const { browser, node, folder } = await room(t)
  const { orders } = await plainCrowd(folder)
  const { page, wrong } = await openPage(browser, `${node.url}/ui/`)
  const held = [...orders].find(([, { stage, legs }]) => stage === 'held' && legs > 0)?.[0] ?? ''
  for (const id of ['o0', 'o3', held, LONG, 'o99999']) {
    const order = orders.get(id)
    assert.ok(order !== undefined)
    const { json } = await ask(node.url, `/v1/entities/order/${encodeURIComponent(id)}?features=true`)
    const context = json['context'] as Readonly<Record<string, unknown>>
    const states = [...new Set(String(json['configuration']).split(',').flatMap((leaf) => leaf.split('.').map((_, at, names) => names.slice(0, at + 1).join('.'))))]
    assert.deepEqual([states.sort(), context['weighed'], context['weight'], context['legs']], [statesOfOrder(order).slice(1).toSorted(), order.weighed, order.weight, order.legs], id)
    await page.goto(`${node.url}/ui/#/types/order/${encodeURIComponent(id)}`)
    await page.locator('.where').filter({ hasText: String(json['configuration']).replaceAll(',', ', ') }).waitFor()
    const fact = (name: string): Promise<string | null> => page.locator('.facts > div').filter({ hasText: name }).locator('dd').first().getAttribute('data-of')
    assert.deepEqual([await fact('partition'), await fact('epoch · seq'), await fact('life'), await fact('code')], [String(json['partition']), `${String(json['epoch'])} · ${count(Number(json['seq']))}`, json['life'], json['code']], id)
    const leaves = await page.locator('.context > ul > li > span').evaluateAll((rows) => rows.map((row) => [row.querySelector('.field')?.textContent, row.querySelector('.value')?.textContent]))
    assert.deepEqual(leaves, ['weighed', 'weight', 'legs', 'effort'].map((name) => [name, JSON.stringify(context[name])]), id)
    const lit = await page.evaluate(`[...document.querySelectorAll('.state.leaf.is-lit > .title')].map((title) => title.textContent)`) as readonly string[]
    assert.deepEqual(lit.toSorted(), String(json['configuration']).split(',').map((leaf) => leaf.split('.').at(-1)).sort(), id)
    const values = await page.locator('.features .row-value').evaluateAll((found) => found.map((value) => Number(value.getAttribute('title'))))
    assert.deepEqual(values, (json['features'] as readonly { readonly features: readonly { readonly value: number }[] }[]).flatMap(({ features }) => features.map(({ value }) => value)), id)
    assert.deepEqual(values, [order.weighed, order.weighed === 0 ? 0 : order.weight / order.weighed], id)
  }
  assert.deepEqual(wrong, [])
  await page.context().close()
})

browserTest('a page has as many elements over a hundred thousand entities as over a hundred', OPTIONS, async (t) => {
  const { browser, node } = await room(t)
  const few = await nodeOf(folderFor(t), FEW)
  t.after(() => few.child.kill('SIGKILL'))
  await until(async () => (await bornAt(few)) === FEW && (await look(few)).sent > 300 * FEW)
  await change(few, { paused: true })
  const sizes: Record<string, readonly unknown[]> = {}
  for (const shown of PAGES.filter(([path]) => ['#/', '#/?partition=order%2F2', '#/types/order', '#/dead-letters?class=semantic', '#/scenario'].includes(path))) {
    const found = []
    for (const { url } of [few, node]) {
      const { page } = await openPage(browser, `${url}/ui/`)
      await come(page, url, shown)
      if (shown[0].includes('types')) await page.locator('tr[data-state]').first().waitFor()
      let seen: unknown
      await until(async () => {
        const before = seen
        return (seen = await elements(page)) === before
      })
      found.push(seen)
      await page.context().close()
    }
    sizes[shown[0]] = found
  }
  t.diagnostic(`elements over ${FEW} and over ${ORDERS} entities: ${Object.entries(sizes).map(([path, [a, b]]) => `${path} ${String(a)}, ${String(b)}`).join(' · ')}`)
  for (const [path, [a, b]] of Object.entries(sizes)) assert.equal(b, a, path)
})

browserTest('when nothing runs, statelog ui shows the same hundred thousand from the log', OPTIONS, async (t) => {
  const { browser, node, folder } = await room(t)
  const occupancy = occupancyOf(await plainCrowd(folder))
  const { json: before } = await ask(node.url, `/v1/entities/order/${LONG}?features=true`)
  const closed = new Promise((resolve) => node.child.once('close', resolve))
  node.child.kill('SIGKILL')
  await closed
  const { child, line } = start(HERE, ['ui', folder, '--http', '0', '--json'])
  t.after(() => child.kill('SIGKILL'))
  const [head] = objects(await line((one) => one.includes('"http"')))
  const startedMs = performance.now()
  const { page, wrong } = await openPage(browser, `${String(head?.['http'])}/ui/#/`)
  await page.getByText('At rest: nothing runs').waitFor()
  await until(async () => (await figures(page))['entities'] === count(ORDERS), 60_000)
  t.diagnostic(`at rest: counted after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  await page.goto(`${String(head?.['http'])}/ui/#/types/order`)
  await page.locator('tr[data-state]').first().waitFor()
  const shown = await page.evaluate(`[...document.querySelectorAll('tr[data-state]')].map((row) => [row.dataset.state, row.cells[1].textContent])`) as readonly (readonly [string, string])[]
  assert.deepEqual(shown, shown.map(([state]) => [state, count(occupancy.get(state) ?? 0)]))
  const { json: now } = await ask(String(head?.['http']), `/v1/entities/order/${LONG}?features=true`)
  assert.deepEqual([now['configuration'], now['context'], now['features']], [before['configuration'], before['context'], before['features']])
  await page.goto(`${String(head?.['http'])}/ui/#/types/order/${LONG}`)
  await page.locator('.where').filter({ hasText: String(now['configuration']).replaceAll(',', ', ') }).waitFor()
  await page.goto(`${String(head?.['http'])}/ui/#/scenario`)
  await page.getByText('No scenario runs here').waitFor()
  await page.goto(`${String(head?.['http'])}/ui/#/dead-letters`)
  await page.locator('main tbody tr').first().waitFor()
  assert.deepEqual(wrong, [])
})
