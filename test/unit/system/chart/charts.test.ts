import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elkLayout } from '../../../../adapters/elk/layout.ts'
import { Charts } from '../../../../system/chart/charts.ts'
import { isEnd, lifeAfter, lifeOutline } from '../../../../system/partition/life.ts'
import type { LifeEvent, LifeState } from '../../../../system/partition/life.ts'
import { OperationError } from '../../../../system/protocol/failures.ts'
import type { Rect } from '../../../../system/ports/layout.ts'

test('a live drawing keeps room below each state and each transition, and no text stands in it', async () => {
  let layouts = 0
  const charts = new Charts(new Map([['life', lifeOutline]]), { place: (graph) => ((layouts += 1), elkLayout.place(graph)) })
  const [{ drawing, outline }] = await Promise.all([charts.chart('life'), charts.chart('life')])
  assert.ok(drawing !== null && layouts === 1, 'laid out once')
  const rows = [...drawing.boxes.map((box) => [box, box.rows] as const), ...drawing.lines.flatMap(({ label }) => (label === undefined ? [] : [[label, label.rows] as const]))]
  for (const [holder, own] of rows) for (const { room, baselines } of own) {
    assert.ok(room !== undefined && isInside(room, holder))
    assert.ok(baselines.every((y) => y <= room.y))
  }
  assert.equal(rows.flatMap(([, own]) => own).length, outline.states.length + outline.transitions.length)
  assert.doesNotMatch(await charts.svg('life'), /NaN|undefined/)
  assert.equal(layouts, 2, 'an image needs no room')
})

test('what cannot be drawn is told with the reason, and has its names and its text all the same', async () => {
  const charts = new Charts(new Map([['life', lifeOutline]]), { place: () => Promise.reject(new OperationError('chart/layout', 'no layout here')) })
  const { drawing, reason, outline } = await charts.chart('life')
  assert.deepEqual([drawing, reason, outline.id], [null, 'no layout here', 'partition'])
  assert.match(charts.mermaid('life'), /^stateDiagram-v2/)
  await assert.rejects(charts.svg('life'), { code: 'chart/layout' })
  assert.deepEqual([charts.has('life'), charts.has('other')], [true, false])
})

test('the life of a partition is drawn with all its moves and no other', () => {
  const { states, transitions } = lifeOutline()
  const leaves = states.flatMap(({ key, kind }, at) => (kind === 'compound' ? [] : [[key as LifeState, at] as const]))
  const events = [...new Set(transitions.flatMap(({ trigger }) => (trigger.kind === 'event' ? [trigger.descriptor as LifeEvent] : [])))]
  for (const [state, at] of leaves) {
    assert.equal(states[at]?.kind === 'final', isEnd(state), state)
    for (const event of events) {
      const move = transitions.find(({ source, trigger }) => [at, states[at]?.parent].includes(source) && trigger.kind === 'event' && trigger.descriptor === event)
      assert.equal(states[move?.targets[0] ?? -1]?.key, lifeAfter(state, event), `${state} ${event}`)
    }
  }
})

function isInside(inner: Rect, outer: Rect): boolean {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height
}
