// The page of an entity that is not there: what stands on it stays while it is asked for again.
import assert from 'node:assert/strict'
import { test } from 'node:test'

/** The page is checked with the types of a browser, by its own tsconfig.json. */
const PAGE = new URL('../../../../adapters/ui/page/', import.meta.url)
const { Problem } = await import(`${PAGE}api.js`) as { readonly Problem: new (status: number, code: string, message: string) => Error }
const { entityView } = await import(`${PAGE}view-entity.js`) as { readonly entityView: (main: Element, route: object, context: object) => object }

/** As much of an element as the page makes use of. */
class Element {
  readonly tag: string
  readonly children: unknown[] = []
  readonly dataset = {}
  hidden = false
  textContent = ''
  constructor(tag = '') {
    this.tag = tag
  }
  append(...children: unknown[]): void {
    this.children.push(...children)
  }
  replaceChildren(...children: unknown[]): void {
    this.children.splice(0, Infinity, ...children)
  }
  addEventListener(): void {}
  setAttribute(): void {}
  getAttribute(): null {
    return null
  }
}

test('V1: while an entity is absent its page is not built anew, whatever is answered between', async (t) => {
  const { setTimeout: wait, document, Text } = globalThis as Record<string, unknown>
  t.after(() => Object.assign(globalThis, { setTimeout: wait, document, Text }))
  Object.assign(globalThis, { Text: class {}, document: { hidden: false, createElement: (tag: string) => new Element(tag), addEventListener: () => {} }, setTimeout: (end: () => void) => queueMicrotask(end) })
  const over = new AbortController()
  const none = new Problem(404, 'entity/not-found', 'there is none')
  const answers = [none, none, new Problem(503, 'partition/unavailable', 'it moves'), none]
  const main = new Element('main')
  const stood: unknown[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const api = { send: async () => {}, get: async (path: string) => {
    if (path.endsWith('/chart')) return new Promise(() => {})
    const body = main.children[1] as Element
    stood.push(body.children[0])
    const answer = answers.shift()
    if (answer !== undefined) throw answer
    over.abort()
    resolve()
    throw none
  } }
  entityView(main, { type: 'door', id: 'a' }, { api, live: { look: undefined, rates: undefined, again: () => {} }, signal: over.signal, title: () => {} })
  await promise
  assert.equal(stood.length, 5)
  assert.notEqual(stood[0], stood[1])
  assert.deepEqual(stood.slice(2).map((one) => one === stood[1]), [true, true, true])
})
