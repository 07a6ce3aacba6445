// A partition that is behind never waits for more: its polls are full, whatever its other topics hold, in records or in bytes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { z } from 'zod'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { defineActor, defineSystem } from '../../adapters/node/statelog.ts'
import { StatelogNode } from '../../system/node/node.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'
import { silent } from '../support/partition/owner.ts'

const RECORDS = 120
/** The last batch need not be full, and waits. */
const LEFT_MAX = 10
/** Longer than all batches together may take. */
const COMMIT_WAIT_MS = 3000
const MS_MAX = 2500

const schema = z.object({ type: z.literal('deed'), id: z.string(), text: z.string() })
const actor = defineActor({
  name: 'one', version: 1, machine: createMachine({}),
  sources: { deeds: { schema, key: (deed) => deed.id } },
})
const system = defineSystem({ name: 'backlog', actors: [actor], partitions: 1 })

/** Inputs of each batch until the source is nearly at its end. Rejects when one of them waited for more. */
async function drained(text: string, settings: { readonly batchRecordsMax: number; readonly batchBytesMax?: number }): Promise<readonly number[]> {
  const log = memoryLog({ keyed: true })
  await log.ensureTopics([{ name: 'deeds', partitions: 1, cleanup: 'delete' }])
  const records = Array.from({ length: RECORDS }, (_, n) => ({ topic: 'deeds', partition: 0, key: utf8Encode(`e${n % 7}`), value: utf8Encode(JSON.stringify({ type: 'deed', id: `e${n % 7}`, text })), headers: [], timestampMs: n }))
  assert.equal((await log.append(records)).kind, 'done')
  const batches: number[] = []
  let isDone = (): void => {}
  const done = new Promise<void>((resolve) => (isDone = resolve))
  const telemetry = { ...silent, batch: ({ inputs }: { readonly inputs: number }) => {
    if (inputs > 0) batches.push(inputs)
    if (batches.reduce((sum, count) => sum + count, 0) >= RECORDS - LEFT_MAX) isDone()
  } }
  const node = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: COMMIT_WAIT_MS, ...settings }, telemetry })
  await node.start()
  const tooLong = new AbortController()
  const isInTime = await Promise.race([done.then(() => true), wallClock.sleep(MS_MAX, tooLong.signal).then(() => false)])
  tooLong.abort()
  await node.stop()
  assert.ok(isInTime, `after ${MS_MAX} ms these batches were committed: ${batches.join(' ')}`)
  return batches
}

test('batches are full in records although the inbox is empty', async () => {
  const batches = await drained('', { batchRecordsMax: 20 })
  assert.deepEqual(batches, Array.from({ length: 6 }, () => 20))
})

test('or full in bytes', async () => {
  const batches = await drained('x'.repeat(1000), { batchRecordsMax: 1000, batchBytesMax: 10_240 })
  assert.ok(batches.length > 10 && batches.slice(0, -1).every((count) => count >= 6), batches.join(' '))
})
