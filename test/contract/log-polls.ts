// Polling and membership: who reads what, in which portions, and how partitions move.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Owner, append, batch, pollOf, record, valueOf, values, withLog } from './log-fixture.ts'
import type { CreateLog } from './log-fixture.ts'
import type { Lease } from '../../system/ports/log.ts'

export function logPolls(name: string, create: CreateLog): void {
  portions(name, create)
  groups(name, create)
  waiting(name, create)
  moves(name, create)
}

function portions(name: string, create: CreateLog): void {
  test(`${name}: a poll starts at the given offsets and leaves other topics alone`, () => withLog(create, async ({ log }) => {
    await append(log, ['a', 'b', 'c'].map((text) => record('payments', 2, text)))
    await append(log, [record('app.card.inbox', 2, 'command'), record('payments', 1, 'elsewhere')])
    const lease = await (await Owner.join(log)).held(2)
    const [range, ...others] = await lease.poll(pollOf({ payments: 1 }))
    assert.deepEqual([range?.topic, range?.partition, range?.from, range?.to], ['payments', 2, 1, 3])
    assert.deepEqual(range?.records.map(valueOf), ['b', 'c'])
    assert.deepEqual(others, [])
    assert.deepEqual(await lease.poll(pollOf({ payments: 3 })), [])
    assert.deepEqual((await lease.poll(pollOf({ payments: 0, 'app.card.inbox': 0 }))).map((each) => each.topic).sort(), ['app.card.inbox', 'payments'])
  }))

  test(`${name}: small polls get through all topics, in order, each record once`, () => withLog(create, async ({ log }) => {
    const texts = Array.from({ length: 100 }, (_, index) => `t${index}`)
    await append(log, texts.map((text) => record('payments', 0, text)))
    await append(log, texts.map((text) => record('app.card.inbox', 0, text)))
    const lease = await (await Owner.join(log)).held(0)
    const next: Record<string, number> = { payments: 0, 'app.card.inbox': 0 }
    const read: Record<string, (string | null)[]> = { payments: [], 'app.card.inbox': [] }
    for (let polls = 0; ; polls += 1) {
      const ranges = await lease.poll(pollOf(next, { recordsMax: 3, bytesMax: 11 }))
      if (ranges.length === 0) break
      assert.ok(ranges.reduce((sum, range) => sum + range.records.length, 0) <= 3)
      assert.ok(polls < 400, 'a poll with something to read answers something')
      for (const range of ranges) {
        assert.equal(range.from, next[range.topic])
        next[range.topic] = range.to
        read[range.topic]?.push(...range.records.map(valueOf))
      }
    }
    assert.deepEqual(read, { payments: texts, 'app.card.inbox': texts })
  }))

  test(`${name}: a record above the poll's bytes comes alone`, () => withLog(create, async ({ log }) => {
    await append(log, ['a', 'b'.repeat(50_000), 'c'].map((text) => record('payments', 0, text)))
    const lease = await (await Owner.join(log)).held(0)
    const sizes: number[][] = []
    for (let at = 0; at < 3;) {
      const [range] = await lease.poll(pollOf({ payments: at }, { bytesMax: 1000 }))
      assert.ok(range !== undefined)
      sizes.push(range.records.map((each) => each.value?.length ?? 0))
      at = range.to
    }
    assert.deepEqual(sizes, [[1], [50_000], [1]])
  }))
}

/** Reads on with polls of a few records; `next` is where it stands. */
class Reading {
  readonly found: (string | null)[] = []
  readonly #lease: Lease
  readonly #recordsMax: number
  next: number

  constructor(lease: Lease, from: number, recordsMax: number) {
    this.#lease = lease
    this.next = from
    this.#recordsMax = recordsMax
  }

  async poll(): Promise<void> {
    for (const range of await this.#lease.poll(pollOf({ payments: this.next }, { recordsMax: this.#recordsMax, waitMsMax: 50 }))) {
      assert.equal(range.from, this.next)
      this.next = range.to
      this.found.push(...range.records.map(valueOf))
    }
  }
}

function groups(name: string, create: CreateLog): void {
  const POLLS_MAX = 500

  test(`${name}: groups of one process that read the same partition each get all of it, at their own pace`, () => withLog(create, async ({ log }) => {
    const texts = Array.from({ length: 600 }, (_, index) => `t${index}`)
    const late = Array.from({ length: 300 }, (_, index) => `late${index}`)
    const starts = [[0, 500], [0, 7], [450, 3], [200, 40], [599, 1], [600, 500]] as const
    // In several batches, so that a place in the middle is one that brokers answer from.
    for (let at = 0; at < texts.length; at += 50) await append(log, texts.slice(at, at + 50).map((text) => record('payments', 0, text)))
    const readings = await Promise.all(starts.map(async ([from, recordsMax], index) => {
      const owner = await Owner.join(log, { group: `app.reader${index}`, topics: ['payments'], metadataTopic: 'payments' })
      return new Reading(await owner.held(0), from, recordsMax)
    }))
    const consume = async (reading: Reading, end: number): Promise<void> => {
      for (let polls = 0; reading.next < end; polls += 1) {
        assert.ok(polls < POLLS_MAX, `it stands at ${reading.next} of ${end}`)
        await reading.poll()
      }
    }
    await Promise.all(readings.map((reading) => consume(reading, texts.length)))
    await Promise.all([append(log, late.map((text) => record('payments', 0, text))), ...readings.map((reading) => consume(reading, texts.length + late.length))])
    for (const [index, [from]] of starts.entries()) assert.deepEqual(readings[index]?.found, [...texts, ...late].slice(from), `group ${index}`)
  }))
}

