import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Drawings } from '../../../../system/chart/drawings.ts'
import { drawingOf } from '../../../../system/chart/drawing.ts'
import type { Layout, LayoutGraph, Placement } from '../../../../system/ports/layout.ts'
import type { Outline } from '../../../../system/ports/outline.ts'
import { DRAWINGS_MAX, DRAWN_STATES_MAX } from '../../../../system/protocol/limits.ts'

const state = { id: 'm', key: 'm', path: [], kind: 'atomic', entry: [], exit: [], tasks: [], tags: [] } as const
const named = (id: string): Outline => ({ id, states: [{ ...state, id }], transitions: [] })

/** Puts a box where it likes, and counts. */
class CountingLayout implements Layout {
  calls = 0
  fails = false

  place({ root }: LayoutGraph): Promise<Placement> {
    this.calls += 1
    if (this.fails) return Promise.reject(new TypeError('no room'))
    return Promise.resolve({ width: root.width, height: root.height, nodes: new Map([[root.id, { x: 0, y: 0, width: root.width, height: root.height }]]), edges: new Map() })
  }
}

test('a statechart is laid out once, however often and at once it is asked for (N1)', async () => {
  const layout = new CountingLayout()
  const drawings = new Drawings(layout)
  const [first, second] = await Promise.all([drawings.of(named('a')), drawings.of(named('a'))])
  assert.equal(first, second)
  assert.equal(await drawings.of(named('a')), first)
  await drawings.of(named('b'))
  assert.equal(layout.calls, 2)
})

test('a layout that failed is tried again', async () => {
  const layout = new CountingLayout()
  const drawings = new Drawings(layout)
  layout.fails = true
  await assert.rejects(drawings.of(named('a')), /no room/)
  layout.fails = false
  assert.equal((await drawings.of(named('a'))).boxes[0]?.title, 'a')
})

test('the drawing made first goes when there are too many (N2)', async () => {
  const layout = new CountingLayout()
  const drawings = new Drawings(layout)
  for (let at = 0; at <= DRAWINGS_MAX; at += 1) await drawings.of(named(`m${at}`))
  await drawings.of(named(`m${DRAWINGS_MAX}`))
  assert.equal(layout.calls, DRAWINGS_MAX + 1)
  await drawings.of(named('m0'))
  assert.equal(layout.calls, DRAWINGS_MAX + 2)
})

test('a statechart with too many states is refused, with what can still be had', async () => {
  const states = [{ ...state, kind: 'compound' as const }, ...Array.from({ length: DRAWN_STATES_MAX }, (_, at) => ({ ...state, id: `s${at}`, parent: 0 }))]
  await assert.rejects(drawingOf({ id: 'm', states, transitions: [] }, new CountingLayout()), /401 states and 0 lines[^]*--format mermaid/)
})
