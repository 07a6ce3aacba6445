// Artifacts on a log that shows less than it has for a while.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logModelStore } from '../../../../adapters/memory/log-models.ts'
import type { Log } from '../../../../system/ports/log.ts'

test('an artifact that the log does not show yet is waited for', async () => {
  let reads = 0
  const sleeps: number[] = []
  const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: async (ms: number) => void sleeps.push(ms) }
  const log = {
    keyed: undefined, offsetsAt: async () => 1,
    read: async () => ((reads += 1) <= 2 ? { from: 0, to: 0, records: [] } : { from: 0, to: 1, records: [{ value: new Uint8Array([7]) }] }),
  } as unknown as Log
  assert.deepEqual(await logModelStore(log, 'app.models', clock).load('hash'), new Uint8Array([7]))
  assert.equal(sleeps.length, 2)
})
