// Keyed reads by reading everything answer what keyed reads of a log answer that has them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { ScannedKeys } from '../../../../system/inspect/scanned-keys.ts'
import type { KeyedReads } from '../../../../system/ports/log.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { showing } from '../../../support/partition/showing.ts'

const state = (key: string, value: string | null, isArmed = false): OutRecord => ({ topic: 'states', partition: 0, key: utf8Encode(key), value: value === null ? null : utf8Encode(value), headers: isArmed ? [['armed', utf8Encode('t')]] : [], timestampMs: 1 })

test('newest records, tombstones and what is armed are those of a log that is read by key, also when more was written since', async () => {
  const log = memoryLog({ keyed: true })
  await log.ensureTopics([{ name: 'states', partitions: 1, cleanup: 'compact' }])
  const scanned = new ScannedKeys(log)
  const keyed = log.keyed as KeyedReads
  const keys = ['a', 'b', 'c', 'ä', 'nobody'].map(utf8Encode)
  for (const records of [[state('a', '1', true), state('b', '1', true), state('ä', '1')], [state('a', '2'), state('b', null), state('c', '1', true)]]) {
    await log.append(records)
    log.skipOffsets('states', 0, 2)
    assert.deepEqual(await scanned.get('states', 0, keys), await keyed.get('states', 0, keys))
    assert.deepEqual(await scanned.armed('states', 0), await keyed.armed('states', 0))
  }
})

test('looks at the same time read a partition once, and one that comes meanwhile sees what was written before it', async () => {
  const log = memoryLog()
  await log.ensureTopics([{ name: 'states', partitions: 1, cleanup: 'compact' }])
  await log.append([state('a', '1')])
  let running = 0
  let most = 0
  let reads = 0
  const read = log.read.bind(log)
  log.read = async (...args) => {
    reads += 1
    most = Math.max(most, ++running)
    await new Promise<void>((resolve) => setImmediate(resolve))
    return read(...args).finally(() => (running -= 1))
  }
  const scanned = new ScannedKeys(log)
  const value = async (): Promise<string> => new TextDecoder().decode((await scanned.get('states', 0, [utf8Encode('a')]))[0]?.value ?? new Uint8Array())
  const early = [value(), value(), value()]
  while (running === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  await log.append([state('a', '2')])
  const late = [value(), value()]
  await Promise.all(early)
  assert.deepEqual([await Promise.all(late), most, reads], [['2', '2'], 1, 2])
})

test('I12: while the log shows less than it has nothing is said of its states, and all of it afterwards', async () => {
  const log = memoryLog()
  await log.ensureTopics([{ name: 'states', partitions: 1, cleanup: 'compact' }])
  await log.append([state('a', '1'), state('b', '1'), state('a', '2')])
  const shown = { topic: 'states', end: 1 }
  const scanned = new ScannedKeys(showing(log, shown))
  await assert.rejects(scanned.get('states', 0, [utf8Encode('b')]), { code: 'log/unreachable' })
  shown.end = Infinity
  assert.deepEqual((await scanned.get('states', 0, ['a', 'b'].map(utf8Encode))).map((record) => record?.offset), [2, 1])
})

test('a scan that failed is not shared with who comes after it', async () => {
  const log = memoryLog()
  await log.ensureTopics([{ name: 'states', partitions: 1, cleanup: 'compact' }])
  await log.append([state('a', '1')])
  const read = log.read.bind(log)
  log.read = async () => {
    log.read = read
    throw new TypeError('away')
  }
  const scanned = new ScannedKeys(log)
  await assert.rejects(scanned.get('states', 0, []), /away/)
  assert.equal((await scanned.get('states', 0, [utf8Encode('a')])).length, 1)
})
