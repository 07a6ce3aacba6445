import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blocksOf, comparable, difference } from '../../../../support/package/document.ts'

test('files and sessions are found in a page, with the line of each command', () => {
  const page = ['# Page', '```ts a.ts', 'const a = 1', '```', 'text', '```', '$ not typed', '```', '```console', '$ one', 'first', '', '$ two', '```', '```console', '^C', 'stopped', '```'].join('\n')
  assert.deepEqual(blocksOf(page), [
    { kind: 'file', name: 'a.ts', text: 'const a = 1\n' },
    { kind: 'session', steps: [{ at: 10, command: 'one', shown: ['first', ''] }, { at: 13, command: 'two', shown: [] }] },
    { kind: 'session', steps: [{ at: 16, command: '^C', shown: ['stopped'] }] },
  ])
})

test('numbers, times and ids may differ; words, quoted text and values of a context may not', () => {
  const same: readonly (readonly [string, string])[] = [
    ['stopped: 4 events in 13.9 s, 0/s', 'stopped: 12,345 events in 7 s, 110/s'],
    ['2026-11-28T03:01:18.077Z  place  7  x', '2027-01-01T00:00:00Z  place  12  x'],
    ['life 260f0593-39bc-499b-98bc-b674fae9ef88', 'life d9fd4ac9-ee3c-4e4e-85fc-8ec9bdd6de79'],
    ['code order@1:393d6e188ead', 'code order@1:98e459667d50'],
    ['4 partitions · Node 24.21.0', '4 partitions · Bun 1.4.5'],
  ]
  for (const [a, b] of same) assert.equal(comparable(a), comparable(b))
  const different: readonly (readonly [string, string])[] = [['replied "opened 1 times"', 'replied "opened 2 times"'], ['  amount: 40', '  amount: 41'], ['1 record', '1 records'], ['order@1:393d6e188ead', 'other@1:393d6e188ead']]
  for (const [a, b] of different) assert.notEqual(comparable(a), comparable(b))
})

test('what is shown must be all of it, unless ... says otherwise, or more may follow', () => {
  assert.equal(difference(['a', 'b'], ['a', 'b', '', '']), undefined)
  assert.match(difference(['a'], ['a', 'b']) ?? '', /the page shows\n {2}a\nbut it was\n {2}a\n {2}b/)
  assert.ok(difference(['a', 'b'], ['a']) !== undefined)
  assert.equal(difference(['a'], ['a', 'b'], true), undefined)
  assert.equal(difference(['...', 'c'], ['a', 'b', 'c']), undefined)
  assert.equal(difference(['a', '...'], ['a']), undefined)
  assert.equal(difference(['...'], []), undefined)
  assert.ok(difference(['...', 'd'], ['a', 'b', 'c']) !== undefined)
})
