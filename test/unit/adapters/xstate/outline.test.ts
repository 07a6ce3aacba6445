import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine } from 'xstate'
import { compiledEngine } from '../../../../adapters/xstate/compiled.ts'
import { xstateEngine } from '../../../../adapters/xstate/engine.ts'
import type { Engine, PreparedMachine } from '../../../../system/ports/engine.ts'
import type { Outline, OutlineState, OutlineTransition } from '../../../../system/ports/outline.ts'
import { actionText, transitionText } from '../../../../system/chart/words.ts'
import { fullMachine } from '../../../support/charts/machine.ts'
import { randomMachine } from '../../../support/statecharts/machines.ts'

function prepared(machine: unknown, engine: Engine = compiledEngine): PreparedMachine {
  const result = engine.prepare(machine, { version: 1, strict: false })
  assert.ok(result.kind === 'ok', result.kind === 'refused' ? result.problems.join('\n') : '')
  return result.machine
}

const outline = prepared(fullMachine).outline()
const stateOf = (id: string): OutlineState => outline.states.find((state) => state.id === id) as OutlineState
const nameOf = (at: number): string => outline.states[at]?.id ?? ''
const from = (id: string): readonly OutlineTransition[] => outline.transitions.filter(({ source }) => nameOf(source) === id)

test('states: kinds, parents, initial states, descriptions, tags (O1)', () => {
  assert.deepEqual(outline.states.map(({ kind, path, parent }) => `${path.join('.')} ${kind} ${parent ?? ''}`.trim()), [
    'compound', 'idle atomic 0', 'busy parallel 0', 'busy.left compound 2', 'busy.left.a atomic 3', 'busy.left.z final 3', 'busy.right compound 2', 'busy.right.b atomic 6', 'busy.right.z final 6',
    'busy.past history 2', 'busy.before history 2', 'asking compound 0', 'asking.one atomic 11', 'asking.end final 11', 'asking.past history 11', 'done final 0',
  ])
  assert.deepEqual([stateOf('all').initial, stateOf('all.busy').initial], [{ target: 1, actions: [] }, undefined])
  assert.deepEqual([outline.description, stateOf('all.idle').description, stateOf('all.idle').tags], ['Everything at once.', 'Nothing yet.', ['quiet', 'new']])
  assert.equal(stateOf('the-end').key, 'done')
})

test('history states: shallow or deep, and where they lead with nothing to remember', () => {
  const led = ['all.busy.past', 'all.busy.before', 'all.asking.past'].map((id) => stateOf(id).history)
  assert.deepEqual(led, [{ isDeep: true, targets: [] }, { isDeep: false, targets: [5, 7] }, { isDeep: false, targets: [] }])
})

test('actions: names of the user, and what built-in ones are about', () => {
  assert.deepEqual(stateOf('all.idle').entry.map(actionText), ['emit idle', 'emit', 'tell card', 'infer fraud', 'lookup shops', 'reply'])
  assert.deepEqual(stateOf('all.idle').exit.map(actionText), ['cancel t', 'log parting', 'raise later', 'send again', 'start child', 'stop child', 'enqueue'])
  assert.deepEqual(from('all').find(({ id }) => id.includes('note'))?.actions.map(actionText), ['note', 'assign n, m', 'assign'])
})

test('transitions: events, guards, several targets, re-entering, none at all', () => {
  const idle = from('all.idle')
  assert.deepEqual(idle.slice(0, 6).map((each) => [transitionText(each), each.targets.map(nameOf), each.reenter]), [
    ['go [isReady]', ['all.busy'], false],
    ['go [isReady and not isLate]', ['all.busy'], false],
    ['go [isSmall or in #all.busy]', ['all.busy.left.a', 'all.busy.right.b'], false],
    ['go [inline]', ['all.idle'], true],
    ['never', [], false],
    ['here', ['all.idle'], false],
  ])
  assert.equal(idle[0]?.description, 'When ready.')
})

test('delays with their milliseconds where they are known, done states, tasks, eventless transitions', () => {
  const triggers = outline.transitions.map(({ trigger }) => trigger)
  assert.deepEqual(triggers.filter(({ kind }) => kind === 'after'), [{ kind: 'after', delay: '500', ms: 500 }, { kind: 'after', delay: 'patience', ms: 60_000 }, { kind: 'after', delay: 'growing' }])
  assert.deepEqual([from('all.busy')[0]?.trigger, from('all.busy.left.a')[0]?.trigger], [{ kind: 'done' }, { kind: 'always' }])
  assert.deepEqual(from('all.asking').map(({ trigger }) => trigger), [{ kind: 'done' }, { kind: 'taskDone', task: 'charge' }, { kind: 'taskError', task: 'charge' }])
  assert.deepEqual(stateOf('all.asking').tasks, [{ id: 'charge', src: 'work' }, { id: 'inline', src: 'inline' }])
})

test('JSON keeps all of it, and none of it is code (O2)', () => {
  const text = JSON.stringify(outline)
  assert.deepEqual(JSON.parse(text), outline)
  assert.doesNotMatch(text, /=>|function|return/)
})

test('both engines answer the same, and its ids are those that states and steps are named by (O3)', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const { machine } = randomMachine(seed)
    const [one, two] = [prepared(machine), prepared(machine, xstateEngine)]
    const first: Outline = one.outline()
    assert.deepEqual(first, two.outline())
    assert.deepEqual(first.states.map(({ id }) => id), one.states)
    assert.deepEqual([first.transitions.map(({ id }) => id), two.transitions], [one.transitions, one.transitions])
  }
  const machine = prepared(fullMachine)
  const start = machine.initial(undefined, 0)
  const step = start.kind === 'ok' ? machine.step(start.state, { type: 'go' }, 0, true) : start
  assert.deepEqual(step.kind === 'ok' && step.taken?.map((place) => outline.transitions[place]?.id), ['all.idle:go:0', 'all.busy.left.a:always:0'])
})

test('names that look like more than they are stay as they are', () => {
  const names = ['<b>', ' ', 'constructor', '\u202ex', 'x'.repeat(500), 'a:b']
  const hostile = prepared(createMachine({ id: names[0]!, initial: names[1]!, states: Object.fromEntries(names.slice(1).map((name) => [name, { on: { [name]: { actions: 'a"b' } } }])) } as never, { actions: { 'a"b': assign({}) } } as never)).outline()
  assert.deepEqual(hostile.states.map(({ key }) => key), names)
  assert.deepEqual(hostile.transitions.map(({ trigger }) => trigger.kind === 'event' && trigger.descriptor), names.slice(1))
})
