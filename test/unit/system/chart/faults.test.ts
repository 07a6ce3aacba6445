import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultsOf } from '../../../../system/chart/faults.ts'
import type { LayoutGraph, LayoutNode, Placement, Rect } from '../../../../system/ports/layout.ts'

const leaf = (id: string): LayoutNode => ({ id, width: 10, height: 10, headerHeight: 0, children: [] })
const graph: LayoutGraph = {
  root: { id: 'r', width: 100, height: 20, headerHeight: 20, children: [leaf('a'), leaf('b')] },
  edges: [{ id: 'e', source: 'a', target: 'b', isBack: false, label: { width: 10, height: 5 } }, { id: 'f', source: 'b', target: 'a', isBack: true, label: { width: 10, height: 5 } }],
}
const rect = (x: number, y: number, width = 10, height = 10): Rect => ({ x, y, width, height })
const nodes = { r: rect(0, 0, 100, 100), a: rect(10, 30), b: rect(10, 80) }
const labels = { e: rect(30, 50, 10, 5), f: rect(50, 50, 10, 5) }
const points = [{ x: 0, y: 0 }, { x: 1, y: 1 }]

function placement(moved: Readonly<Record<string, Rect | undefined>> = {}): Placement {
  const at = (rects: Readonly<Record<string, Rect>>): [string, Rect][] => Object.entries({ ...rects }).flatMap(([id, one]) => (id in moved && moved[id] === undefined ? [] : [[id, moved[id] ?? one]]))
  return { width: 100, height: 100, nodes: new Map(at(nodes)), edges: new Map(at(labels).map(([id, label]) => [id, { points, label }])) }
}

test('a placement that keeps L1 has no fault', () => assert.deepEqual(faultsOf(graph, placement()), []))

test('each way to break L1 is found', () => {
  const found: readonly (readonly [Readonly<Record<string, Rect | undefined>>, string])[] = [
    [{ a: rect(95, 30) }, 'a is outside of r'],
    [{ a: rect(10, 10) }, 'a is outside of r'],
    [{ a: rect(15, 85) }, 'a lies on b'],
    [{ e: rect(15, 85, 10, 5) }, 'the label of e lies on b'],
    [{ e: rect(15, 5, 10, 5) }, 'the label of e lies on r'],
    [{ e: rect(55, 52, 10, 5) }, 'the labels of e and f lie on each other'],
    [{ e: rect(30, 50, 8, 5) }, 'the label of e has no place'],
    [{ e: undefined }, 'e has no way'],
    [{ a: undefined }, 'a has no place'],
  ]
  for (const [moved, fault] of found) assert.equal(faultsOf(graph, placement(moved))[0], fault)
})
