import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { patchBetween, patched } from '../../system/protocol/merge-patch.ts'
import { testSeed } from '../support/seed.ts'

const name = fc.oneof(fc.constantFrom('a', 'b', '', '__proto__', 'constructor', '...', '0'), fc.string())
const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.integer(), { maxLength: 2 }))
const { members } = fc.letrec<{ members: Record<string, unknown>; value: unknown }>((tie) => ({
  members: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('members')),
}))

test('a patch between two documents makes the one of the other, through JSON, and there is none between equal ones', () => {
  let changed = 0
  fc.assert(fc.property(members, members, (from, to) => {
    const patch = patchBetween(from, to)
    const sent = patch === undefined ? {} : JSON.parse(JSON.stringify(patch)) as unknown
    assert.deepEqual(patched(from, sent), to)
    assert.equal(patchBetween(to, JSON.parse(JSON.stringify(to)) as Record<string, unknown>), undefined)
    if (patch !== undefined) changed += 1
  }), { seed: testSeed(), numRuns: 500 })
  assert.ok(changed > 100, `${changed} differed`)
})

test('only what differs is sent, and what is gone is null', () => {
  assert.deepEqual(patchBetween({ a: { x: 1, y: 2 }, b: 1, c: { z: 1 } }, { a: { x: 1, y: 3 }, c: { z: 1 } }), { a: { y: 3 }, b: null })
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})
