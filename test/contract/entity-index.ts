// What every index of entities keeps to: X1-X5, stated one by one and against a plain model.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testSeed } from '../support/seed.ts'
import { parseEntityId } from '../../system/protocol/ids.ts'
import type { EntityId } from '../../system/protocol/ids.ts'
import type { EntityIndex, IndexBatch, IndexedEntity, IndexPlace } from '../../system/ports/entity-index.ts'
import { compareBytes, utf8Encode } from '../../system/protocol/utf8.ts'

const idOf = (text: string): EntityId => {
  const id = parseEntityId(text)
  assert.ok(id !== undefined)
  return id
}

/** In an order that neither UTF-16 nor a folding of case gives. */
const IDS = ['\u0000', ' ', '0', '10', '9', 'A', 'a', 'a\u0000b', 'a/b', 'b', 'é', 'ｅ', '\u{1f6aa}', '__proto__', 'x'.repeat(256)].map(idOf).sort((a, b) => compareBytes(utf8Encode(a), utf8Encode(b)))
const CONFIGURATIONS = ['open', 'shut', 'a.b,c.d', '', 'odd \u0000 "name" \ud800', undefined]

const row = (id: EntityId, configuration?: string, seq = 1): IndexedEntity => ({ id, configuration, seq, storedMs: 1_700_000_000_000.5, numbers: { n: seq, 'a.b': -0.1, 'odd "name"': 1e300 } })
const place = (next: number, given: Partial<IndexPlace> = {}): IndexPlace => ({ life: 'life-1', code: 'door@1:0', epoch: 1, next, seq: next, behindMs: undefined, readMs: 1, ...given })
const batch = (from: number | undefined, next: number, rows: readonly IndexedEntity[], given: Partial<IndexBatch> = {}): IndexBatch => ({ group: 'app.door', partition: 0, from, rows, gone: [], place: place(next), ...given })

async function ids(index: EntityIndex, group = 'app.door'): Promise<readonly string[]> {
  return (await index.rows({ group, rowsMax: 1000 })).map(({ id }) => id)
}

export function entityIndexContract(name: string, create: () => Promise<EntityIndex>, runs = 50): void {
  const stated = (what: string, run: (index: EntityIndex) => Promise<void>): void => void test(`${name}: ${what}`, async () => {
    const index = await create()
    await run(index)
    await index.close()
  })

  stated('X2 a batch goes on from the place that stands, and no other', async (index) => {
    assert.equal(await index.place('app.door', 0), undefined)
    assert.equal(await index.apply(batch(3, 5, [row(idOf('a'), 'open')])), 'moved')
    const first = place(5, { seq: undefined, behindMs: 7.5, readMs: 9.25 })
    assert.equal(await index.apply(batch(undefined, 5, [row(idOf('a'), 'open')], { place: first })), 'applied')
    assert.deepEqual(await index.place('app.door', 0), first)
    for (const from of [undefined, 4, 6]) assert.equal(await index.apply(batch(from, 9, [row(idOf('b'), 'open')], { gone: [idOf('a')] })), 'moved')
    assert.deepEqual([await ids(index), await index.place('app.door', 0)], [['a'], first])
    assert.equal(await index.apply(batch(5, 5, [])), 'applied', 'one without progress')
  })

  stated('X3 of an id the newest row counts, groups are apart', async (index) => {
    await index.apply(batch(undefined, 2, [row(idOf('a'), 'open', 1), row(idOf('b'), 'open'), row(idOf('a'), 'shut', 2)]))
    await index.apply(batch(undefined, 1, [row(idOf('a'), 'other', 9)], { group: 'app.window' }))
    assert.deepEqual(await index.rows({ group: 'app.door', rowsMax: 10 }), [row(idOf('a'), 'shut', 2), row(idOf('b'), 'open')])
    await index.apply(batch(2, 3, [], { gone: [idOf('a'), idOf('nobody')] }))
    assert.deepEqual([await ids(index), await ids(index, 'app.window'), await ids(index, 'app')], [['b'], ['a'], []])
    assert.deepEqual([await index.configurations('app.door'), await index.configurations('app.window')], [['open'], ['other']])
  })

  stated('X4 rows come in the order of their bytes, page by page, of some configurations or of all', async (index) => {
    await index.apply(batch(undefined, 1, [...IDS].reverse().map((id, nth) => row(id, CONFIGURATIONS[nth % CONFIGURATIONS.length]))))
    assert.deepEqual([...await index.configurations('app.door')].sort(), CONFIGURATIONS.filter((one) => one !== undefined).sort())
    for (const configurations of [undefined, ['open'], ['', 'a.b,c.d'], CONFIGURATIONS.filter((one) => one !== undefined), ['nothing'], [], Array.from({ length: 200 }, (_, n) => (n === 3 ? 'shut' : `s${n}`))]) {
      const all = IDS.filter((_, nth) => configurations === undefined || configurations.includes(CONFIGURATIONS[(IDS.length - 1 - nth) % CONFIGURATIONS.length] ?? '?'))
      for (const rowsMax of [1, 2, 100]) {
        const found: EntityId[] = []
        for (;;) {
          const page = await index.rows({ group: 'app.door', configurations, after: found.at(-1), rowsMax })
          if (page.length === 0) break
          found.push(...page.map(({ id }) => id))
        }
        assert.deepEqual(found, all)
      }
    }
  })

  stated('X5 of a cleared partition nothing is left, of others all', async (index) => {
    await index.apply(batch(undefined, 1, [row(idOf('a'), 'open')]))
    await index.apply(batch(undefined, 1, [row(idOf('b'), 'open')], { partition: 1 }))
    await index.clear('app.door', 0)
    assert.deepEqual([await ids(index), await index.place('app.door', 0), (await index.place('app.door', 1))?.next], [['b'], undefined, 1])
  })

  test(`${name}: behaves like the plain model under random batches (X1-X5)`, () => againstModel(create, runs))
}

