import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outlineOf } from '../../../../adapters/xstate/outline.ts'
import type { XMachine } from '../../../../adapters/xstate/shapes.ts'
import { sketchOf } from '../../../../system/chart/sketch.ts'
import type { LayoutNode } from '../../../../system/ports/layout.ts'
import { fullMachine } from '../../../support/charts/machine.ts'

const outline = outlineOf(fullMachine as XMachine)
const sketch = sketchOf(outline)
const place = (id: string): number => outline.states.findIndex((state) => state.id === id)
const box = (id: string): string => `s${place(id)}`
const nodes = (node: LayoutNode): readonly LayoutNode[] => [node, ...node.children.flatMap(nodes)]

test('the layout hears names of its own only, each once (K1)', () => {
  const names = [...nodes(sketch.graph.root).map(({ id }) => id), ...sketch.graph.edges.map(({ id }) => id)]
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^[sife]\d+$/)
})

test('every transition is shown once: in the box of its state, or on one line (K2)', () => {
  const inBoxes = sketch.boxes.flatMap(({ rows }) => rows.flatMap(({ transition }) => transition ?? []))
  const onLines = sketch.lines.flatMap(({ rows }) => rows.flatMap(({ transition }) => transition ?? []))
  assert.deepEqual([...inBoxes, ...onLines].sort((a, b) => a - b), [...outline.transitions.keys()])
  for (const at of inBoxes) assert.deepEqual(outline.transitions[at]?.targets, [])
})

test('transitions between the same states share a line, each with a row (K2)', () => {
  const line = sketch.graph.edges.find(({ source, target }) => source === box('all.idle') && target === box('all.busy'))
  const { rows = [] } = sketch.lines.find(({ id }) => id === line?.id) ?? {}
  assert.deepEqual(rows.map(({ full }) => full), ['go [isReady] · When ready.', 'go [isReady and not isLate]', 'after 500 ms', 'after patience (1 min)'])
})

test('a transition to several states goes through a fork, which stands around all of them (K3)', () => {
  const [fork = -1] = sketch.forks
  assert.equal(sketch.forks.length, 1)
  const ends = sketch.graph.edges.filter(({ source, target }) => [source, target].includes(`f${fork}`)).map(({ source, target }) => `${source} ${target}`)
  assert.deepEqual(ends, [`${box('all.idle')} f${fork}`, `f${fork} ${box('all.busy.left.a')}`, `f${fork} ${box('all.busy.right.b')}`])
  assert.ok(sketch.graph.root.children.some(({ id }) => id === `f${fork}`))
})

test('what stands in a box: description, tags, entry, exit, tasks, then what leaves nothing', () => {
  const words = (id: string): readonly string[] => (sketch.boxes[place(id)]?.rows ?? []).map(({ lines }) => lines[0]?.[0]?.text ?? '')
  assert.deepEqual(words('all.idle'), ['Nothing yet.', 'tags', 'entry', 'exit', 'never', 'after growing'])
  assert.deepEqual(words('all.asking'), ['exit', 'task', 'task'])
  assert.deepEqual([words('all'), sketch.boxes[place('all.busy.past')]?.title], [['Everything at once.', 'note.*'], 'H*'])
})

test('a box is as large as its texts, and keeps room for a count behind its name', () => {
  for (const node of nodes(sketch.graph.root)) {
    const { rows = [] } = node.id.startsWith('s') ? sketch.boxes[Number(node.id.slice(1))] ?? {} : {}
    for (const { width } of rows) assert.ok(node.width >= width, node.id)
  }
})
