import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { OwnKeys, ownKeys } from '../../../../system/inspect/own-keys.ts'
import type { KeyedReads } from '../../../../system/ports/log.ts'
import { FOLLOWED_MAX, TOMBSTONES_KEPT_MS } from '../../../../system/protocol/limits.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { entityId } from '../../../support/partition/bench.ts'
import { ending, showing } from '../../../support/partition/showing.ts'

const state = (key: string, value: string | null = '1') => ({ topic: 'states', partition: 0, key: utf8Encode(key), value: value === null ? null : utf8Encode(value), headers: [], timestampMs: 1 })

async function logOf(...keys: string[]): Promise<MemoryLog> {
  const log = memoryLog()
  await log.ensureTopics([{ name: 'states', partitions: 1, cleanup: 'compact' }])
  await log.append(keys.map((key) => state(key)))
  return log
}

const placeOf = async (keyed: KeyedReads, key: string): Promise<number | undefined> => (await keyed.get('states', 0, [utf8Encode(key)]))[0]?.offset

/** The same log, and how many records were read of it. */
function counted(log: MemoryLog): { readonly log: MemoryLog; readonly read: { records: number } } {
  const read = { records: 0 }
  const counting = Object.assign(Object.create(log) as MemoryLog, {
    append: log.append.bind(log), offsetsAt: log.offsetsAt.bind(log),
    read: async (...args: Parameters<MemoryLog['read']>) => {
      const range = await log.read(...args)
      read.records += range.records.length
      return range
    },
  })
  return { log: counting, read }
}

test('K2: while the log shows less than it has, nothing is said of a state, neither an older one nor that there is none', async () => {
  const log = await logOf('b', 'a')
  const shown = { topic: 'states', end: 1 }
  const look = () => placeOf(ownKeys(showing(log, shown), entityId('a')), 'a')
  await assert.rejects(look(), { code: 'log/unreachable' })
  shown.end = Infinity
  assert.equal(await look(), 1)
})

test('K3: a key is read from the beginning once, and on from there with those that were looked at before', async () => {
  const { log, read } = counted(await logOf('a', 'b', 'c', 'd'))
  const own = new OwnKeys(() => log, wallClock)
  assert.deepEqual([await placeOf(own.of(entityId('a')), 'a'), read.records], [0, 4])
  assert.deepEqual([await placeOf(own.of(entityId('b')), 'b'), read.records], [1, 8])
  await log.append([state('a'), state('b', null), state('e')])
  assert.deepEqual([await placeOf(own.of(entityId('a')), 'a'), await placeOf(own.of(entityId('b')), 'b'), await placeOf(own.of(entityId('nobody')), 'a'), read.records], [4, undefined, undefined, 11])
})

test('K1: looks at many entities at once share what they read', async () => {
  const ids = Array.from({ length: 50 }, (_, n) => `e${n}`)
  const { log, read } = counted(await logOf(...ids))
  const own = new OwnKeys(() => log, wallClock)
  assert.deepEqual(await Promise.all(ids.map((id) => placeOf(own.of(entityId(id)), id))), ids.map((_, n) => n))
  assert.ok(read.records <= 2 * ids.length, `${read.records}`)
})

test('everybody who is followed is kept, and no more than some beyond', async () => {
  const ids = Array.from({ length: FOLLOWED_MAX + 400 }, (_, n) => `e${n}`)
  const { log, read } = counted(await logOf(...ids))
  const own = new OwnKeys(() => log, wallClock)
  const followed = ids.slice(0, FOLLOWED_MAX)
  const look = (wanted: readonly string[]) => Promise.all(wanted.map((id) => placeOf(own.of(entityId(id)), id)))
  await look(followed)
  read.records = 0
  await look(followed)
  assert.equal(read.records, 0)
  await look(ids.slice(FOLLOWED_MAX))
  read.records = 0
  assert.equal(await placeOf(own.of(entityId('e0')), 'e0'), 0)
  assert.equal(read.records, ids.length, 'it was not kept, and is found again')
})

test('what is made anew is read anew', async () => {
  const log = await logOf('a', 'b', 'a')
  const ends: Record<string, number[]> = {}
  const own = new OwnKeys(() => ending(log, ends), wallClock)
  assert.equal(await placeOf(own.of(entityId('a')), 'a'), 2)
  ends['states'] = [1]
  assert.equal(await placeOf(own.of(entityId('b')), 'b'), undefined)
})

test('K3: an entity that has ended is not there, also where nobody looked until its tombstone was removed', async () => {
  const log = await logOf('a', 'b')
  let nowMs = 0
  const own = new OwnKeys(() => log, { monotonicMs: () => nowMs })
  assert.equal(await placeOf(own.of(entityId('a')), 'a'), 0)
  // As after the tombstone's removal: of 'a' nothing is left.
  const without = await logOf('b', 'b', 'b', 'b')
  Object.assign(log, { read: without.read.bind(without), offsetsAt: without.offsetsAt.bind(without) })
  nowMs = 2 * TOMBSTONES_KEPT_MS
  assert.equal(await placeOf(own.of(entityId('a')), 'a'), undefined)
})

test('K4: what was read beside another life of the journal does not count, also where there is more of the topic than was read', async () => {
  let log = await logOf('b', 'a')
  const own = new OwnKeys(() => log, wallClock)
  const look = (life: string) => {
    const reads = own.of(entityId('a'))
    reads.beside?.('states', 0, life)
    return placeOf(reads, 'a')
  }
  assert.equal(await look('first'), 1)
  log = await logOf('a', 'b', 'b', 'b')
  assert.equal(await look('second'), 0)
  const both = await Promise.allSettled([look('second'), look('first')])
  assert.deepEqual(both.map(({ status }) => status), ['rejected', 'fulfilled'])
})

test('K5: no more bytes are kept than the bound while much is read, and nothing of the answer that they came in', async () => {
  const ids = Array.from({ length: 20 }, (_, n) => `e${n}`)
  const log = memoryLog()
  await log.ensureTopics([{ name: 'states', partitions: 1, cleanup: 'compact' }])
  const answer = new Uint8Array(100_000)
  await log.append(ids.map((id) => ({ ...state(id), value: answer.subarray(0, 1000), headers: [['h', answer.subarray(0, 8)] as const] })))
  // As drivers do that read whole batches.
  const viewing = new Proxy(log, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name)
      if (typeof found !== 'function') return found
      return name !== 'read' ? found.bind(target) as unknown : async (...args: Parameters<MemoryLog['read']>) => {
        const range = await target.read(...args)
        return { ...range, records: range.records.map((record) => ({ ...record, value: answer.subarray(0, 1000) })) }
      }
    },
  })
  const own = new OwnKeys(() => viewing, wallClock, 5 * 1100)
  const get = async (id: string) => (await own.of(entityId(id)).get('states', 0, [utf8Encode(id)]))[0]
  const told = await Promise.allSettled(ids.map(get))
  assert.deepEqual(told.map((one) => one.status === 'fulfilled'), ids.map((_, n) => n >= ids.length - 5))
  for (const id of ids) {
    const record = await get(id)
    assert.ok(record !== undefined && [record.key, record.value, ...record.headers.map(([, value]) => value)].every((bytes) => bytes?.buffer.byteLength === bytes?.length), id)
  }
})
