import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { feedTopic, readFeedProgress } from '../../../../adapters/node/feed-progress.ts'
import { FeedEncoder } from '../../../../adapters/node/feed-records.ts'
import { openFeeder } from '../../../../adapters/node/feeder.ts'
import type { Feeder, Pace } from '../../../../adapters/node/feeder.ts'
import { outputReader, recordsOf } from '../../../../adapters/node/outputs.ts'
import { Tempo } from '../../../../adapters/node/tempo.ts'
import type { Clock } from '../../../../system/ports/clock.ts'
import type { FeedItem } from '../../../../system/authoring/scenario.ts'
import { decodeSourceControl, SOURCE_CONTROL_HEADER } from '../../../../system/partition/envelope.ts'
import { topicSpecs, planSystem } from '../../../../system/partition/topology.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { OperationError } from '../../../../system/protocol/failures.ts'
import { headerOf } from '../../../../system/protocol/record.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { meters } from '../../../support/meters/system.ts'
import { showing } from '../../../support/partition/showing.ts'

const chunk = (index: number): readonly FeedItem[] => [
  ...Array.from({ length: 10 }, (_, n): FeedItem => ({ topic: 'readings', key: `m${n}`, timeMs: index * 100 + n, event: { type: 'reading', meter: `m${n}`, time: index * 100 + n, value: index } })),
  { topic: 'readings', watermarkMs: index * 100 + 10 },
]

async function* chunks(count: number): AsyncGenerator<readonly FeedItem[]> {
  for (let index = 0; index < count; index += 1) yield chunk(index)
}

async function freshLog(): Promise<MemoryLog> {
  const log = memoryLog()
  await log.ensureTopics(topicSpecs(planSystem(meters)))
  return log
}

/** Waits take no time. */
function hastyClock(): Clock {
  let nowMs = 0
  return { nowMs: () => nowMs, monotonicMs: () => nowMs, sleep: async (ms) => void (nowMs += ms) }
}

const open = (log: MemoryLog, input = 'a'): Promise<Feeder> => openFeeder({ log, codec: cborCodec, clock: hastyClock(), system: meters, folder: 'f', input })
const pace = (change: Partial<Pace> = {}): Pace => ({ tempo: new Tempo(undefined), stop: new AbortController().signal, room: async () => {}, ...change })

async function fedTimes(log: MemoryLog): Promise<number[]> {
  const times: number[] = []
  for await (const { event } of outputReader(log).outputs('readings')) times.push(event['time'] as number)
  return times.sort((a, b) => a - b)
}

/** Stops after so many appends. */
function stopping(after: number): Pace {
  const stop = new AbortController()
  let appends = 0
  return pace({ stop: stop.signal, tempo: new Tempo(70), room: async () => { if ((appends += 1) === after) stop.abort() } })
}

test('events go to the partition of their key, promises to every partition', async () => {
  const log = await freshLog()
  const feeder = await open(log)
  assert.equal(await feeder.feed(chunks(1), pace()), 'ended')
  const promised: number[] = []
  for await (const { partition, record } of recordsOf(log, 'readings')) {
    const control = headerOf(record.headers, SOURCE_CONTROL_HEADER)
    if (control === undefined) assert.equal(partition, partitionOf(record.key ?? new Uint8Array(), meters.partitions))
    else promised.push(partition)
    if (control !== undefined) assert.deepEqual(decodeSourceControl(cborCodec, control), { watermark: 10 })
  }
  assert.deepEqual(promised, [0, 1])
  assert.equal(feeder.promisedMs, 10)
})

test('a feed goes on exactly where it stopped, also in the middle of a chunk', async () => {
  for (const stopAfter of [1, 2, 3, 5, 7]) {
    const log = await freshLog()
    const first = await open(log)
    assert.equal(await first.feed(chunks(4), stopping(stopAfter)), 'stopped')
    assert.equal((await readFeedProgress(log, meters.name))?.events, (await fedTimes(log)).length)
    const second = await open(log.peer())
    assert.equal(await second.feed(chunks(4), pace()), 'ended')
    assert.deepEqual(await fedTimes(log), [0, 1, 2, 3].flatMap((index) => Array.from({ length: 10 }, (_, n) => index * 100 + n)))
    assert.deepEqual({ events: second.progress.events, ended: second.progress.ended, promisedMs: second.promisedMs }, { events: 40, ended: true, promisedMs: 310 })
  }
})

