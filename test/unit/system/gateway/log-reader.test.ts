import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import type { Gateway } from '../../../../system/gateway/gateway.ts'
import { LogReader } from '../../../../system/gateway/log-reader.ts'
import { historyOf } from '../../../../system/inspect/history.ts'
import type { HistoryEntry } from '../../../../system/inspect/history.ts'
import type { Letter, LettersAsked, LettersPlace } from '../../../../system/inspect/letters.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { gatewayTo, served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'

const IN_TIME = { deadlineMs: 5000 }
const A = entityId('a')
const INBOX = 'counters.counter.inbox'

async function pageOf(gateway: Pick<Gateway, 'history'>, asked: { readonly entriesMax: number; readonly before?: HistoryEntry | undefined }) {
  const result = await gateway.history('counter', A, { ...IN_TIME, ...asked })
  assert.ok(result.kind === 'history', JSON.stringify(result))
  return result.page
}

async function pagesOf(gateway: Pick<Gateway, 'history'>, entriesMax: number): Promise<readonly HistoryEntry[]> {
  const all: HistoryEntry[] = []
  for (;;) {
    const { entries, older } = await pageOf(gateway, { entriesMax, before: all.at(-1) })
    all.push(...entries)
    if (older === 'none') return all
    assert.equal(older, 'more')
  }
}

for (const keyed of [true, false]) {
  test(`G1: pages of a history are all of it, while it runs and at rest (${keyed ? 'read by key' : 'read through'})`, async (t) => {
    const { node, log, rpc } = await served(t)
    const seen = keyed ? log : Object.assign(log.peer(), { keyed: undefined })
    const gateway = gatewayTo(node, seen, rpc)
    for (let n = 1; n <= 7; n += 1) await gateway.command('counter', A, n === 4 ? { type: 'add' } : { type: 'add', by: n }, `k${n}`, IN_TIME)
    const sums = [1, 3, 6, 6, 11, 17, 24]
    const told: (readonly HistoryEntry[])[] = []
    for (const first of [async () => {}, () => node.stop()]) {
      await first()
      for (const entriesMax of [1, 2, 7, 50]) {
        const entries = await pagesOf(gateway, entriesMax)
        assert.deepEqual(entries.map(({ context }) => context), sums.map((n) => ({ n })).reverse())
        told.push(entries)
      }
    }
    const whole = await historyOf(log, cborCodec, node.plans.get('counter') as TypePlan, 'a', { entriesMax: 100 })
    for (const entries of told) assert.deepEqual(entries, [...whole.entries].reverse())
    const [newest] = whole.entries.slice(-1)
    assert.deepEqual([newest?.event['by'], newest?.from, newest?.to, newest?.effects], [7, 'counting', 'counting', [{ kind: 'reply', value: 24 }]])
    assert.deepEqual(whole.entries.map(({ verdict }) => verdict?.class), [undefined, undefined, undefined, 'action', undefined, undefined, undefined])
  })
}

test('G2: what is not kept any more is said to be gone, and what could not be read in time to be unread', async (t) => {
  const { gateway, node, log, rpc } = await served(t)
  for (let n = 1; n <= 3; n += 1) await gateway.command('counter', A, { type: 'add', by: n }, `k${n}`, IN_TIME)
  await node.stop()
  const partition = partitionOf(utf8Encode('a'), 2)
  log.truncate(INBOX, partition, await log.offsetsAt(INBOX, partition, 'latest'))
  const gone = await pageOf(gatewayTo(node, log, rpc), { entriesMax: 5 })
  assert.deepEqual([gone.entries, gone.older, /inputs are left/.test(gone.reason)], [[], 'gone', true])
  const again = await served(t, { log })
  await again.gateway.command('counter', A, { type: 'add', by: 4 }, 'k4', IN_TIME)
  const since = await pageOf(again.gateway, { entriesMax: 5 })
  assert.deepEqual([since.entries.map(({ context }) => context), since.older], [[{ n: 10 }], 'gone'])
  const late = await again.gateway.history('counter', A, { deadlineMs: 0, entriesMax: 5 })
  assert.ok(late.kind === 'unread', JSON.stringify(late))
  assert.equal((await again.gateway.history('counter', A, { ...IN_TIME, signal: AbortSignal.abort(), entriesMax: 5 })).kind, 'unread')
})

