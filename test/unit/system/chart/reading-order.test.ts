import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { readingOrder } from '../../../../system/chart/reading-order.ts'
import { outlineOf } from '../../../../adapters/xstate/outline.ts'
import type { XMachine } from '../../../../adapters/xstate/shapes.ts'

const outline = outlineOf(createMachine({
  id: 'm', initial: 'b',
  states: {
    a: { on: { again: 'b', end: 'd' } },
    b: { on: { next: 'c' } },
    c: { on: { back: 'b', next: 'a', over: 'd' }, initial: 'x', states: { x: { on: { up: '#m.b', out: '#m.c' } } } },
    d: {},
  },
}) as unknown as XMachine)

test('a diagram begins with its initial state: only what leads in a circle runs back (R1, R3)', () => {
  const runsBack = readingOrder(outline)
  const place = (id: string): number => outline.states.findIndex((state) => state.id === id)
  const back = (source: string, target: string): boolean => runsBack(place(source), place(target))
  assert.deepEqual([back('m.b', 'm.c'), back('m.c', 'm.a'), back('m.a', 'm.d'), back('m.c', 'm.d')], [false, false, false, false])
  assert.deepEqual([back('m.c', 'm.b'), back('m.a', 'm.b'), back('m.c.x', 'm.b')], [true, true, true])
})

test('what the initial state does not lead to stands below it; a history state above what it stands for (R2)', () => {
  const { states, transitions } = outlineOf(createMachine({ id: 'm', initial: 'b', states: { a: { on: { x: 'b' } }, b: {}, past: { type: 'history', target: 'b' } } }) as unknown as XMachine)
  const runsBack = readingOrder({ id: 'm', states, transitions })
  assert.deepEqual([runsBack(1, 2), runsBack(3, 2)], [true, false])
})

test('what leads into a state, or out of it to the state around it, runs with the order', () => {
  const runsBack = readingOrder(outline)
  const [x, c] = ['m.c.x', 'm.c'].map((id) => outline.states.findIndex((state) => state.id === id)) as [number, number]
  assert.deepEqual([runsBack(x, c), runsBack(c, x), runsBack(c, c)], [false, false, false])
})
