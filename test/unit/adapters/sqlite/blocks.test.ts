// Blocks: whatever is written is read from anywhere, and a log of the layout before them is brought up to date.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { BlockMaker, BlockReader, BLOCKS_COLUMNS } from '../../../../adapters/sqlite/blocks.ts'
import { packRecords, unpackRecords } from '../../../../adapters/sqlite/frames.ts'
import { openSqliteLog } from '../../../../adapters/sqlite/log.ts'
import { recordBytes } from '../../../../system/membership/poll.ts'
import type { LogRecord, OutRecord } from '../../../../system/protocol/record.ts'
import { testSeed } from '../../../support/seed.ts'

const bytes = fc.oneof({ weight: 8, arbitrary: fc.uint8Array({ maxLength: 12 }) }, { weight: 1, arbitrary: fc.integer({ min: 1000, max: 200_000 }).map((length) => new Uint8Array(length).fill(length)) })
const written = fc.array(fc.array(fc.record({
  topic: fc.constant('t'), partition: fc.nat(1), key: fc.option(fc.constantFrom(1, 2).map((n) => Uint8Array.of(n))), value: fc.option(bytes),
  headers: fc.array(fc.tuple(fc.constantFrom('a', 'bc'), fc.uint8Array({ maxLength: 3 })), { maxLength: 2 }), timestampMs: fc.nat(50),
}), { minLength: 1, maxLength: 8 }), { maxLength: 6 })

/** Both partitions' tables, and what was put into them. */
class Store {
  readonly db = new DatabaseSync(':memory:')
  readonly kept: LogRecord[][] = [[], []]

  constructor(packs: readonly (readonly OutRecord[])[]) {
    for (const tp of [0, 1]) this.db.exec(`CREATE TABLE blocks_${tp} (${BLOCKS_COLUMNS})`)
    const ends = [0, 0]
    for (const records of packs) {
      const packed = packRecords(records, ({ partition }) => ({ tp: partition, compacted: false }), (length) => new ArrayBuffer(length + 9))
      const blocks = new BlockMaker(new Uint8Array(packed.buffer), (tp, count, timestampMs, frames) => {
        this.db.prepare(`INSERT INTO blocks_${tp} VALUES (?, ?, ?, ?)`).run(ends[tp] as number, count, timestampMs, frames)
        ends[tp] = (ends[tp] as number) + count
      })
      unpackRecords(packed, () => assert.fail(), (tp, timestampMs, from, to) => blocks.add(tp, timestampMs, from, to))
      blocks.end()
      for (const { topic: _, partition, ...record } of records) this.kept[partition]?.push({ ...record, offset: this.kept[partition].length })
    }
  }
}

/** What the port asks of a read. */
function expected(all: readonly LogRecord[], from: number, until: number, { recordsMax, bytesMax, key }: { readonly recordsMax: number; readonly bytesMax: number; readonly key?: Uint8Array | undefined }): { readonly records: readonly LogRecord[]; readonly to: number } {
  const records: LogRecord[] = []
  let left = bytesMax
  for (const record of all.slice(from, until)) {
    if (key !== undefined && record.key?.[0] !== key[0]) continue
    left -= recordBytes(record)
    if ((left < 0 || records.length === recordsMax) && (records.length > 0 || recordsMax === 0)) return { records, to: record.offset }
    records.push(record)
  }
  return { records, to: until }
}

test('records are read from any offset, up to any bound, by key and by time', () => {
  fc.assert(fc.property(written, fc.nat(20), fc.nat(20), fc.nat(10), fc.constantFrom(0, 10, 1000, 100_000, Infinity), fc.option(fc.constantFrom(1, 2)), fc.nat(60), (packs, from, length, recordsMax, bytesMax, key, timeMs) => {
    const store = new Store(packs)
    for (const [tp, all] of store.kept.entries()) {
      const [start, until] = [Math.min(from, all.length), Math.min(from + length, all.length)]
      const options = { recordsMax, bytesMax, ...(key === null ? {} : { key: Uint8Array.of(key) }) }
      const reader = new BlockReader(store.db, tp)
      for (const _ of ['new', 'knows how many records blocks have']) {
        const records: LogRecord[] = []
        const to = reader.read(start, until, options, records)
        const wanted = expected(all, start, until, options)
        // A large record may be passed over by its size alone, which counts its frame: it is then the next read's first.
        const isShort = to < wanted.to && to === all[to]?.offset && (all[to]?.value?.length ?? 0) > 100_000
        assert.deepEqual(isShort ? records : { records, to }, isShort ? wanted.records.slice(0, records.length) : wanted)
      }
      assert.equal(reader.since(timeMs, start), all.find((record) => record.offset >= start && record.timestampMs >= timeMs)?.offset)
    }
    store.db.close()
  }), { seed: testSeed(), numRuns: 300 })
})

