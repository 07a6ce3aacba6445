import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elkLayout } from '../../../../adapters/elk/layout.ts'
import { faultsOf } from '../../../../system/chart/faults.ts'
import type { LayoutGraph, LayoutNode } from '../../../../system/ports/layout.ts'

const leaf = (id: string): LayoutNode => ({ id, width: 80, height: 30, headerHeight: 0, children: [] })
const holder = (id: string, children: readonly LayoutNode[]): LayoutNode => ({ id, width: 120, height: 40, headerHeight: 40, children })
const label = { width: 60, height: 16 }

const graph: LayoutGraph = {
  root: holder('r', [leaf('a'), holder('b', [leaf('c'), leaf('d')])]),
  edges: [
    { id: 'forth', source: 'a', target: 'b', isBack: false, label }, { id: 'back', source: 'd', target: 'a', isBack: true, label }, { id: 'self', source: 'a', target: 'a', isBack: false, label },
    { id: 'inner', source: 'c', target: 'd', isBack: false, label }, { id: 'in', source: 'b', target: 'd', isBack: false, label }, { id: 'out', source: 'c', target: 'b', isBack: false, label },
    { id: 'round', source: 'b', target: 'b', isBack: false, label }, { id: 'whole', source: 'r', target: 'c', isBack: false },
  ],
}

test('it leaves the process its handler of messages: a process that drew ends (E4)', async () => {
  const scope = globalThis as { onmessage?: unknown }
  const before = 'onmessage' in scope ? scope.onmessage ?? null : undefined
  await elkLayout.place(graph)
  assert.equal('onmessage' in scope ? scope.onmessage ?? null : undefined, before)
})

test('lines of every kind keep L1: forth, back, to itself, into a state, out of it, around it', async () => {
  assert.deepEqual(faultsOf(graph, await elkLayout.place(graph)), [])
})

test('it reads downwards: what runs back leads upwards, and begins where it begins', async () => {
  const { nodes, edges } = await elkLayout.place(graph)
  const [a, b] = [nodes.get('a'), nodes.get('b')]
  assert.ok(a !== undefined && b !== undefined && a.y + a.height < b.y)
  const { points = [] } = edges.get('back') ?? {}
  assert.ok((points[0]?.y ?? 0) > (points.at(-1)?.y ?? 0))
})

test('the same graph gives the same placement (L2)', async () => {
  assert.deepEqual(await elkLayout.place(graph), await elkLayout.place(graph))
})
