// The history of an entity on its page: what comes while it is asked for, and the last decision before what is listed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'

/** The page is checked with the types of a browser, by its own tsconfig.json. */
const PAGE = new URL('../../../../adapters/ui/page/', import.meta.url)

interface Told {
  readonly newer: () => void
  readonly lastDecided: () => unknown
}

/** As much of an element as the page makes use of. */
class Element {
  readonly children: unknown[] = []
  readonly dataset = {}
  readonly classList = { contains: () => false, toggle: () => false }
  hidden = false
  checked = false
  textContent = ''
  firstChild = null
  get firstElementChild(): unknown {
    return this.children[0]
  }
  append(...children: unknown[]): void {
    this.children.push(...children)
  }
  replaceChildren(...children: unknown[]): void {
    this.children.splice(0, Infinity, ...children)
  }
  addEventListener(): void {}
  setAttribute(): void {}
  removeAttribute(): void {}
  getAttribute(): null {
    return null
  }
}

async function page(t: TestContext) {
  const { document, Text } = globalThis as Record<string, unknown>
  t.after(() => Object.assign(globalThis, { document, Text }))
  Object.assign(globalThis, { Text: class {}, document: { createElement: () => new Element() } })
  const [{ History }, { LastDecision }] = await Promise.all([import(`${PAGE}entity-history.js`), import(`${PAGE}decisions.js`)]) as readonly [{ History: new (...parts: unknown[]) => Told }, { LastDecision: new () => { listed: (history: unknown) => void; readonly element: Element } }]
  const asked: { readonly path: string; readonly answer: (page: object) => void }[] = []
  const api = { get: (path: string) => new Promise((answer) => asked.push({ path, answer })) }
  const decision = new LastDecision()
  const history = new History(api, '/v1/entities/card/a', new AbortController().signal, (one: unknown) => decision.listed(one))
  const answer = async (at: number, told: object): Promise<void> => {
    asked[at]?.answer(told)
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  return { asked, history, decision, answer }
}

const taken = (seq: number, decisions: readonly object[] = []) => ({ seq, n: 0, timeMs: seq, nowMs: seq, cause: `c${seq}`, event: { type: 'pay' }, from: 'open', to: 'open', context: {}, outputs: [], decisions })

test('what comes while the history is asked for is asked for afterwards', async (t) => {
  const { asked, history, answer } = await page(t)
  history.newer()
  history.newer()
  assert.equal(asked.length, 1)
  await answer(0, { events: [taken(1)], older: 'none' })
  assert.equal(asked.length, 2)
  await answer(1, { events: [taken(2), taken(1)], older: 'none' })
  assert.equal(asked.length, 2, 'once for all that came')
})

test('the last decision is looked for once where none is listed, by types that have models', async (t) => {
  const { asked, history, decision, answer } = await page(t)
  await answer(0, { events: [taken(9)], next: '9.0', older: 'more', inputs: { ab: ['x'] } })
  assert.deepEqual([asked.map(({ path }) => path.includes('decided=true')), decision.element.hidden], [[false, true], false])
  await answer(1, { events: [taken(3, [{ model: 'm', score: 1 }])], older: 'more', inputs: { ab: ['x'] } })
  assert.equal(decision.element.hidden, false)
  history.newer()
  await answer(2, { events: [taken(12), taken(9)], older: 'more', next: '9.0', inputs: { ab: ['x'] } })
  assert.equal(asked.length, 3)
})

test('a type without models has no last decision to look for', async (t) => {
  const { asked, answer } = await page(t)
  await answer(0, { events: [taken(9)], next: '9.0', older: 'more', inputs: {} })
  assert.equal(asked.length, 1)
})