const LAYOUT_1 = `
CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL, cleanup TEXT NOT NULL, first INTEGER NOT NULL);
CREATE TABLE ends (tp INTEGER PRIMARY KEY, start INTEGER NOT NULL, next INTEGER NOT NULL);
CREATE TABLE newest (tp INTEGER NOT NULL, key BLOB NOT NULL, offset INTEGER NOT NULL, armed INTEGER NOT NULL, PRIMARY KEY (tp, key)) WITHOUT ROWID;
CREATE INDEX armed ON newest (tp, offset) WHERE armed = 1;
CREATE TABLE leases (grp TEXT NOT NULL, partition INTEGER NOT NULL, epoch INTEGER NOT NULL, metadata TEXT, PRIMARY KEY (grp, partition)) WITHOUT ROWID;
CREATE TABLE positions (grp TEXT NOT NULL, partition INTEGER NOT NULL, topic TEXT NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (grp, partition, topic)) WITHOUT ROWID;
CREATE TABLE records_0 (offset INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB);
CREATE TABLE records_1 (offset INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB, value BLOB, headers BLOB);
INSERT INTO topics (name, partitions, cleanup, first) VALUES ('plain', 1, 'delete', 0), ('states', 1, 'compact', 1);
INSERT INTO ends VALUES (0, 100, 12100), (1, 0, 1);
INSERT INTO newest VALUES (1, x'6b', 0, 0);
INSERT INTO records_1 VALUES (0, 7, x'6b', x'01', NULL);
PRAGMA user_version = 1;
`

test('a log with a row for each record gets blocks, and holds what it held', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-upgrade-'))
  try {
    const old = new DatabaseSync(join(folder, 'log.sqlite'))
    old.exec(LAYOUT_1)
    const insert = old.prepare('INSERT INTO records_0 VALUES (?, ?, ?, ?, ?)')
    old.exec('BEGIN')
    for (let offset = 100; offset < 12_100; offset += 1) insert.run(offset, 5 * offset, offset % 3 === 0 ? null : Uint8Array.of(offset % 7), offset % 5 === 0 ? null : new Uint8Array(offset % 50).fill(offset), offset % 2 === 0 ? null : Uint8Array.of(1, 0, 104, 1, 0, 0, 0, offset % 256))
    old.exec('COMMIT')
    old.close()
    await assert.rejects(openSqliteLog({ folder, mode: 'client', clock: wallClock }), /layout 1, this program reads 2: a run on it brings it up to date/)
    for (const _ of ['brings it up to date', 'finds it so']) {
      const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock })
      const { records, to } = await log.read('plain', 0, 0, Infinity, { recordsMax: Infinity, bytesMax: Infinity })
      assert.deepEqual([records.length, to], [12_000, 12_100])
      for (const { offset, key, value, headers, timestampMs } of records) {
        assert.deepEqual([timestampMs, key, value, headers], [5 * offset, offset % 3 === 0 ? null : Uint8Array.of(offset % 7), offset % 5 === 0 ? null : new Uint8Array(offset % 50).fill(offset), offset % 2 === 0 ? [] : [['h', Uint8Array.of(offset % 256)]]])
      }
      assert.deepEqual([await log.offsetsAt('plain', 0, 'earliest'), await log.offsetsAt('plain', 0, { timeMs: 5001 })], [100, 1001])
      assert.deepEqual((await log.keyed.get('states', 0, [Uint8Array.of(0x6b)])).map((record) => record?.value), [Uint8Array.of(1)])
      await log.close()
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what retention leaves of a block before the start is not read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-blocks-'))
  try {
    const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock })
    await log.ensureTopics([{ name: 't', partitions: 1, cleanup: 'delete' }])
    for (let block = 0; block < 3; block += 1) await log.append(Array.from({ length: 10 }, (_, n): OutRecord => ({ topic: 't', partition: 0, key: null, value: Uint8Array.of(10 * block + n), headers: [], timestampMs: 10 * block + n })))
    await log.truncate('t', 0, 14)
    const { records, to } = await log.read('t', 0, 0, Infinity, { recordsMax: Infinity, bytesMax: Infinity })
    assert.deepEqual([records[0]?.offset, records.length, to], [14, 16, 30])
    assert.deepEqual([await log.offsetsAt('t', 0, 'earliest'), await log.offsetsAt('t', 0, { timeMs: 3 }), await log.offsetsAt('t', 0, { timeMs: 22 })], [14, 14, 22])
    await log.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
