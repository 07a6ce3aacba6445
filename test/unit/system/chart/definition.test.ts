import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { outlineOf } from '../../../../adapters/xstate/outline.ts'
import type { XMachine } from '../../../../adapters/xstate/shapes.ts'
import { definitionOf } from '../../../../system/chart/definition.ts'
import type { Outline } from '../../../../system/ports/outline.ts'
import { largeMachine } from '../../../support/charts/large.ts'
import { fullMachine } from '../../../support/charts/machine.ts'
import { testSeed } from '../../../support/seed.ts'
import { randomMachine } from '../../../support/statecharts/machines.ts'

/** What a diagram is made of: what stands where, and what leads where. */
function shapeOf({ id, states, transitions }: Outline) {
  const pathOf = (at: number): readonly string[] => states[at]?.path ?? []
  return {
    id,
    states: states.map(({ path, kind, initial, history, tags, tasks, description }) => ({ path, kind, initial: initial && pathOf(initial.target), history: history && { isDeep: history.isDeep, targets: history.targets.map(pathOf) }, tags, tasks, description })),
    transitions: transitions.map(({ source, targets, reenter, trigger, guard, actions, description }) => {
      const { ms: _, ...waits } = { ms: 0, ...trigger }
      return { from: pathOf(source), to: targets.map(pathOf), reenter, waits, guard, actions: actions.length, description }
    }),
  }
}

const again = (outline: Outline): Outline => outlineOf(createMachine(JSON.parse(definitionOf(outline)) as never) as unknown as XMachine)

const awkward = createMachine({
  id: 'a.b', initial: 'x.y',
  states: { 'x.y': { on: { 'go.*': '#there', back: { target: '#a\\.b' } }, initial: 'in\\ner', states: { 'in\\ner': { id: 'there' } } }, __proto__: {}, constructor: { type: 'final' } },
} as never)

const machines: readonly (readonly [string, unknown])[] = [
  ['everything at once', fullMachine], ['60 states', largeMachine(60)], ['awkward names', awkward],
  ...Array.from({ length: 10 }, (_, at) => [`seed ${testSeed() + at}`, randomMachine(testSeed() + at).machine] as const),
]

for (const [name, machine] of machines) {
  test(`X1: XState makes the same states and transitions of a definition as of the machine: ${name}`, () => {
    const outline = outlineOf(machine as XMachine)
    assert.deepEqual(shapeOf(again(outline)), shapeOf(outline))
  })
}