function waiting(name: string, create: CreateLog): void {
  const LONG_MS = 30_000

  test(`${name}: a waiting poll returns as soon as another process appends`, () => withLog(create, async ({ log, other }) => {
    const lease = await (await Owner.join(log)).held(1)
    const polled = lease.poll(pollOf({ payments: 0, 'app.card.inbox': 0 }, { waitMsMax: LONG_MS }))
    await append(other, [record('payments', 0, 'not this partition')])
    await append(other, [record('app.card.inbox', 1, 'wake')])
    assert.deepEqual((await polled).map((range) => range.records.map(valueOf)), [['wake']])
  }))

  test(`${name}: a waiting poll returns as soon as another partition's commit writes to it`, () => withLog(create, async ({ log }) => {
    const owner = await Owner.join(log)
    const [reader, writer] = [await owner.held(0), await owner.held(1)]
    const polled = reader.poll(pollOf({ 'app.card.inbox': 0 }, { waitMsMax: LONG_MS }))
    assert.equal((await writer.commit(batch([record('app.card.inbox', 0, 'told')]))).kind, 'done')
    assert.deepEqual((await polled).map((range) => range.records.map(valueOf)), [['told']])
  }))

  test(`${name}: a waiting poll ends when the lease is lost`, () => withLog(create, async ({ log }) => {
    const owner = await Owner.join(log)
    const lease = await owner.held(0)
    const polled = lease.poll(pollOf({ payments: 0 }, { waitMsMax: LONG_MS }))
    await owner.leave()
    assert.equal(typeof await lease.lost, 'string')
    assert.deepEqual(await polled, [])
  }))

  test(`${name}: a poll with nothing new ends after its wait`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).held(0)
    assert.deepEqual(await lease.poll(pollOf({ payments: 0 }, { waitMsMax: 5 })), [])
  }))
}

function moves(name: string, create: CreateLog): void {
  test(`${name}: two members share the partitions evenly; who stays gets all`, () => withLog(create, async ({ log }) => {
    const first = await Owner.join(log)
    await first.count(4)
    const second = await Owner.join(log)
    await Promise.all([first.count(2), second.count(2)])
    assert.deepEqual([...first.partitions, ...second.partitions].sort(), [0, 1, 2, 3])
    await first.leave()
    await Promise.all([first.count(0), second.count(4)])
    assert.deepEqual(second.partitions, [0, 1, 2, 3])
  }))

  test(`${name}: I12: a lease that was lost proves nothing any more, although its member goes on`, () => withLog(create, async ({ log }) => {
    const first = await Owner.join(log)
    await first.count(4)
    const leases = await Promise.all([0, 1, 2, 3].map((partition) => first.held(partition)))
    const second = await Owner.join(log)
    await Promise.all([first.count(2), second.count(2)])
    const lost = leases.filter(({ partition }) => !first.partitions.includes(partition))
    assert.deepEqual(lost.map((lease) => lease.provenAtMs()), [-Infinity, -Infinity])
    for (const partition of first.partitions) assert.ok((await first.lease(partition)).provenAtMs() > -Infinity)
  }))

  test(`${name}: a partition that moves keeps its committed history, whole and once`, () => withLog(create, async ({ log }) => {
    let owner = await Owner.join(log)
    for (let round = 0; round < 6; round += 1) {
      const lease = await owner.held(2)
      const position = (await lease.committed())?.positions.get('payments') ?? 0
      assert.equal(position, round * 2)
      for (const n of [position, position + 1]) {
        assert.equal((await lease.commit(batch([record('decisions', 0, `d${n}`)], { payments: n + 1 }, `m${n}`))).kind, 'done')
      }
      const next = await Owner.join(log)
      await owner.leave()
      await lease.lost
      owner = next
    }
    assert.deepEqual(await values(log, 'decisions', 0), Array.from({ length: 12 }, (_, index) => `d${index}`))
  }))

  test(`${name}: leaving twice is leaving once`, () => withLog(create, async ({ log }) => {
    const owner = await Owner.join(log)
    await owner.count(4)
    await owner.leave()
    await owner.leave()
    await owner.count(0)
    const next = await Owner.join(log)
    await next.count(4)
  }))
}
