import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { BackwardReader } from '../../../../system/inspect/backward-reader.ts'
import type { Log } from '../../../../system/ports/log.ts'
import { showing } from '../../../support/partition/showing.ts'

const reader = (log: Log, end?: number) => new BackwardReader(log, 'letters', 0, end, ({ offset }) => offset)

async function lettered(): Promise<MemoryLog> {
  const log = memoryLog()
  await log.ensureTopics([{ name: 'letters', partitions: 1, cleanup: 'delete' }])
  await log.append([1, 2, 3].map((timestampMs) => ({ topic: 'letters', partition: 0, key: null, value: null, headers: [], timestampMs })))
  return log
}

async function taken(found: BackwardReader<number>): Promise<readonly number[]> {
  const offsets: number[] = []
  for (await found.ready(); found.head !== undefined; await found.take()) offsets.push(found.head)
  assert.ok(found.isDone)
  return offsets
}

test('what the log does not show yet is not passed over, what was removed is', async () => {
  const log = await lettered()
  const shown = { topic: 'letters', end: 1 }
  const partly = showing(log, shown)
  await assert.rejects(reader(partly).ready(), { code: 'log/unreachable' })
  shown.end = Infinity
  assert.deepEqual(await taken(reader(partly)), [2, 1, 0])
  log.truncate('letters', 0, 2)
  assert.deepEqual(await taken(reader(partly)), [2])
})

test('a page that goes on behind the end that the log shows now waits for it, and reads nothing', async () => {
  const log = await lettered()
  const shown = { topic: 'letters', end: 1 }
  const offsetsAt = log.offsetsAt.bind(log)
  log.offsetsAt = async (topic, partition, at) => (at === 'latest' ? shown.end : offsetsAt(topic, partition, at))
  const partly = showing(log, shown)
  await assert.rejects(reader(partly, 3).ready(), { code: 'log/unreachable' })
  shown.end = 3
  assert.deepEqual(await taken(reader(partly, 3)), [2, 1, 0])
  log.read = () => assert.fail()
  await assert.rejects(reader(log, 999_999_999_999_999).ready(), { code: 'log/unreachable' })
})
