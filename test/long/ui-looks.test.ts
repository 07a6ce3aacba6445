// The pages while a scenario runs: each of them, wide and narrow, light and dark, by keyboard and for who cannot see; and what a large statechart costs a browser.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after } from 'node:test'
import type { Browser } from 'playwright-core'
import type { ScenarioLook } from '../../adapters/http/scenario.ts'
import { count } from '../../adapters/ui/page/format.js'
import type { FeatureReport } from '../../system/inspect/features.ts'
import { folderFor } from '../support/cli.ts'
import { ask } from '../support/http.ts'
import { until } from '../support/redis.ts'
import { seriousFor } from '../support/ui/axe.ts'
import { browserTest, figures, launch, openPage } from '../support/ui/browser.ts'
import type { Look } from '../support/ui/browser.ts'
import { startNode } from '../support/ui/node.ts'
import type { WatchedNode } from '../support/ui/node.ts'
import { playedNode } from '../support/ui/played.ts'
import { quantile, traced } from '../support/ui/tracing.ts'

const OPTIONS = { timeout: 60_000 }
const LOOKS: readonly Look[] = [{ width: 1280, isDark: false }, { width: 390, isDark: true }]
const TRACED_MS = 5000

const ended: (() => unknown)[] = []
after(async () => {
  for (const end of ended.reverse()) await end()
})

let opened: Promise<{ readonly browser: Browser; readonly node: WatchedNode }> | undefined
/** Shared: a browser, and a scenario that goes on for as long as it is looked at. */
function room(t: Parameters<Parameters<typeof browserTest>[2]>[0]): NonNullable<typeof opened> {
  const folder = folderFor(t)
  opened ??= (async () => {
    const [browser, node] = await Promise.all([launch(), startNode(`${folder}-looks`, ['fraud', '--events', '40k', '--rate', '400', '--bad', '0.05'])])
    ended.push(() => node.child.kill('SIGKILL'), () => browser.close())
    return { browser, node }
  })()
  return opened
}

const PAGES: readonly (readonly [path: string, isThere: string])[] = [
  ['#/', '.health'], ['#/types/card', '.statechart .count'], ['#/types/card/12', '.facts'], ['#/dead-letters', 'main table'], ['#/scenario', '.scenario'], ['#/types/card/nobody', '.notice'], ['#/nowhere', '.notice'],
]

interface Decided {
  readonly model: string
  readonly version: number
  readonly hash: string
  readonly vector: readonly number[]
  readonly score: number
}

browserTest('every page, wide and narrow, light and dark: nothing goes wrong, nothing stands out sideways, nothing serious for who cannot see', OPTIONS, async (t) => {
  const { browser, node } = await room(t)
  for (const look of LOOKS) {
    const { page, wrong } = await openPage(browser, `${node.url}/ui/`, { ...look, needsAxe: true })
    for (const [path, isThere] of PAGES) {
      await page.goto(`${node.url}/ui/${path}`)
      await page.locator(isThere).first().waitFor()
      await page.locator('.notice.is-loading').waitFor({ state: 'detached' })
      assert.deepEqual(await seriousFor(page), [], `${path} at ${look.width}`)
      assert.equal(await page.evaluate(`document.documentElement.scrollWidth <= innerWidth`), true, `${path} at ${look.width} is as wide as the window`)
    }
    assert.deepEqual(wrong, [])
    await page.context().close()
  }
})

browserTest('a running scenario shows: rates, partitions, a life, exports; everything by keyboard', OPTIONS, async (t) => {
  const { browser, node } = await room(t)
  const { page, wrong } = await openPage(browser, `${node.url}/ui/`)
  await page.locator('.health').filter({ hasText: /All \d+ partitions are live/ }).waitFor()
  await until(async () => /^\d+(\.\d)?\/s$/.test((await figures(page))['events in'] ?? '') && (await figures(page))['events in'] !== '0/s')
  await page.getByRole('button', { name: 'card 0' }).click()
  await until(async () => JSON.stringify(await page.evaluate(`[...document.querySelectorAll('.state.is-lit > .title')].map((title) => title.textContent)`)) === '["live"]')

  await page.keyboard.press('/')
  await page.keyboard.type('card 12')
  await page.keyboard.press('Enter')
  await page.locator('h1').filter({ hasText: '12' }).waitFor()
  assert.equal(new URL(page.url()).hash, '#/types/card/12')
  await page.locator('.facts').first().waitFor()

  await page.goto(`${node.url}/ui/#/types/card`)
  await page.locator('.statechart .hit[tabindex="0"]').focus()
  const focused = (): Promise<unknown> => page.evaluate(`document.activeElement.getAttribute('aria-label')`)
  const first = await focused()
  await page.keyboard.press('ArrowDown')
  assert.notEqual(await focused(), first)
  await page.keyboard.press('Enter')
  await page.locator('.picked').waitFor()
  await page.keyboard.press('Escape')
  await page.locator('.picked').waitFor({ state: 'hidden' })
  for (const [form, name, start] of [['SVG', 'card.svg', '<svg'], ['Mermaid', 'card.mmd', 'stateDiagram-v2'], ['JSON', 'card.json', '{"hash"']] as const) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: form, exact: true }).click()])
    assert.equal(download.suggestedFilename(), name)
    assert.ok(readFileSync(await download.path(), 'utf8').startsWith(start), name)
  }
  assert.deepEqual(wrong, [])
})

