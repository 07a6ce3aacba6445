// Compaction of the embedded log: S1, S2.
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import { Sweeper } from '../../../../adapters/sqlite/sweeper.ts'
import { testSeed } from '../../../support/seed.ts'

/** A topic partition written as the writer writes it. */
class Topic {
  readonly db = new DatabaseSync(':memory:')
  readonly sweeper: Sweeper
  #end = 0

  constructor(random: number) {
    this.db.exec('CREATE TABLE records_7 (offset INTEGER PRIMARY KEY, key BLOB); CREATE TABLE newest (tp INTEGER, key BLOB, offset INTEGER, PRIMARY KEY (tp, key)) WITHOUT ROWID')
    this.sweeper = new Sweeper(this.db, () => random)
  }

  write(key: number): void {
    const bytes = new Uint8Array([key])
    if (this.db.prepare('SELECT 1 FROM newest WHERE tp = 7 AND key = ?').get(bytes) !== undefined) this.sweeper.replaced(7)
    this.db.prepare('INSERT INTO newest VALUES (7, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset').run(bytes, this.#end)
    this.db.prepare('INSERT INTO records_7 VALUES (?, ?)').run(this.#end, bytes)
    this.#end += 1
  }

  commit(): void {
    this.sweeper.run(() => this.#end)
  }

  get rows(): number {
    return Number(this.db.prepare('SELECT count(*) AS n FROM records_7').get()?.['n'])
  }

  newest(): readonly (readonly [number, number])[] {
    return this.db.prepare('SELECT key, max(offset) AS offset FROM records_7 GROUP BY key ORDER BY key').all().map((row) => [(row['key'] as Uint8Array)[0] ?? -1, Number(row['offset'])])
  }
}

test('S2: the newest record of every key stays, wherever sweeping begins', () => {
  fc.assert(fc.property(fc.array(fc.array(fc.nat(20), { maxLength: 10 }), { maxLength: 60, size: 'max' }), fc.double({ min: 0, max: 0.999, noNaN: true }), (commits, random) => {
    const topic = new Topic(random)
    const newest = new Map<number, number>()
    let end = 0
    for (const keys of commits) {
      for (const key of keys) {
        topic.write(key)
        newest.set(key, end)
        end += 1
      }
      topic.commit()
    }
    assert.deepEqual(topic.newest(), [...newest].sort(([a], [b]) => a - b))
    topic.db.close()
  }), { seed: testSeed(), numRuns: 60 })
})

test('S1: what is dead stays at most as much as what lives', () => {
  for (const keys of [1, 10, 200]) {
    const topic = new Topic(0.5)
    for (let commit = 0; commit < 300; commit += 1) {
      for (let n = 0; n < 20; n += 1) topic.write((commit * 20 + n * 7) % keys)
      topic.commit()
      assert.ok(topic.rows <= 2 * keys + 60, `${topic.rows} rows of ${keys} keys`)
    }
    topic.db.close()
  }
})
