// Entities by the keys of records: K1, K2.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { blankEntity } from '../../../../system/partition/entity.ts'
import type { Entity } from '../../../../system/partition/entity.ts'
import { KeyIndex } from '../../../../system/partition/key-index.ts'
import { parseEntityId } from '../../../../system/protocol/ids.ts'
import type { EntityId } from '../../../../system/protocol/ids.ts'
import { utf8Decode, utf8Encode } from '../../../../system/protocol/utf8.ts'
import { testSeed } from '../../../support/seed.ts'

const entityOf = (id: string): Entity => blankEntity(parseEntityId(id) as EntityId)

test('an entity is found by the key that it was met by, until it has left', () => {
  const index = new KeyIndex()
  const [card, other] = [entityOf('card-1'), entityOf('card-2')]
  assert.equal(index.find(utf8Encode('card-1')), undefined)
  index.note(utf8Encode('card-1'), card, 1)
  assert.equal(index.find(utf8Encode('card-1')), card)
  assert.equal(index.find(utf8Encode('card-2')), undefined)
  index.note(utf8Encode('card-2'), other, 2)
  index.drop(card)
  assert.deepEqual([index.find(utf8Encode('card-1')), index.find(utf8Encode('card-2'))], [undefined, other])
})

test('bytes that are no UTF-8 are never taken for a text of the same units', () => {
  const index = new KeyIndex()
  index.note(Uint8Array.of(0xe9), entityOf('é'), 1)
  index.note(utf8Encode('é'), entityOf('é'), 1)
  for (const key of [Uint8Array.of(0xe9), utf8Encode('é'), new Uint8Array()]) assert.equal(index.find(key), undefined)
})

test('K1, K2: what is found is the entity of that key, and in the table', () => {
  const id = fc.string({ unit: fc.constantFrom('a', 'b', '1', 'é', '\u{1f600}'), minLength: 1, maxLength: 3 })
  const act = fc.record({ kind: fc.constantFrom('note', 'drop', 'find'), id })
  fc.assert(fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
    const index = new KeyIndex()
    const table = new Map<string, Entity>()
    for (const { kind, id: name } of acts) {
      const key = utf8Encode(name)
      if (kind === 'note') {
        const entity = table.get(name) ?? entityOf(name)
        table.set(name, entity)
        index.note(key, entity, table.size)
      }
      const gone = kind === 'drop' ? table.get(name) : undefined
      if (gone !== undefined) {
        table.delete(name)
        index.drop(gone)
      }
      const found = index.find(key)
      if (found !== undefined) assert.deepEqual([found.id, table.get(name)], [utf8Decode(key), found])
    }
  }), { seed: testSeed(), numRuns: 200 })
})

test('of a thousand entities nearly all are found by their keys', () => {
  const index = new KeyIndex()
  const entities = Array.from({ length: 1000 }, (_, n) => entityOf(`account-${n}`))
  for (const entity of entities) index.note(utf8Encode(entity.id), entity, entities.length)
  const found = entities.filter((entity) => index.find(utf8Encode(entity.id)) === entity)
  assert.ok(found.length > 850, `${found.length} of 1000`)
})
