// L4 and history: what is read is what was written, in order, each once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testSeed } from '../support/seed.ts'
import type { LogRecord, OutRecord } from '../../system/protocol/record.ts'
import { Owner, append, batch, bytes, readAll, record, valueOf, values, withLog } from './log-fixture.ts'
import type { CreateLog } from './log-fixture.ts'

export function logReads(name: string, create: CreateLog): void {
  fidelity(name, create)
  ranges(name, create)
  compaction(name, create)
  topics(name, create)
}

/** Plain arrays: drivers may answer subclasses of Uint8Array. */
function plain(read: OutRecord | LogRecord): unknown {
  const { key, value, headers, timestampMs } = read
  return { key: key && [...key], value: value && [...value], headers: headers.map(([header, bytes]) => [header, [...bytes]]), timestampMs }
}

function fidelity(name: string, create: CreateLog): void {
  test(`${name}: null and empty are different, of keys and of values`, () => withLog(create, async ({ log, other }) => {
    const empty = new Uint8Array(0)
    const written = [null, empty].flatMap((key) => [null, empty].map((value) => record('decisions', 0, null, { key, value })))
    await append(other, written)
    const lease = await (await Owner.join(log)).held(0)
    await lease.commit(batch(written))
    assert.deepEqual((await readAll(log, 'decisions', 0)).map(plain), [...written, ...written].map(plain))
  }))

  test(`${name}: headers keep their order, duplicates, empty values and any name`, () => withLog(create, async ({ log }) => {
    const headers = [['a', bytes('1')], ['b', new Uint8Array(0)], ['a', bytes('2')], ['ümläut💳', new Uint8Array([0, 255])], ['', bytes('unnamed')]] as const
    const written = record('decisions', 0, 'x', { headers })
    await append(log, [written])
    assert.deepEqual((await readAll(log, 'decisions', 0)).map(plain), [plain(written)])
  }))

  test(`${name}: the writer may use its buffers again`, () => withLog(create, async ({ log }) => {
    const value = bytes('kept')
    const appended = log.append([record('decisions', 0, null, { value })])
    await appended
    value.fill(0)
    assert.deepEqual(await values(log, 'decisions', 0), ['kept'])
  }))

  test(`${name}: any record is read as it was written`, () => withLog(create, async ({ log }) => {
    const some = fc.uint8Array({ maxLength: 40 })
    const records = fc.array(fc.record({
      topic: fc.constant('decisions'), partition: fc.nat(1), key: fc.option(some), value: fc.option(some),
      headers: fc.array(fc.tuple(fc.string({ maxLength: 5, unit: 'grapheme' }), some), { maxLength: 3 }), timestampMs: fc.nat(2 ** 45),
    }), { minLength: 1, maxLength: 20 })
    await fc.assert(fc.asyncProperty(records, async (written) => {
      const starts = [await log.offsetsAt('decisions', 0, 'latest'), await log.offsetsAt('decisions', 1, 'latest')]
      await append(log, written)
      for (const [partition, start] of starts.entries()) {
        const range = await log.read('decisions', partition, start, Infinity, { recordsMax: 100, bytesMax: 1 << 20 })
        assert.deepEqual(range.records.map(plain), written.filter((each) => each.partition === partition).map(plain))
      }
    }), { numRuns: 60, seed: testSeed() })
  }))

  test(`${name}: values from one byte to the limit are read whole, amid small ones`, () => withLog(create, async ({ log }) => {
    const sizes = [1, 1000, 65_535, 65_536, 65_537, 99_000, 10, 99_990, 3]
    await append(log, sizes.map((size) => record('decisions', 0, null, { value: new Uint8Array(size).fill(size % 256) })))
    const lengths = (read: readonly LogRecord[]): number[] => read.map((each) => (each.value?.every((byte) => byte === each.value!.length % 256) === true ? each.value.length : -1))
    assert.deepEqual(lengths(await readAll(log, 'decisions', 0)), sizes)
    const small = await log.read('decisions', 0, 1, Infinity, { recordsMax: 10, bytesMax: 70_000 })
    assert.deepEqual(lengths(small.records), [1000, 65_535])
    const alone = await log.read('decisions', 0, 5, Infinity, { recordsMax: 10, bytesMax: 10 })
    assert.deepEqual(lengths(alone.records), [99_000])
    assert.equal(alone.to, 6)
  }))
}