async function lettersOf(gateway: Gateway, asked: Partial<LettersAsked> & { readonly limit: number }, between: () => Promise<unknown> = async () => {}): Promise<readonly Letter[]> {
  const all: Letter[] = []
  for (let before: LettersPlace | undefined; ;) {
    const result = await gateway.letters({ ...IN_TIME, ...asked, before })
    assert.ok(result.kind === 'letters' && result.page.letters.length <= asked.limit, JSON.stringify(result))
    all.push(...result.page.letters)
    before = result.page.next
    if (before === undefined) return all
    await between()
  }
}

const nameOf = ({ topic, partition, record }: Letter): string => `${topic}/${partition}/${record.offset}`

async function allLetters(log: MemoryLog): Promise<readonly string[]> {
  const found: string[] = []
  for (const partition of [0, 1]) for (const { offset } of (await log.read(`${INBOX}.dlq`, partition, 0, 1e9, { recordsMax: 1e6, bytesMax: 1e9 })).records) found.push(`${INBOX}.dlq/${partition}/${offset}`)
  return found.sort()
}

test('E1: pages of dead letters are all there were, newest first, whatever is added meanwhile', async (t) => {
  const { gateway, log } = await served(t)
  let sent = 0
  const refused = () => gateway.command('counter', entityId(`e${sent}`), { type: 'add' }, `k${(sent += 1)}`, IN_TIME)
  await Promise.all(Array.from({ length: 15 }, refused))
  for (const limit of [1, 4, 100]) {
    const before = await allLetters(log)
    const told = await lettersOf(gateway, { limit }, refused)
    assert.deepEqual(told.map(nameOf).sort(), before)
    const times = told.map(({ info }) => info.lastMs)
    assert.deepEqual(times, [...times].sort((a, b) => b - a))
  }
  assert.deepEqual((await lettersOf(gateway, { limit: 100, class: 'schema' })).length, 0)
  assert.deepEqual((await lettersOf(gateway, { limit: 1000, class: 'action', type: 'counter' })).length, (await allLetters(log)).length)
})

test('E2: a page that could not be read whole in its time is given as far as it came, and says where it goes on', async (t) => {
  const { node, log } = await served(t)
  log.skipOffsets(`${INBOX}.dlq`, 0, 100_000)
  const slow = Object.assign(Object.create(log) as MemoryLog, {
    offsetsAt: log.offsetsAt.bind(log),
    read: async (...args: Parameters<MemoryLog['read']>) => {
      await wallClock.sleep(5)
      return log.read(...args)
    },
  })
  const result = await new LogReader({ log: slow, codec: cborCodec, clock: wallClock }, node.plans).letters({ deadlineMs: 40, limit: 1 })
  assert.ok(result.kind === 'letters' && result.page.next !== undefined, JSON.stringify(result))
})

test('G2: a read that hangs does not hold its asker up, and others begin when it has ended', async (t) => {
  const { node, log } = await served(t)
  const go = Promise.withResolvers<void>()
  let reads = 0
  const hanging = Object.assign(Object.create(log) as MemoryLog, {
    keyed: log.keyed, offsetsAt: log.offsetsAt.bind(log),
    read: async (...args: Parameters<MemoryLog['read']>) => {
      reads += 1
      await go.promise
      return log.read(...args)
    },
  })
  log.skipOffsets(`${INBOX}.dlq`, 0, 10)
  const reader = new LogReader({ log: hanging, codec: cborCodec, clock: wallClock }, node.plans)
  assert.equal((await reader.letters({ deadlineMs: 20, limit: 1 })).kind, 'unread')
  assert.equal((await reader.letters({ deadlineMs: 20, limit: 1 })).kind, 'unread')
  assert.equal(reads, 1)
  go.resolve()
  assert.equal((await reader.letters({ ...IN_TIME, limit: 1 })).kind, 'letters')
})

