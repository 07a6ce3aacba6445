// Diagrams of random statecharts, and of statecharts with hostile names. More of them: test/long/charts.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { elkLayout } from '../../adapters/elk/layout.ts'
import { drawingOf } from '../../system/chart/drawing.ts'
import { svgOf } from '../../system/chart/svg.ts'
import { nameOfXml } from '../../system/chart/xml.ts'
import { largeMachine } from '../support/charts/large.ts'
import { holdsLaws } from '../support/charts/laws.ts'
import { fullMachine } from '../support/charts/machine.ts'
import { hostileOutline } from '../support/charts/names.ts'
import { parseXml, valuesOf } from '../support/charts/xml.ts'
import { testSeed } from '../support/seed.ts'
import { randomMachine } from '../support/statecharts/machines.ts'

/** Dense ones: a hundred transitions between twenty states take the layout up to a second each. */
const RANDOM_MACHINES = 2

const machines: readonly (readonly [string, unknown])[] = [
  ['everything at once', fullMachine],
  ...[1, 3, 30, 60].map((count) => [`${count} states`, largeMachine(count)] as const),
  ...Array.from({ length: RANDOM_MACHINES }, (_, at) => [`seed ${testSeed() + at}`, randomMachine(testSeed() + at).machine] as const),
]

for (const [name, machine] of machines) test(`${name}: boxes, lines and labels stand clear of each other; an image and a text tell all of it`, () => holdsLaws(machine))

test('whatever the names, the image is well-formed, none of them is markup, and all are found again', async () => {
  await fc.assert(fc.asyncProperty(hostileOutline, async (outline) => {
    const drawing = await drawingOf(outline, elkLayout)
    const root = parseXml(svgOf(outline, drawing))
    assert.deepEqual(valuesOf(root, 'data-state').map(nameOfXml).sort(), outline.states.map(({ id }) => id).sort())
    assert.deepEqual(new Set(valuesOf(root, 'data-transition').map(nameOfXml)), new Set(outline.transitions.map(({ id }) => id)))
  }), { seed: testSeed(), numRuns: 20 })
})
