// The table of entities: B1-B3 and what leaves memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Entities } from '../../../../system/partition/entities.ts'
import { blankEntity } from '../../../../system/partition/entity.ts'
import { entityId } from '../../../support/partition/bench.ts'

const ids = ['a', 'b', 'c', 'd'].map(entityId)
const [a, b, c, d] = ids as [(typeof ids)[0], (typeof ids)[0], (typeof ids)[0], (typeof ids)[0]]

function full(): Entities {
  const entities = new Entities(true)
  for (const id of ids) entities.use(id)
  return entities
}

const present = (entities: Entities): string => ids.filter((id) => entities.has(id)).join('')

test('B1: the least recently used clean entities leave, dirty ones and those that may not stay', () => {
  const entities = full()
  entities.use(a)
  entities.touch(entities.use(b), 1, 0)
  assert.equal(entities.bytes, 4096)
  assert.equal(entities.evict(3 * 1024, ({ id }) => id !== c), true)
  assert.equal(present(entities), 'abc', 'd is the oldest that may go: c may not, and a and b were used later')
  assert.equal(entities.evict(0, () => true), false, 'b is dirty')
  assert.equal(present(entities), 'b')
  assert.equal(entities.bytes, 1024)
})

test('whoever was used since it was last passed over gets a second chance, once, and all are passed over once', () => {
  const entities = full()
  entities.use(a)
  entities.use(d)
  const order = (): string => [...entities.values()].map(({ id }) => id).join('')
  assert.equal(order(), 'bcad')
  assert.equal(order(), 'bcad', 'passing over is no use')
  for (const id of ids) entities.use(id)
  assert.equal(order(), 'bcad', 'all were used: their order stands')
  entities.use(b)
  assert.equal(order(), 'cadb')
})

test('nobody leaves while the estimate is within the bound, exactly', () => {
  const entities = full()
  assert.equal(entities.evict(4096, () => true), true)
  assert.equal(entities.size, 4)
  assert.equal(entities.evict(4095, () => true), true)
  assert.equal(entities.size, 3)
})

test('B3: the dirty are iterated oldest first, and a clean one that is touched again comes last', () => {
  const entities = full()
  for (const [id, seq] of [[c, 5], [a, 6], [c, 7], [d, 8]] as const) entities.touch(entities.use(id), seq, seq * 10)
  assert.deepEqual([...entities.dirty()].map(({ id, seq, dirtySeq, dirtyAtMs }) => [id, seq, dirtySeq, dirtyAtMs]), [['c', 7, 5, 50], ['a', 6, 6, 60], ['d', 8, 8, 80]])
  assert.equal(entities.oldestDirtySeq(), 5)
  entities.clean(entities.use(c), 100)
  entities.touch(entities.use(c), 9, 90)
  assert.deepEqual([...entities.dirty()].map(({ id }) => id), ['a', 'd', 'c'])
  assert.equal(entities.oldestDirtySeq(), 6)
  for (const id of ids) entities.clean(entities.use(id), 0)
  assert.equal(entities.oldestDirtySeq(), undefined)
})

test('the estimate follows the stored size', () => {
  const entities = new Entities(false)
  const entity = entities.use(a)
  entities.clean(entity, 1000)
  assert.equal(entities.bytes, 1024 + 3000)
  entities.clean(entity, 0)
  assert.equal(entities.bytes, 1024)
  entities.forget(entity)
  assert.equal(entities.bytes, 0)
  entities.forget(entity)
  assert.equal(entities.bytes, 0, 'once')
})

test('a dirty entity is not forgotten', () => {
  const entities = full()
  const entity = entities.use(a)
  entities.touch(entity, 1, 0)
  entities.forget(entity)
  assert.equal(entities.has(a), true)
})

test('B2: held events count event time, timers what the type says, tasks and ends processing time', () => {
  for (const isEvent of [true, false]) {
    const entities = new Entities(isEvent)
    for (const kind of [0, 1, 2, 3] as const) entities.arm({ dueMs: 5, entity: a, kind, id: '' })
    assert.deepEqual([entities.eventDues.size, entities.clockDues.size], isEvent ? [2, 2] : [1, 3])
    for (const kind of [0, 1, 2, 3] as const) entities.disarm({ entity: a, kind, id: '' })
    assert.deepEqual([entities.eventDues.size, entities.clockDues.size], [0, 0])
  }
})

test('B2: what an entity has armed stays indexed while it is not in memory', () => {
  const entities = new Entities(true)
  const entity = blankEntity(b, { timers: new Map([['t', { generation: '1.1', dueMs: 5, event: { type: 'x' } }]]) })
  entities.add(entity)
  entities.armAll(entity)
  assert.equal(entities.evict(0, () => true), true)
  assert.equal(entities.has(b), false)
  assert.equal(entities.eventDues.peek()?.entity, b)
})
