import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elkLayout } from '../../../../adapters/elk/layout.ts'
import { threadedLayout } from '../../../../adapters/elk/threaded.ts'
import { OperationError } from '../../../../system/protocol/failures.ts'
import type { LayoutGraph, LayoutNode } from '../../../../system/ports/layout.ts'

const leaf = (id: string): LayoutNode => ({ id, width: 80, height: 30, headerHeight: 0, children: [] })

const graphOf = (count: number): LayoutGraph => ({
  root: { id: 'r', width: 120, height: 40, headerHeight: 40, children: Array.from({ length: count }, (_, at) => leaf(`s${at}`)) },
  edges: Array.from({ length: count - 1 }, (_, at) => ({ id: `e${at}`, source: `s${at}`, target: `s${at + 1}`, isBack: false, label: { width: 60, height: 16 } })),
})

test('T1, T2: a thread places as this one does, several at once, says what cannot be placed, and is started again after it was ended', async () => {
  const layout = threadedLayout(0)
  const graphs = [2, 3].map(graphOf)
  const lost: LayoutGraph = { ...graphOf(2), edges: [{ id: 'e', source: 's0', target: 'nowhere', isBack: false }] }
  const refused = assert.rejects(layout.place(lost), (thrown) => thrown instanceof OperationError && thrown.code === 'chart/layout')
  const placed = await Promise.all(graphs.map((graph) => layout.place(graph)))
  await refused
  assert.deepEqual(placed, await Promise.all(graphs.map((graph) => elkLayout.place(graph))))
  assert.deepEqual(await layout.place(graphOf(2)), placed[0])
})
