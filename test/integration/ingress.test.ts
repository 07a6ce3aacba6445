// An ingress re-keys a topic into the inboxes of an actor type: every event once, in order, whatever is lost on the way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import type { MemoryLog } from '../../adapters/memory/log.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { memoryRpc } from '../../adapters/memory/rpc.ts'
import { defineActor, defineIngress, defineSystem } from '../../adapters/node/statelog.ts'
import { QueryClient } from '../../system/node/query-client.ts'
import { StatelogNode } from '../../system/node/node.ts'
import { encodeSourceControl, SOURCE_CONTROL_HEADER } from '../../system/partition/envelope.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'

const Ping = z.object({ type: z.literal('ping'), time: z.number(), rider: z.string(), delivery: z.string(), n: z.number() })
const PARTITIONS = 3
const PINGS = 300

const machine = setup({ types: { context: {} as { seen: readonly number[] }, events: {} as z.output<typeof Ping> } }).createMachine({
  context: { seen: [] },
  on: { ping: { actions: assign({ seen: ({ context, event }) => [...context.seen, event.n] }) } },
})

const delivery = defineActor({ name: 'delivery', version: 1, machine, order: 'eventTime' })
const pings = defineIngress({
  name: 'pings',
  sources: { gps: { schema: Ping } },
  tells: ['delivery'],
  route: (ping) => {
    if (ping.n < 0) throw new RangeError('no such ping')
    return ping.delivery === '' ? undefined : { target: 'delivery', id: ping.delivery }
  },
})
const system = defineSystem({ name: 'ride', actors: [pings, delivery], partitions: PARTITIONS })

const record = (n: number, more: object = {}): Parameters<MemoryLog['append']>[0][number] => {
  const ping = { type: 'ping', time: 1_000_000 + n, rider: `r${n % 7}`, delivery: n % 10 === 9 ? '' : `d${n % 4}`, n, ...more }
  return { topic: 'gps', partition: n % PARTITIONS, key: null, value: utf8Encode(JSON.stringify(ping)), headers: [], timestampMs: 0 }
}

function nodeOver(log: MemoryLog, rpc: ReturnType<typeof memoryRpc>, letters: string[]): StatelogNode {
  return new StatelogNode({
    system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), rpc, settings: { commitWaitMs: 0, batchRecordsMax: 20 },
    telemetry: { partition: () => {}, batch: ({ deadLetters }) => letters.push(...deadLetters.keys()), log: () => {}, probe: () => {} },
  })
}

async function consumed(node: StatelogNode): Promise<void> {
  for (let calm = 0; calm < 3;) {
    const status = await node.status()
    const isCalm = status.length === 2 * PARTITIONS && status.every(({ state, lag, watermarkMs = 0 }) => state === 'live' && lag === 0 && watermarkMs === Infinity)
    calm = isCalm ? calm + 1 : 0
    await wallClock.sleep(20)
  }
}

test('events reach their entities once and in event-time order, through a lost owner, a failing commit and a bad route', async () => {
  const log = memoryLog({ keyed: true })
  const letters: string[] = []
  const rpc = memoryRpc(wallClock)
  const first = nodeOver(log, rpc, letters)
  await first.start()
  log.inject('ride.pings', 1, { kind: 'unknown', applied: true, reason: 'a test' })
  log.inject('ride.pings', 2, { kind: 'unknown', applied: false, reason: 'a test' })
  for (let n = 0; n < PINGS / 2; n += 1) await log.append([record(n)])
  await log.append([record(PINGS / 2 - 1, { n: -1 })])
  await first.stop()
  const second = nodeOver(log, rpc, letters)
  await second.start()
  for (let n = PINGS / 2; n < PINGS; n += 1) await log.append([record(n)])
  const end = encodeSourceControl(cborCodec, { watermark: Infinity })
  await log.append(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: 'gps', partition, key: null, value: null, headers: [[SOURCE_CONTROL_HEADER, end] as const], timestampMs: 0 })))
  await consumed(second)
  const client = new QueryClient({ rpc, clock: wallClock, random: new SeededRandom(1) }, cborCodec, second.plans)
  for (const id of ['d0', 'd1', 'd2', 'd3']) {
    const answer = await client.get('delivery', id, { deadlineMs: 1000 })
    const expected = Array.from({ length: PINGS }, (_, n) => n).filter((n) => n % 10 !== 9 && `d${n % 4}` === id)
    assert.deepEqual(answer.kind === 'state' ? answer.entity?.context : answer, { seen: expected })
  }
  assert.deepEqual(letters, ['action'])
  await second.stop()
})
