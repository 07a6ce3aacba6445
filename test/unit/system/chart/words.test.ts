import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { actionText, durationText, shown, transitionText, triggerText } from '../../../../system/chart/words.ts'
import { hostileName } from '../../../support/charts/names.ts'
import { testSeed } from '../../../support/seed.ts'

test('delays read as people say them, and exactly', () => {
  const said = [[0, '0 ms'], [500, '500 ms'], [1500, '1 s 500 ms'], [60_000, '1 min'], [5_400_000, '1 h 30 min'], [86_400_000, '1 d'], [90_000_000, '1 d 1 h'], [86_400_001, '86400001 ms'], [0.5, '0.5 ms']] as const
  for (const [ms, text] of said) assert.equal(durationText(ms), text)
})

test('triggers, guards and actions read like the definition', () => {
  assert.equal(triggerText({ kind: 'after', delay: 'cooling', ms: 86_400_000 }), 'after cooling (1 d)')
  assert.equal(triggerText({ kind: 'after', delay: '500', ms: 500 }), 'after 500 ms')
  assert.equal(triggerText({ kind: 'after', delay: 'growing' }), 'after growing')
  assert.equal(triggerText({ kind: 'taskError', task: 'charge' }), 'charge failed')
  assert.equal(actionText({ kind: 'tell', name: 'card' }), 'tell card')
  assert.equal(actionText({ kind: 'emit' }), 'emit')
  assert.equal(transitionText({ id: 'x', source: 0, targets: [], reenter: false, trigger: { kind: 'event', descriptor: 'paid' }, guard: 'isLarge', actions: [{ kind: 'named', name: 'note' }, { kind: 'assign', name: 'n' }] }), 'paid [isLarge] / note, assign n')
})

test('a name that shows nothing is shown as empty, and no name steers what shows it (W1)', () => {
  for (const name of ['', ' ', '\n', '\u200b\u200d']) assert.equal(shown(name), '(empty)')
  assert.equal(shown('\u202eevil\u0000'), '·evil·')
  fc.assert(fc.property(hostileName, (name) => {
    const text = shown(name)
    assert.ok(text.length > 0 && text.isWellFormed())
    assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/)
  }), { seed: testSeed(), numRuns: 500 })
})
