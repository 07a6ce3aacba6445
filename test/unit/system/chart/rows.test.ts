import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ROW_WIDTH_MAX, TEXT_FONT } from '../../../../system/chart/metrics.ts'
import { stateRows, transitionRow } from '../../../../system/chart/rows.ts'
import type { Row } from '../../../../system/chart/rows.ts'
import { textWidth } from '../../../../system/chart/text-size.ts'
import type { OutlineTransition } from '../../../../system/ports/outline.ts'
import { hostileOutline } from '../../../support/charts/names.ts'
import { testSeed } from '../../../support/seed.ts'

const base: OutlineTransition = { id: 't', source: 0, targets: [1], reenter: false, trigger: { kind: 'event', descriptor: 'ping' }, actions: [] }
const texts = ({ lines }: Row): readonly string[] => lines.map((spans) => spans.map(({ text }) => text).join(' '))
const named = (...names: readonly string[]): OutlineTransition['actions'] => names.map((name) => ({ kind: 'named', name }))

test('event, guard and actions stand on one line where they fit, else the guard and the rest of the actions below', () => {
  assert.deepEqual(texts(transitionRow({ ...base, guard: 'isNew', actions: named('note') }, 0, 190)), ['ping [isNew] / note'])
  assert.deepEqual(texts(transitionRow({ ...base, guard: 'entersTheRestaurantForGood', actions: named('observe', 'score') }, 0, 190)), ['ping', '[entersTheRestaurantForGood]', '/ observe, score'])
  assert.deepEqual(texts(transitionRow({ ...base, actions: named('observe', 'score', 'tellTheRider', 'tellTheCustomer') }, 0, 190)), ['ping / observe, score,', 'tellTheRider, tellTheCustomer'])
})

test('a transition says that it enters again, and that an event is ignored', () => {
  assert.deepEqual(texts(transitionRow({ ...base, reenter: true }, 0, 190)), ['ping · re-enters'])
  assert.deepEqual(texts(transitionRow({ ...base, targets: [] }, 0, 190)), ['ping · ignored'])
})

test('whatever the names, a row is as wide as it says, at most as wide as it may be, and says all in its full text (R1)', () => {
  fc.assert(fc.property(hostileOutline, (outline) => {
    const rows = [...outline.states.flatMap(stateRows), ...outline.transitions.map((each, at) => transitionRow(each, at, ROW_WIDTH_MAX))]
    for (const row of rows) {
      const widest = Math.max(...texts(row).map((text) => textWidth(text, TEXT_FONT)))
      assert.ok(widest <= row.width + 0.001 && row.width <= ROW_WIDTH_MAX, `${widest} ${row.width} ${row.full}`)
      assert.ok(row.full.length > 0)
    }
  }), { seed: testSeed(), numRuns: 200 })
})
