// DueIndex against a sorted list: D1, D2.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareDue, DueIndex } from '../../../../system/partition/due-index.ts'
import type { Due, DueKind } from '../../../../system/partition/due-index.ts'
import { entityId } from '../../../support/partition/bench.ts'
import { testSeed } from '../../../support/seed.ts'

const plain = (due: Due | undefined): Due | undefined => due && { dueMs: due.dueMs, entity: due.entity, kind: due.kind, id: due.id }
const due = (dueMs: number, entity: string, kind: DueKind = 1, id = 't'): Due => ({ dueMs, entity: entityId(entity), kind, id })

const anyDue = fc.record({
  dueMs: fc.integer({ min: -5, max: 20 }), entity: fc.constantFrom('a', 'b', 'b\u0000c', 'ä', '\u{1f600}').map(entityId),
  kind: fc.constantFrom<DueKind>(0, 1, 2, 3), id: fc.constantFrom('', 't', 'c', 'a', '1:a'),
})
const moves = fc.array(fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), due: anyDue }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), due: anyDue }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('due' as const), beforeMs: fc.integer({ min: -6, max: 22 }), most: fc.integer({ min: 0, max: 10 }) }) },
), { maxLength: 200, size: 'max' })

test('whatever is set, moved, deleted and popped, it answers as a sorted list would (D1, D2)', () => {
  fc.assert(fc.property(moves, (list) => {
    const index = new DueIndex()
    let model: Due[] = []
    const without = (one: Due): Due[] => model.filter((other) => other.entity !== one.entity || other.kind !== one.kind || other.id !== one.id)
    for (const move of list) {
      if (move.kind === 'set') {
        index.set(move.due)
        model = [...without(move.due), { ...move.due }].sort(compareDue)
      } else if (move.kind === 'delete') {
        index.delete(move.due.entity, move.due.kind, move.due.id)
        model = without(move.due)
      } else if (move.kind === 'pop') {
        assert.deepEqual(plain(index.pop()), plain(model.shift()))
      } else {
        assert.deepEqual(index.due(move.beforeMs, move.most).map(plain), model.filter(({ dueMs }) => dueMs < move.beforeMs).slice(0, move.most).map(plain))
      }
      assert.equal(index.size, model.length)
      assert.deepEqual(plain(index.peek()), plain(model[0]))
    }
  }), { seed: testSeed(), numRuns: 300 })
})

test('what is due before a moment does not include the moment itself', () => {
  const index = new DueIndex()
  index.set(due(10, 'a'))
  assert.deepEqual(index.due(10, 5), [])
  assert.equal(index.due(11, 5).length, 1)
  assert.equal(index.size, 1, 'looking takes nothing out')
})

test('names are told apart whatever characters they hold', () => {
  const index = new DueIndex()
  index.set(due(1, 'a', 1, 'b\u0000c'))
  index.set(due(2, 'a\u0000b', 1, 'c'))
  index.set(due(3, 'ab', 1, ''))
  index.set(due(4, 'a', 1, 'b'))
  assert.equal(index.size, 4)
})

test('equal times are ordered by entity, then kind, then id', () => {
  const index = new DueIndex()
  for (const one of [due(1, 'b', 0, ''), due(1, 'a', 1, 'u'), due(1, 'a', 1, 't'), due(1, 'a', 0, '')]) index.set(one)
  const order: string[] = []
  for (let one = index.pop(); one !== undefined; one = index.pop()) order.push(`${one.entity}${one.kind}${one.id}`)
  assert.deepEqual(order, ['a0', 'a1t', 'a1u', 'b0'])
})
