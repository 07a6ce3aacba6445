import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import { ownKeys } from '../../../../system/inspect/own-keys.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { entityId } from '../../../support/partition/bench.ts'
import { showing } from '../../../support/partition/showing.ts'

test('while the log shows less than it has, nothing is said of a state, neither an older one nor that there is none', async () => {
  const log = memoryLog()
  await log.ensureTopics([{ name: 'states', partitions: 1, cleanup: 'compact' }])
  await log.append(['b', 'a'].map((key) => ({ topic: 'states', partition: 0, key: utf8Encode(key), value: utf8Encode('1'), headers: [], timestampMs: 1 })))
  const shown = { topic: 'states', end: 1 }
  const look = async () => (await ownKeys(showing(log, shown), entityId('a')).get('states', 0, [utf8Encode('a')])).map((record) => record?.offset)
  await assert.rejects(look(), { code: 'log/unreachable' })
  shown.end = Infinity
  assert.deepEqual(await look(), [1])
})
