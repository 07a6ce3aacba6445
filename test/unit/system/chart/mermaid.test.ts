import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { outlineOf } from '../../../../adapters/xstate/outline.ts'
import type { XMachine } from '../../../../adapters/xstate/shapes.ts'
import { mermaidOf, namesOfMermaid } from '../../../../system/chart/mermaid.ts'
import { shown } from '../../../../system/chart/words.ts'
import { fullMachine } from '../../../support/charts/machine.ts'
import { hostileOutline } from '../../../support/charts/names.ts'
import { testSeed } from '../../../support/seed.ts'

const outline = outlineOf(fullMachine as XMachine)
const text = mermaidOf(outline)
const at = (id: string): string => `s${outline.states.findIndex((state) => state.id === id)}`

test('states nest, regions are parted, initial and final states are marked', () => {
  assert.match(text, /^stateDiagram-v2\n/)
  assert.match(text, new RegExp(`state "busy" as ${at('all.busy')} \\{[^]*"left" as[^]*\\n {6}--\\n {6}state "right" as`))
  assert.match(text, new RegExp(`\\[\\*\\] --> ${at('all.idle')}\\n`))
  assert.match(text, new RegExp(`${at('the-end')} --> \\[\\*\\]`))
})

test('transitions carry their words; several targets part at a fork; what leaves nothing stands in a note', () => {
  assert.match(text, new RegExp(`${at('all.idle')} --> ${at('all.busy')} : go #91;isReady#93;\\n`))
  assert.match(text, /state (f\d+) <<fork>>\n {2}s1 --> \1 : [^\n]*\n {2}\1 --> s4\n {2}\1 --> s7\n/)
  assert.match(text, new RegExp(`note right of ${at('all.idle')}\\n[^]*never · ignored\\n[^]*end note`))
})

/** What a line may be; anything else would be Mermaid's to understand. */
const LABEL = '(?:[\\p{L}\\p{N} .,_/()·…-]|#\\d+;)'
const LINES = [
  'stateDiagram-v2', `%% ${LABEL}+`, `state "${LABEL}+" as s\\d+(?: \\{)?`, 'state f\\d+ <<fork>>', '\\}', '--', `(?:\\[\\*\\]|[sf]\\d+) --> (?:\\[\\*\\]|[sf]\\d+)(?: : ${LABEL}+)?`, 'note right of s\\d+', `${LABEL}+`, 'end note',
].map((line) => new RegExp(`^ *${line}$`, 'u'))

test('whatever the names, each line is one that was meant, and the names are found again (M1)', () => {
  fc.assert(fc.property(hostileOutline, (hostile) => {
    const lines = mermaidOf(hostile).split('\n').slice(0, -1)
    for (const line of lines) assert.ok(LINES.some((meant) => meant.test(line)), line)
    assert.equal(lines.filter((line) => /end\s+note/i.test(line)).length, lines.filter((line) => /^ *note right of /.test(line)).length)
    const names = namesOfMermaid(mermaidOf(hostile))
    hostile.states.forEach(({ key, kind, parent }, place) => {
      if (kind !== 'history') assert.equal(names.get(`s${place}`), shown(parent === undefined ? hostile.id : key))
    })
  }), { seed: testSeed(), numRuns: 300 })
})