test('G2: whoever goes while others are read is told so at once, and holds nobody up', async (t) => {
  const { node, log } = await served(t)
  const go = Promise.withResolvers<void>()
  const hanging = Object.assign(Object.create(log) as MemoryLog, {
    keyed: log.keyed, read: log.read.bind(log),
    offsetsAt: async (...args: Parameters<MemoryLog['offsetsAt']>) => {
      await go.promise
      return log.offsetsAt(...args)
    },
  })
  const reader = new LogReader({ log: hanging, codec: cborCodec, clock: wallClock }, node.plans)
  const first = reader.letters({ ...IN_TIME, limit: 1 })
  const leaving = new AbortController()
  const second = reader.letters({ ...IN_TIME, limit: 1, signal: leaving.signal })
  const third = reader.letters({ ...IN_TIME, limit: 1 })
  leaving.abort()
  const left = await second
  assert.ok(left.kind === 'unread' && /does not wait/.test(left.reason), JSON.stringify(left))
  go.resolve()
  assert.deepEqual([(await first).kind, (await third).kind], ['letters', 'letters'])
})

test('a page that is gone on with in a topic that was made anew begins at its end, once it is sure that nothing is hidden', async (t) => {
  const { gateway, node, log } = await served(t)
  await gateway.command('counter', A, { type: 'add' }, 'k', IN_TIME)
  let laterMs = 0
  const reader = new LogReader({ log, codec: cborCodec, clock: { ...wallClock, nowMs: () => wallClock.nowMs(), sleep: (...args) => wallClock.sleep(...args), monotonicMs: () => wallClock.monotonicMs() + laterMs } }, node.plans)
  const before = new Map([0, 1].map((partition) => [`${INBOX}.dlq/${partition}`, 1000]))
  const page = () => reader.letters({ ...IN_TIME, limit: 5, before })
  for (let nth = 0; nth < 3; nth += 1) {
    await assert.rejects(page(), { code: 'log/unreachable' })
    // Whoever begins at the end meanwhile changes nothing about it.
    await reader.letters({ ...IN_TIME, limit: 5 })
    laterMs += 25_000
  }
  const found = await page()
  assert.ok(found.kind === 'letters' && found.page.letters.length === 1 && found.page.next === undefined, JSON.stringify(found))
})

test('E2: what did not get on in its time is no page', async (t) => {
  const { node, log } = await served(t)
  log.skipOffsets(`${INBOX}.dlq`, 0, 100)
  const late = Object.assign(Object.create(log) as MemoryLog, {
    read: log.read.bind(log),
    offsetsAt: async (...args: Parameters<MemoryLog['offsetsAt']>) => {
      await wallClock.sleep(30)
      return log.offsetsAt(...args)
    },
  })
  assert.equal((await new LogReader({ log: late, codec: cborCodec, clock: wallClock }, node.plans).letters({ deadlineMs: 20, limit: 1 })).kind, 'unread')
})

test('a dead letter is found at its place and nowhere else', async (t) => {
  const { gateway } = await served(t)
  const refused = await gateway.command('counter', A, { type: 'add' }, 'k', IN_TIME)
  assert.ok(refused.kind === 'refused' && refused.letter !== undefined)
  const { topic, partition, offset } = refused.letter
  const letter = await gateway.letter(topic, partition, offset)
  assert.deepEqual([letter?.info.entity, letter?.info.class, (letter?.record.value?.length ?? 0) > 0], ['a', 'action', true])
  const elsewhere: readonly (readonly [string, number, number])[] = [[topic, partition, offset + 1], [topic, partition, 1e12], [topic, 2, 0], [INBOX, partition, 0], ['nothing', 0, 0]]
  for (const place of elsewhere) assert.equal(await gateway.letter(...place), undefined)
})

test('long reads come one after the other, and a wait for them is of the asker\'s time', async (t) => {
  const { node, log } = await served(t)
  let underWay = 0
  const slow = Object.assign(Object.create(log) as MemoryLog, {
    keyed: log.keyed, read: log.read.bind(log),
    offsetsAt: async (...args: Parameters<MemoryLog['offsetsAt']>) => {
      assert.equal(underWay += 1, 1)
      await wallClock.sleep(2)
      underWay -= 1
      return log.offsetsAt(...args)
    },
  })
  const reader = new LogReader({ log: slow, codec: cborCodec, clock: wallClock }, node.plans)
  const plan = node.plans.get('counter') as TypePlan
  const order: string[] = []
  await Promise.all([IN_TIME.deadlineMs, 1].map(async (deadlineMs) => order.push((await reader.history(plan, A, { deadlineMs, entriesMax: 1 })).kind)))
  assert.deepEqual(order, ['unread', 'history'], 'whose time is over is told before the others are read')
})