test('J1: a feed does not go on from a progress that is not its newest, because that is not shown now', async () => {
  const log = await freshLog()
  await (await open(log)).feed(chunks(2), pace())
  const shown = { topic: feedTopic(meters.name), end: (await log.offsetsAt(feedTopic(meters.name), 0, 'latest')) - 1 }
  await assert.rejects(open(showing(log, shown)), { code: 'log/unreachable' })
  shown.end = Infinity
  assert.equal((await open(showing(log, shown))).progress.ended, true)
})

test('a feed that ended feeds nothing more', async () => {
  const log = await freshLog()
  await (await open(log)).feed(chunks(2), pace())
  const end = await log.offsetsAt('readings', 0, 'latest')
  const again = await open(log)
  assert.equal(await again.feed(chunks(2), pace()), 'ended')
  assert.equal(await log.offsetsAt('readings', 0, 'latest'), end)
  assert.equal(again.promisedMs, 110)
})

test('another input is refused with the cure', async () => {
  const log = await freshLog()
  await (await open(log, 'fraud --seed 1')).feed(chunks(1), pace())
  await assert.rejects(open(log, 'fraud --seed 2'), (thrown) => thrown instanceof OperationError && thrown.code === 'feed/other-input' && /--fresh/.test(thrown.message))
})

test('a topic that nobody reads is refused', async () => {
  const feeder = await open(await freshLog())
  const stray = async function* (): AsyncGenerator<readonly FeedItem[]> { yield [{ topic: 'raedings', key: 'a', timeMs: 0, event: {} }] }
  await assert.rejects(feeder.feed(stray(), pace()), (thrown) => thrown instanceof OperationError && thrown.code === 'feed/topic')
})

test('bytes are fed as they are, without a key into partition 0', async () => {
  const log = await freshLog()
  const value = utf8Encode('{')
  const bad = async function* (): AsyncGenerator<readonly FeedItem[]> { yield [{ topic: 'readings', key: null, value, timeMs: 5 }] }
  await (await open(log)).feed(bad(), pace())
  const range = await log.read('readings', 0, 0, 10, { recordsMax: 10, bytesMax: 1000 })
  assert.deepEqual(range.records.map(({ key, value: bytes, timestampMs }) => ({ key, bytes, timestampMs })), [{ key: null, bytes: value, timestampMs: 5 }])
})

test('an event for a topic whose values are bytes is refused with the cure', () => {
  const raw = { ...meters, actors: meters.actors.map((actor) => ({ ...actor, sources: actor.sources.map((source) => ({ ...source, format: 'bytes' as const })) })) }
  const encoder = new FeedEncoder(raw, cborCodec)
  assert.throws(() => encoder.records({ topic: 'readings', key: 'm1', timeMs: 0, event: { type: 'reading' } }), (thrown) => thrown instanceof OperationError && thrown.code === 'feed/format')
  assert.equal(encoder.records({ topic: 'readings', key: utf8Encode('m1'), value: utf8Encode('x'), timeMs: 0 }).length, 1)
})

test('a rate is kept from its last change on; a paused feed sends nothing, makes nothing up, and can be stopped', async () => {
  let nowMs = 0
  const sent: (readonly [atMs: number, events: number])[] = []
  const tempo = new Tempo(100)
  const stop = new AbortController()
  let feeder: Feeder | undefined
  const clock: Clock = {
    nowMs: () => nowMs, monotonicMs: () => nowMs,
    sleep: async (ms) => {
      if (!tempo.now.isPaused) return void (nowMs += ms)
      nowMs += 5000
      if (feeder?.progress.events === 30) return tempo.change({ isPaused: false, rate: 200 })
      stop.abort()
    },
  }
  feeder = await openFeeder({ log: await freshLog(), codec: cborCodec, clock, system: meters, folder: 'f', input: 'a' })
  const room = async (): Promise<void> => {
    const { events = 0 } = feeder?.progress ?? {}
    // A promise is no event.
    if (sent.at(-1)?.[1] === events) return
    sent.push([nowMs, events])
    if (events === 30 || events === 60) tempo.change({ isPaused: true })
  }
  assert.equal(await feeder.feed(chunks(100), pace({ tempo, stop: stop.signal, room })), 'stopped')
  assert.deepEqual(sent, [[0, 10], [100, 20], [200, 30], [5200, 40], [5250, 50], [5300, 60]])
})
