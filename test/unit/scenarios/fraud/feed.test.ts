import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { fraudSystem } from '../../../../actors/fraud/system.ts'
import { Fed, feed } from '../../../../scenarios/fraud/feed.ts'
import { generatedPayments } from '../../../../scenarios/fraud/generated.ts'
import type { FeedItem, FeedPromise } from '../../../../system/authoring/scenario.ts'
import { Decoder } from '../../../../system/partition/decode.ts'
import { planSystem } from '../../../../system/partition/topology.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { allOf, paymentsAt, START_MS } from './story.ts'

const DAY_MS = 86_400_000
const input = { payments: generatedPayments(9, 5000).payments, labelDelayMs: DAY_MS, seed: 9, bad: 0 }
const isPromise = (item: FeedItem): item is FeedPromise => 'watermarkMs' in item

test('a feed is the same every time, chunk by chunk', async () => {
  const chunks = async (): Promise<string[]> => {
    const all: string[] = []
    for await (const items of feed({ ...input, bad: 0.01 }, new Fed())) all.push(JSON.stringify(items))
    return all
  }
  assert.deepEqual(await chunks(), await chunks())
})

test('each chunk ends with promises for both topics that everything after it keeps', async () => {
  let promisedMs = -Infinity
  let chunks = 0
  for await (const items of feed(input, new Fed())) {
    for (const item of items.filter((one) => 'event' in one)) assert.ok(item.timeMs >= promisedMs)
    const promises = items.filter(isPromise)
    assert.deepEqual(promises.map(({ topic }) => topic), ['transactions', 'labels'])
    assert.ok(items.length <= 502)
    promisedMs = promises[0]!.watermarkMs
    chunks += 1
  }
  assert.ok(chunks > 10)
})

test('the end promises one millisecond more than the last event, and no end of time', async () => {
  const items = await allOf(feed({ ...input, payments: paymentsAt(0, 5) }, new Fed()))
  assert.deepEqual(items.filter(isPromise), ['transactions', 'labels'].map((topic) => ({ topic, watermarkMs: START_MS + 6 })))
  assert.deepEqual(await allOf(feed({ ...input, payments: paymentsAt() }, new Fed())), [])
})

test('events are keyed by the entity that takes them, and counted', async () => {
  const fed = new Fed()
  const items = await allOf(feed({ ...input, payments: paymentsAt(0, 5), labelDelayMs: 5 }, fed))
  assert.deepEqual(items.filter((item) => 'event' in item), [
    { topic: 'transactions', key: '7', timeMs: START_MS, event: { type: 'transaction', time: START_MS, transactionId: 't0', cardId: '7', terminalId: 'a', amount: 10 } },
    { topic: 'labels', key: 'a', timeMs: START_MS + 5, event: { type: 'label', time: START_MS + 5, transactionId: 't0', terminalId: 'a', fraud: 0 } },
    { topic: 'transactions', key: '7', timeMs: START_MS + 5, event: { type: 'transaction', time: START_MS + 5, transactionId: 't1', cardId: '7', terminalId: 'a', amount: 10 } },
  ])
  assert.deepEqual([fed.transactions, fed.labels, fed.firstMs, fed.lastMs, [...fed.frauds]], [2, 1, START_MS, START_MS + 5, ['t1']])
})

test('bad records come among the good ones as asked, each is refused with the class it is counted under, and no good one is', async () => {
  const plan = planSystem(fraudSystem({ order: 'eventTime' }))
  const decoders = { transactions: new Decoder(plan.get('card')!, cborCodec), labels: new Decoder(plan.get('terminal')!, cborCodec) }
  const { partitions } = plan.get('card')!
  const failures = new Map<string, number>()
  const nowMs = Date.UTC(2026, 0, 1)
  const fed = new Fed()
  for await (const items of feed({ ...input, bad: 0.1 }, fed)) {
    for (const item of items) {
      if (isPromise(item)) continue
      const isGood = 'event' in item
      const [key, value] = isGood ? [utf8Encode(item.key), utf8Encode(JSON.stringify(item.event))] : [item.key, item.value]
      const decoded = decoders[item.topic as 'transactions' | 'labels'].decode(item.topic, partitionOf(key ?? new Uint8Array(), partitions), { offset: 0, key, value, headers: [], timestampMs: item.timeMs }, nowMs)
      assert.equal(decoded.kind, isGood ? 'input' : 'failed')
      if (decoded.kind === 'failed') failures.set(decoded.failure.class, (failures.get(decoded.failure.class) ?? 0) + 1)
    }
  }
  assert.deepEqual([...failures].sort(), [...fed.bad].sort())
  assert.deepEqual([...fed.bad.keys()].sort(), ['decode', 'key', 'schema', 'semantic', 'size'])
  const bad = [...fed.bad.values()].reduce((sum, count) => sum + count, 0)
  assert.ok(Math.abs(bad / (bad + fed.transactions) - 0.1) < 0.02)
})
