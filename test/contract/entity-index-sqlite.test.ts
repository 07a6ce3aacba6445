import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { openEntityIndex } from '../../adapters/sqlite/entity-index.ts'
import type { IndexPlace } from '../../system/ports/entity-index.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import { parseEntityId } from '../../system/protocol/ids.ts'
import type { EntityId } from '../../system/protocol/ids.ts'
import { entityIndexContract } from './entity-index.ts'

const folder = mkdtempSync(join(tmpdir(), 'statelog-index-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const newFile = (): string => join(folder, `${(files += 1)}.sqlite`)

entityIndexContract('SQLite index', async () => openEntityIndex(newFile()), 10)

const PLACE: IndexPlace = { life: 'life-1', code: 'door@1:0', epoch: 1, next: 4, seq: 3, behindMs: undefined, readMs: 1 }
const A = parseEntityId('a') as EntityId

test('SQLite index: what was applied is there when it is opened again, also beside another', async () => {
  const file = newFile()
  const first = openEntityIndex(file)
  await first.apply({ group: 'g', partition: 0, from: undefined, rows: [{ id: A, configuration: 'open', seq: 2, storedMs: 5, numbers: {} }], gone: [], place: PLACE })
  const second = openEntityIndex(file)
  assert.deepEqual([await second.place('g', 0), (await second.rows({ group: 'g', rowsMax: 5 })).length], [PLACE, 1])
  assert.equal(await second.apply({ group: 'g', partition: 0, from: 4, rows: [], gone: [A], place: { ...PLACE, next: 5 } }), 'applied')
  assert.equal(await first.apply({ group: 'g', partition: 0, from: 4, rows: [], gone: [], place: { ...PLACE, next: 6 } }), 'moved')
  await first.close()
  await second.close()
})

test('X5: a file that is deleted while it is open is begun anew', async () => {
  const file = newFile()
  const index = openEntityIndex(file)
  await index.apply({ group: 'g', partition: 0, from: undefined, rows: [{ id: A, configuration: 'open', seq: 2, storedMs: 5, numbers: {} }], gone: [], place: PLACE })
  for (const name of [file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true })
  assert.deepEqual([await index.place('g', 0), await index.rows({ group: 'g', rowsMax: 5 }), existsSync(file)], [undefined, [], true])
  assert.equal(await index.apply({ group: 'g', partition: 0, from: 4, rows: [], gone: [], place: PLACE }), 'moved')
  assert.equal(await index.apply({ group: 'g', partition: 0, from: undefined, rows: [], gone: [], place: PLACE }), 'applied')
  await index.close()
})

test('X5: a file that is damaged, no index, or of another layout is begun anew', async () => {
  const spoil: readonly ((file: string) => void)[] = [
    (file) => writeFileSync(file, 'this is no database, and longer than the header of one would be, so that it is looked at as if it were'),
    (file) => truncateSync(file, 5000),
    (file) => {
      const db = new DatabaseSync(file)
      db.exec('PRAGMA user_version = 99')
      db.close()
    },
    (file) => appendFileSync(file, ''),
  ]
  for (const [nth, spoils] of spoil.entries()) {
    const file = newFile()
    const before = openEntityIndex(file)
    await before.apply({ group: 'g', partition: 0, from: undefined, rows: [], gone: [], place: PLACE })
    await before.close()
    spoils(file)
    const after = openEntityIndex(file)
    // What is only seen to be damaged when it is read is told, once.
    const found = await after.place('g', 0).catch((thrown: unknown) => {
      assert.ok(thrown instanceof OperationError && thrown.code === 'index/damaged', String(thrown))
      return after.place('g', 0)
    })
    assert.deepEqual(found, nth === 3 ? PLACE : undefined, String(nth))
    assert.equal(await after.apply({ group: 'g', partition: 0, from: found?.next, rows: [], gone: [], place: PLACE }), 'applied')
    await after.close()
  }
})

test('SQLite index: rows of several configurations are those of one moment, whatever another process writes meanwhile', async () => {
  const file = newFile()
  const [index, other] = [openEntityIndex(file), openEntityIndex(file)]
  const row = (configuration: string) => ({ id: A, configuration, seq: 2, storedMs: 5, numbers: {} })
  const move = (from: number | undefined, configuration: string) => other.apply({ group: 'g', partition: 0, from, rows: [row(configuration)], gone: [], place: PLACE })
  await move(undefined, 'shut')
  const { all } = StatementSync.prototype
  let reads = 0
  StatementSync.prototype.all = function (this: StatementSync, ...args: Parameters<StatementSync['all']>) {
    const found = all.apply(this, args)
    // Done at once, on this thread.
    if ((reads += 1) === 1) void move(PLACE.next, 'open')
    return found
  } as StatementSync['all']
  try {
    const found = await index.rows({ group: 'g', configurations: ['open', 'shut'], rowsMax: 5 })
    assert.deepEqual([found.map(({ id, configuration }) => [id, configuration]), reads > 1], [[['a', 'shut']], true])
  } finally {
    StatementSync.prototype.all = all
  }
  assert.deepEqual((await index.rows({ group: 'g', configurations: ['open', 'shut'], rowsMax: 5 })).map(({ configuration }) => configuration), ['open'])
  await index.close()
  await other.close()
})