function ranges(name: string, create: CreateLog): void {
  test(`${name}: L4 a history read in pieces has every record once, in order`, () => withLog(create, async ({ log }) => {
    const texts = Array.from({ length: 1200 }, (_, index) => `r${index}`)
    await append(log, texts.map((text) => record('decisions', 0, text)))
    const read: (string | null)[] = []
    for (let at = 0; at < 1200;) {
      const range = await log.read('decisions', 0, at, 1150, { recordsMax: 7, bytesMax: 100 })
      assert.ok(range.records.length <= 7)
      assert.equal(range.from, at)
      read.push(...range.records.map(valueOf))
      if (range.to === at) break
      at = range.to
    }
    assert.deepEqual(read, texts.slice(0, 1150))
  }))

  test(`${name}: a read past the end is empty and gets nowhere`, () => withLog(create, async ({ log }) => {
    await append(log, [record('decisions', 0, 'a')])
    const range = await log.read('decisions', 0, 1, 100, { recordsMax: 10, bytesMax: 100 })
    assert.deepEqual(range, { topic: 'decisions', partition: 0, from: 1, to: 1, records: [] })
  }))

  test(`${name}: a read by key answers that key's records and passes over the others`, () => withLog(create, async ({ log }) => {
    await append(log, Array.from({ length: 900 }, (_, index) => record('decisions', 0, `v${index}`, { key: bytes(index % 300 === 5 ? 'mine' : `other${index % 7}`) })))
    const options = { recordsMax: 2, bytesMax: 1 << 20, key: bytes('mine') }
    const first = await log.read('decisions', 0, 0, Infinity, options)
    assert.deepEqual(first.records.map(valueOf), ['v5', 'v305'])
    const rest = await log.read('decisions', 0, first.to, Infinity, options)
    assert.deepEqual(rest.records.map(valueOf), ['v605'])
    assert.equal(rest.to, await log.offsetsAt('decisions', 0, 'latest'))
    assert.deepEqual((await log.read('decisions', 0, 0, Infinity, { ...options, key: new Uint8Array(0) })).records, [])
  }))

  test(`${name}: offsets by time are those of the first record not older`, () => withLog(create, async ({ log }) => {
    assert.equal(await log.offsetsAt('decisions', 0, 'earliest'), 0)
    assert.equal(await log.offsetsAt('decisions', 0, { timeMs: 0 }), await log.offsetsAt('decisions', 0, 'latest'))
    const offsets = await append(log, [1000, 3000, 2000, 4000].map((timestampMs) => record('decisions', 0, 'x', { timestampMs })))
    assert.equal(await log.offsetsAt('decisions', 0, 'earliest'), offsets[0])
    assert.equal(await log.offsetsAt('decisions', 0, { timeMs: 1000 }), offsets[0])
    assert.equal(await log.offsetsAt('decisions', 0, { timeMs: 1001 }), offsets[1])
    assert.equal(await log.offsetsAt('decisions', 0, { timeMs: 3500 }), offsets[3])
    assert.equal(await log.offsetsAt('decisions', 0, { timeMs: 4001 }), await log.offsetsAt('decisions', 0, 'latest'))
    assert.ok(await log.offsetsAt('decisions', 0, 'latest') > (offsets[3] ?? Infinity))
  }))
}

