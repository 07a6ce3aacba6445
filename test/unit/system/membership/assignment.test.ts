// A1-A4: indices are shared evenly among those who read the same, and stay where they are.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assign } from '../../../../system/membership/assignment.ts'
import type { Candidate } from '../../../../system/membership/assignment.ts'
import { testSeed } from '../../../support/seed.ts'

const MANIFEST = { payments: 12, 'app.card.inbox': 12 }

const member = (name: string, more: Partial<Candidate> = {}): Candidate => ({ memberId: name, owner: name, manifest: MANIFEST, owned: [], generation: 1, ...more })

const sizes = (plan: ReturnType<typeof assign>): number[] => [...plan.values()].map(({ indices }) => indices.length).sort((a, b) => b - a)

test('A2 five members of twelve indices get three, three, two, two and two', () => {
  const plan = assign(['a', 'b', 'c', 'd', 'e'].map((name) => member(name)))
  assert.deepEqual(sizes(plan), [3, 3, 2, 2, 2])
  assert.deepEqual([...plan.values()].flatMap(({ indices }) => indices).sort((a, b) => a - b), Array.from({ length: 12 }, (_, index) => index))
})

test('A4 a member with an older manifest gets nothing and learns why; the others share everything', () => {
  const plan = assign([...['a', 'b', 'c', 'd'].map((name) => member(name)), member('old', { manifest: { payments: 12 } })])
  assert.deepEqual(sizes(plan), [3, 3, 3, 3, 0])
  assert.match(plan.get('old')?.reason ?? '', /payments \(12\).*app\.card\.inbox/)
})

test('A1 topics that are cut differently are given to nobody, with the reason', () => {
  const plan = assign([member('a', { manifest: { payments: 13, 'app.card.inbox': 12 } })])
  assert.deepEqual(plan.get('a')?.indices, [])
  assert.match(plan.get('a')?.reason ?? '', /payments \(13\)/)
})

test('A3 a claim from an older generation yields to a newer one', () => {
  const plan = assign([member('away', { owned: [0, 1, 2], generation: 3 }), member('here', { owned: [0, 1, 2, 3, 4, 5], generation: 7 })])
  assert.deepEqual(plan.get('here')?.indices, [0, 1, 2, 3, 4, 5])
})

test('A2, A3 whoever joins and leaves, everything is given once, evenly, and nobody loses what still is its share', () => {
  const events = fc.array(fc.record({ joins: fc.boolean(), who: fc.nat(5) }), { minLength: 1, maxLength: 30 })
  fc.assert(fc.property(events, fc.integer({ min: 1, max: 20 }), (steps, partitions) => {
    const held = new Map<string, readonly number[]>()
    for (const { joins, who } of steps) {
      if (joins) held.set(`m${who}`, held.get(`m${who}`) ?? [])
      else held.delete(`m${who}`)
      const plan = assign([...held].map(([name, owned]) => member(name, { owned, manifest: { t: partitions } })))
      if (held.size === 0) continue
      const given = [...plan.values()].flatMap(({ indices }) => indices)
      assert.equal(given.length, partitions)
      assert.equal(new Set(given).size, partitions)
      const share = Math.floor(partitions / held.size)
      for (const [name, owned] of held) {
        const indices = plan.get(name)?.indices ?? []
        assert.ok(indices.length === share || indices.length === share + 1)
        const kept = owned.filter((index) => indices.includes(index)).length
        assert.ok(kept >= Math.min(owned.length, share), `${name} had ${owned.length}, keeps ${kept} of a share of ${share}`)
        held.set(name, indices)
      }
    }
  }), { seed: testSeed() })
})