browserTest('features are shown as GET tells them, with the events that made them; a decision is told with its model and its inputs', OPTIONS, async (t) => {
  const { browser, node } = await room(t)
  const { page, wrong } = await openPage(browser, `${node.url}/ui/`, { needsAxe: true })
  const told = async (path: string): Promise<Record<string, unknown>> => (await ask(node.url, path)).json
  const card = '/v1/entities/card/12'
  await until(async () => ((await told(`${card}?features=true`))['features'] as readonly FeatureReport[] | undefined)?.[0]?.seen !== undefined)
  await page.goto(`${node.url}/ui/#/types/card/12`)
  const row = page.locator('.features .rows > li').filter({ hasText: 'cardCount7d' })
  await until(async () => {
    const [report] = (await told(`${card}?features=true`))['features'] as readonly FeatureReport[]
    const shown = await page.locator('.features .row-value').evaluateAll((values) => values.map((value) => Number(value.getAttribute('title'))))
    return report !== undefined && JSON.stringify(shown) === JSON.stringify(report.features.map(({ value }) => value))
  })
  await row.locator('summary').click()
  const newest = row.locator('.times li').first()
  await newest.getByRole('button', { name: 'seq' }).click()
  await page.locator('.events details[open] > .tree').first().waitFor()
  assert.ok((await page.locator('.events details[open] > .tree').first().textContent())?.includes('"transaction"'))
  assert.equal(await page.locator('.context summary .field').filter({ hasText: 'spending' }).locator('xpath=ancestor::details').getAttribute('open'), null)

  const { events: bought } = await told(`${card}/history`) as unknown as { readonly events: readonly { readonly event: { readonly type: string; readonly terminalId: string } }[] }
  const terminal = bought.find(({ event }) => event.type === 'transaction')?.event.terminalId ?? ''
  await page.goto(`${node.url}/ui/#/types/terminal/${encodeURIComponent(terminal)}`)
  await page.locator('.last-decision .inputs').waitFor()
  const { events, inputs } = await told(`/v1/entities/terminal/${encodeURIComponent(terminal)}/history`) as unknown as { readonly events: readonly { readonly decisions: readonly Decided[] }[]; readonly inputs: Readonly<Record<string, readonly string[]>> }
  const decided = events.flatMap(({ decisions }) => decisions).map(({ model, version, hash, vector, score }) => JSON.stringify([`${model} v${version} ${hash.slice(0, 12)}`, String(score), vector.map((value, at) => [inputs[hash]?.[at], String(value)])]))
  const last = await page.locator('.last-decision .decision').evaluate((block) => JSON.stringify([block.querySelector('.decision-head span')?.textContent, block.querySelector('strong')?.title, [...block.querySelectorAll('.inputs > div')].map((one) => [one.querySelector('dt')?.textContent, one.querySelector('dd')?.title])]))
  assert.ok(decided.includes(last), `${last} is none of ${decided.join()}`)
  assert.deepEqual(await seriousFor(page), [])
  assert.deepEqual(wrong, [])
  await page.context().close()
})

browserTest('a scenario is paused, resumed and made slower from its page; what it says is what is sent', OPTIONS, async (t) => {
  const { browser, node } = await room(t)
  const { page, wrong } = await openPage(browser, `${node.url}/ui/`)
  const look = async (): Promise<ScenarioLook> => (await ask(node.url, '/v1/scenario')).json as unknown as ScenarioLook
  await page.getByRole('link', { name: 'Scenario' }).click()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.locator('.health').filter({ hasText: 'paused' }).waitFor()
  await until(async () => (await look()).lag === 0)
  const { sent, total, state } = await look()
  assert.equal(state, 'paused')
  await until(async () => (await figures(page))['sent'] === `${count(sent)} of ${count(total ?? 0)}` && (await figures(page))['lag'] === '0')
  await page.getByLabel('Events a second').fill('none')
  await page.getByRole('button', { name: 'Set the rate' }).click()
  await page.locator('.outcome').filter({ hasText: 'is no rate' }).waitFor()
  await page.getByLabel('Events a second').fill('250')
  await page.getByRole('button', { name: 'Set the rate' }).click()
  await until(async () => (await look()).rate === 250)
  assert.equal((await look()).sent, sent, 'a paused scenario sends nothing')
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.locator('.health').filter({ hasText: 'sending at 250/s' }).waitFor()
  await until(async () => (await look()).sent > sent)
  assert.deepEqual(wrong, [])
  await page.context().close()
})

browserTest('sixty states that all change five times a second: updates are short, no task is long, elements stay as many', OPTIONS, async (t) => {
  const { browser } = await room(t)
  const { url, states } = await playedNode(t, 60)
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage()
  const loading = await traced(browser, async () => {
    await page.goto(`${url}/ui/#/types/order`)
    await page.locator('.statechart .flow').filter({ hasText: '/s' }).first().waitFor()
  })
  assert.equal(await page.locator('.statechart .state').count(), states)
  await page.locator('tr[data-state]').first().waitFor()
  const elements = (): Promise<unknown> => page.evaluate(`document.querySelectorAll('*').length`)
  const before = await elements()
  const { tasksMs, framesMs } = await traced(browser, () => page.waitForTimeout(TRACED_MS))
  t.diagnostic(`${framesMs.length} frames, processor time p50 ${quantile(framesMs, 0.5).toFixed(1)} ms, p95 ${quantile(framesMs, 0.95).toFixed(1)} ms (16 are wished for); longest task ${Math.max(...tasksMs).toFixed(1)} ms, while loading ${Math.max(...loading.tasksMs).toFixed(1)} ms; ${before} elements`)
  assert.equal(await elements(), before)
  assert.ok(framesMs.length > 10, `${framesMs.length} frames`)
  await page.context().close()
})