function compaction(name: string, create: CreateLog): void {
  /** What a reader who folds the topic ends with: older records of a key may or may not still be there. */
  const folded = (records: readonly LogRecord[]): Map<string, string | null> => {
    const state = new Map<string, string | null>()
    for (const each of records) state.set(String(each.key), valueOf(each))
    for (const [key, value] of state) if (value === null) state.delete(key)
    return state
  }
  const state = (key: string, value: string | null, more: Partial<OutRecord> = {}): OutRecord => record('app.card.state', 1, value, { key: bytes(key), ...more })

  test(`${name}: a compacted topic keeps the newest record of each key, in offset order`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).held(1)
    await lease.commit(batch([state('a', 'a1'), state('b', 'b1'), state('a', 'a2')]))
    await lease.commit(batch([state('b', null), state('c', 'c1'), state('a', 'a3'), state('d', null), state('', 'empty key')]))
    const records = await readAll(log, 'app.card.state', 1)
    assert.deepEqual(folded(records), new Map([[String(bytes('a')), 'a3'], [String(bytes('c')), 'c1'], ['', 'empty key']]))
    assert.deepEqual(records.map((each) => each.offset), records.map((each) => each.offset).toSorted((a, b) => a - b))
    assert.ok(await log.offsetsAt('app.card.state', 1, 'latest') >= 8)
  }))

  test(`${name}: random access, where there is any, answers the newest records and the armed ones`, () => withLog(create, async ({ log }) => {
    if (log.keyed === undefined) return
    const armed = { headers: [['armed', bytes('t')], ['seq', bytes('9')]] as const }
    await append(log, [state('a', 'a1', armed), state('b', 'b1', armed), state('c', 'c1'), state('d', 'd1', armed)])
    await append(log, [state('b', 'b2'), state('a', 'a2', armed), state('c', null), state('d', null), state('e', 'e'.repeat(90_000), armed), { ...state('a', 'elsewhere', armed), partition: 2 }])
    const found = await log.keyed.get('app.card.state', 1, ['c', 'a', 'nobody', 'b', 'a', 'e'].map(bytes))
    assert.deepEqual(found.map((each) => each && valueOf(each)), [undefined, 'a2', undefined, 'b2', 'a2', 'e'.repeat(90_000)])
    const listed = await log.keyed.armed('app.card.state', 1)
    assert.deepEqual(listed.map((each) => [String(each.key), each.value, each.headers.length]), [[String(bytes('a')), null, 2], [String(bytes('e')), null, 2]])
  }))
}

function topics(name: string, create: CreateLog): void {
  test(`${name}: topics that exist otherwise are named with what differs, and stay`, () => withLog(create, async ({ log, other }) => {
    const problems = await log.ensureTopics([
      { name: 'payments', partitions: 9, cleanup: 'delete' }, { name: 'decisions', partitions: 2, cleanup: 'compact' },
      { name: 'app.card.state', partitions: 4, cleanup: 'compact' }, { name: 'brand-new', partitions: 3, cleanup: 'delete' },
    ])
    assert.deepEqual(problems.map((problem) => problem.topic), ['payments', 'decisions'])
    assert.match(problems[0]?.reason ?? '', /4.*9/)
    const listed = new Map((await other.topics()).map((spec) => [spec.name, spec]))
    assert.deepEqual(listed.get('payments'), { name: 'payments', partitions: 4, cleanup: 'delete' })
    assert.deepEqual(listed.get('brand-new'), { name: 'brand-new', partitions: 3, cleanup: 'delete' })
    await append(other, [record('brand-new', 2, 'x')])
    assert.deepEqual(await values(log, 'brand-new', 2), ['x'])
  }))

  test(`${name}: unknown topics and partitions are refused by name`, () => withLog(create, async ({ log }) => {
    await assert.rejects(log.read('nowhere', 0, 0, 1, { recordsMax: 1, bytesMax: 1 }), /nowhere/)
    await assert.rejects(log.offsetsAt('payments', 4, 'latest'), /payments/)
    await assert.rejects(log.join({ group: 'g', topics: ['payments', 'nowhere'], metadataTopic: 'payments' }, { assigned: () => {} }), /nowhere/)
    await assert.rejects(log.join({ group: 'g', topics: ['payments', 'decisions'], metadataTopic: 'payments' }, { assigned: () => {} }), /decisions/)
  }))
}