async function againstModel(create: () => Promise<EntityIndex>, numRuns: number): Promise<void> {
  const step = fc.record({
    partition: fc.nat(1), isNext: fc.integer({ min: 0, max: 9 }), by: fc.nat(3), clears: fc.integer({ min: 0, max: 19 }),
    rows: fc.array(fc.tuple(fc.constantFrom(...IDS), fc.constantFrom(...CONFIGURATIONS), fc.nat(99)), { maxLength: 4 }), gone: fc.array(fc.constantFrom(...IDS), { maxLength: 2 }),
  })
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
    const index = await create()
    const model = new Map<EntityId, IndexedEntity & { readonly partition: number }>()
    const places = new Map<number, IndexPlace>()
    for (const { partition, isNext, by, clears, rows, gone: ended } of steps) {
      const at = places.get(partition)
      // An id is of one partition.
      const own = rows.filter(([id]) => IDS.indexOf(id) % 2 === partition).map(([id, configuration, seq]) => row(id, configuration, seq))
      const gone = ended.filter((id) => IDS.indexOf(id) % 2 === partition && !own.some((one) => one.id === id))
      if (clears === 0) {
        await index.clear('app.door', partition)
        places.delete(partition)
        for (const [id, one] of model) if (one.partition === partition) model.delete(id)
        continue
      }
      const from = isNext > 0 ? at?.next : (at?.next ?? 0) + 1
      const asked = batch(from, (at?.next ?? 0) + by, own, { partition, gone })
      assert.equal(await index.apply(asked), from === at?.next ? 'applied' : 'moved')
      if (from !== at?.next) continue
      places.set(partition, asked.place)
      for (const one of own) model.set(one.id, { ...one, partition })
      for (const id of gone) model.delete(id)
    }
    const expected = IDS.flatMap((id) => model.get(id) ?? []).map(({ partition: _, ...one }) => one)
    assert.deepEqual(await index.rows({ group: 'app.door', rowsMax: 100 }), expected)
    for (const partition of [0, 1]) assert.deepEqual(await index.place('app.door', partition), places.get(partition))
    await index.close()
  }), { numRuns, seed: testSeed() })
}
