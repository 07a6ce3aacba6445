import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outlineHash } from '../../../../system/chart/hash.ts'
import type { Outline } from '../../../../system/ports/outline.ts'

const state = { id: 'm', key: 'm', path: [], kind: 'atomic', entry: [], exit: [], tasks: [], tags: [] } as const
const outline: Outline = { id: 'm', states: [state], transitions: [] }

test('the same outline has the same hash, in whatever order its fields were set', () => {
  assert.match(outlineHash(outline), /^[0-9a-f]{64}$/)
  assert.equal(outlineHash({ transitions: [], states: [state], id: 'm' }), outlineHash(outline))
})

test('whatever is drawn changes it: descriptions, tags, names that differ in half a character', () => {
  const others: readonly Outline[] = [
    { ...outline, description: 'x' }, { ...outline, states: [{ ...state, tags: ['t'] }] }, { ...outline, id: '\ud800' }, { ...outline, id: '\ud801' }, { ...outline, id: '\ufffd' },
  ]
  assert.equal(new Set([outline, ...others].map(outlineHash)).size, 6)
})
