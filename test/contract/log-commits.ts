// L1, L2, L3: commits are whole, and one owner at a time makes them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lease, Log } from '../../system/ports/log.ts'
import { MEMBERSHIP, Owner, RECORD_BYTES_MAX, append, batch, bytes, readAll, record, values, withLog } from './log-fixture.ts'
import type { CreateLog } from './log-fixture.ts'

export function logCommits(name: string, create: CreateLog): void {
  wholeness(name, create)
  fencing(name, create)
  living(name, create)
  refusals(name, create)
}

/** By content: a log may have offsets without records. */
const newestRound = async (log: Log, topic: string, partition: number): Promise<number> => Number((await values(log, topic, partition)).at(-1)?.slice(1) ?? 0)

function wholeness(name: string, create: CreateLog): void {
  test(`${name}: L1 records, positions and metadata of a commit become visible together`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).held(1)
    const rounds = 60
    let isDone = false
    const watch = async (): Promise<void> => {
      while (!isDone) {
        const decided = await newestRound(log, 'decisions', 0)
        const saved = await newestRound(log, 'app.card.inbox', 3)
        const committed = await lease.committed()
        assert.ok(saved >= decided, 'a commit was half visible: records')
        assert.ok((committed?.positions.get('payments') ?? 0) >= saved, 'a commit was half visible: positions')
        assert.equal(committed?.metadata ?? '0', String(committed?.positions.get('payments') ?? 0))
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const watching = watch()
    for (let round = 1; round <= rounds; round += 1) {
      const outcome = await lease.commit(batch([record('decisions', 0, `d${round}`), record('app.card.inbox', 3, `t${round}`)], { payments: round }, String(round)))
      assert.equal(outcome.kind, 'done')
    }
    isDone = true
    await watching
    assert.equal((await readAll(log, 'decisions', 0)).length, rounds)
  }))

  test(`${name}: a group that never committed has nothing committed`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).held(0)
    assert.equal(await lease.committed(), null)
  }))

  test(`${name}: positions of topics that were never committed are absent, others are kept`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).held(0)
    await lease.commit(batch([], { 'app.card.inbox': 7 }, 'one'))
    assert.deepEqual(await lease.committed(), { positions: new Map([['app.card.inbox', 7]]), metadata: 'one' })
    await lease.commit(batch([], { payments: 3, 'app.card.inbox': 8 }, 'two'))
    const committed = await lease.committed()
    assert.deepEqual(new Map([...committed?.positions ?? []].sort()), new Map([['app.card.inbox', 8], ['payments', 3]]))
    assert.equal(committed?.metadata, 'two')
  }))

  test(`${name}: 4 KB of Unicode metadata come back as written`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).held(0)
    const metadata = 'ä💳"\\\u0000é'.repeat(400).slice(0, 4096)
    await lease.commit(batch([], { payments: 1, 'app.card.inbox': 1 }, metadata))
    assert.equal((await lease.committed())?.metadata, metadata)
  }))

  test(`${name}: a commit answers where its own partition's records end`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).held(1)
    await lease.commit(batch([record('app.card.state', 1, 's')]))
    const outcome = await lease.commit(batch([
      record('decisions', 1, 'a'), record('decisions', 1, 'b'), record('decisions', 0, 'c'), record('app.card.state', 1, 's'), record('payments', 3, 'd'),
    ]))
    assert.ok(outcome.kind === 'done')
    for (const topic of ['decisions', 'app.card.state']) {
      assert.equal(outcome.end.get(topic), (await readAll(log, topic, 1)).at(-1)!.offset + 1)
    }
    assert.equal(outcome.end.has('payments'), false)
  }))

  test(`${name}: 5,000 records of one commit stand in their order`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).held(0)
    const texts = Array.from({ length: 5000 }, (_, index) => `record ${index}`)
    assert.equal((await lease.commit(batch(texts.map((text, index) => record('decisions', index % 2, text))))).kind, 'done')
    assert.deepEqual(await values(log, 'decisions', 0), texts.filter((_, index) => index % 2 === 0))
    assert.deepEqual(await values(log, 'decisions', 1), texts.filter((_, index) => index % 2 === 1))
  }))
}

function fencing(name: string, create: CreateLog): void {
  test(`${name}: L2 after another owner fenced, the earlier owner's commits end as fenced and write nothing`, () => withLog(create, async ({ log }) => {
    const old = await Owner.join(log)
    const zombie = await old.held(3)
    assert.equal((await zombie.commit(batch([record('decisions', 0, 'before')], { payments: 1 }, 'before'))).kind, 'done')
    const next = await takeOver(log, old, 3)
    assert.deepEqual((await next.committed())?.metadata, 'before')
    assert.deepEqual(await zombie.commit(batch([record('decisions', 0, 'zombie')], { payments: 9 }, 'zombie')), { kind: 'fenced' })
    assert.deepEqual(await values(log, 'decisions', 0), ['before'])
    assert.deepEqual(await next.committed(), { positions: new Map([['payments', 1]]), metadata: 'before' })
    assert.equal((await next.commit(batch([record('decisions', 0, 'after')], { payments: 2 }, 'after'))).kind, 'done')
    assert.deepEqual(await values(log, 'decisions', 0), ['before', 'after'])
  }))

  test(`${name}: L3 what is committed while the next owner fences is either in its view or fenced`, () => withLog(create, async ({ log }) => {
    const old = await Owner.join(log)
    const zombie = await old.held(3)
    const young = await Owner.join(log)
    await old.leave()
    const lease = await young.lease(3)
    const [outcome, fenced] = await Promise.all([zombie.commit(batch([], { payments: 5 }, 'late')), lease.fence()])
    assert.equal(fenced, 'held')
    assert.equal((await lease.committed())?.metadata, outcome.kind === 'done' ? 'late' : undefined)
    assert.ok(outcome.kind === 'done' || outcome.kind === 'fenced')
    assert.deepEqual(await zombie.commit(batch([], { payments: 6 }, 'later')), { kind: 'fenced' })
  }))

  test(`${name}: a lease that has not fenced commits nothing`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).lease(0)
    assert.deepEqual(await lease.commit(batch([record('decisions', 0, 'x')])), { kind: 'fenced' })
    assert.deepEqual(await values(log, 'decisions', 0), [])
  }))

  test(`${name}: a released lease commits nothing, and the partition comes again`, () => withLog(create, async ({ log }) => {
    const assigned: Lease[] = []
    let wake = (): void => {}
    await log.join(MEMBERSHIP, { assigned: (lease) => { if (lease.partition === 0) { assigned.push(lease); wake() } } })
    const leases = async (count: number): Promise<Lease> => {
      while (assigned.length < count) await new Promise<void>((resolve) => { wake = resolve })
      return assigned[count - 1]!
    }
    const lease = await leases(1)
    assert.equal(await lease.fence(), 'held')
    let isLost = false
    void lease.lost.then(() => {
      isLost = true
    })
    await lease.release()
    await lease.release()
    assert.deepEqual(await lease.commit(batch([record('decisions', 0, 'x')])), { kind: 'fenced' })
    assert.equal(await lease.fence(), 'lost')
    assert.equal(await (await leases(2)).fence(), 'held')
    assert.equal(isLost, false)
    assert.deepEqual(await values(log, 'decisions', 0), [])
  }))

  test(`${name}: groups keep their positions apart`, () => withLog(create, async ({ log }) => {
    const card = await (await Owner.join(log)).held(0)
    const report = await (await Owner.join(log, { ...MEMBERSHIP, group: 'app.report' })).held(0)
    await card.commit(batch([], { payments: 4 }, 'card'))
    assert.equal(await report.committed(), null)
    await report.commit(batch([], { payments: 2 }, 'report'))
    assert.equal((await card.committed())?.positions.get('payments'), 4)
  }))
}

function refusals(name: string, create: CreateLog): void {
  test(`${name}: a commit with a record that is too large is rejected, naming it, and writes nothing`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).held(0)
    const large = record('decisions', 0, null, { value: new Uint8Array(RECORD_BYTES_MAX + 1) })
    const outcome = await lease.commit(batch([record('decisions', 0, 'a'), large, record('decisions', 0, 'b')], { payments: 1 }, 'm'))
    assert.ok(outcome.kind === 'rejected')
    assert.deepEqual(outcome.records, [1])
    assert.deepEqual(await values(log, 'decisions', 0), [])
    assert.equal(await lease.committed(), null)
    assert.equal((await lease.commit(batch([record('decisions', 0, 'a'), record('decisions', 0, 'b')]))).kind, 'done')
  }))

  test(`${name}: a compacted topic takes no record without key`, () => withLog(create, async ({ log }) => {
    const lease = await (await Owner.join(log)).held(0)
    const outcome = await lease.commit(batch([record('app.card.state', 0, 'x', { key: null })]))
    assert.ok(outcome.kind === 'rejected')
    assert.deepEqual(outcome.records, [0])
    assert.equal((await log.append([record('app.card.state', 0, 'x', { key: null })])).kind, 'failed')
  }))

  test(`${name}: L6 an append with one bad record writes none of its partition's`, () => withLog(create, async ({ log }) => {
    const large = record('decisions', 0, null, { value: new Uint8Array(RECORD_BYTES_MAX + 1) })
    assert.equal((await log.append([record('decisions', 0, 'a'), large])).kind, 'failed')
    assert.equal((await log.append([record('decisions', 0, 'a'), record('nowhere', 0, 'b')])).kind, 'failed')
    assert.deepEqual(await values(log, 'decisions', 0), [])
  }))

  test(`${name}: L6 concurrent appends each stay together and in order`, () => withLog(create, async ({ log, other }) => {
    const letters = ['a', 'b', 'c', 'd', 'e', 'f']
    await Promise.all(letters.map((letter, index) => append(index % 2 === 0 ? log : other, [0, 1, 2].map((n) => record('decisions', 0, `${letter}${n}`)))))
    const written = (await values(log, 'decisions', 0)).join('')
    for (const letter of letters) assert.ok(written.includes(`${letter}0${letter}1${letter}2`), written)
    assert.equal(written.length, letters.length * 6)
  }))

  test(`${name}: the offsets of an append are where its records stand`, () => withLog(create, async ({ log, other }) => {
    await append(log, [record('decisions', 0, 'first')])
    const written = [record('decisions', 1, 'a'), record('decisions', 0, 'b'), record('payments', 2, 'c'), record('decisions', 0, 'd')]
    const offsets = await append(other, written)
    for (const [index, { topic, partition, value }] of written.entries()) {
      const range = await log.read(topic, partition, offsets[index] ?? -1, (offsets[index] ?? -1) + 1, { recordsMax: 1, bytesMax: 1000 })
      assert.deepEqual(range.records.map((read) => new Uint8Array(read.value ?? [])), [value])
    }
    assert.deepEqual(await append(log, []), [])
    assert.deepEqual(bytes('a'), written[0]?.value)
  }))
}

/** A second member joins until it holds the partition; it fences. */
async function takeOver(log: Parameters<typeof Owner.join>[0], old: Owner, partition: number): ReturnType<Owner['held']> {
  const lost = (await old.lease(partition)).lost
  const young = await Owner.join(log)
  await old.leave()
  await lost
  return young.held(partition)
}

function living(name: string, create: CreateLog): void {
  test(`${name}: L7 a membership lives until it leaves, also when its partitions went elsewhere; names are never used again`, () => withLog(create, async ({ log }) => {
    const first = await Owner.join(log)
    const lease = await first.held(3)
    assert.ok(lease.lives(lease.owner))
    const second = await Owner.join(log)
    await first.count(2)
    await second.count(2)
    const other = await second.held(second.partitions[0] ?? -1)
    assert.ok(lease.lives(lease.owner) && other.lives(other.owner) && other.lives(lease.owner))
    await first.leave()
    const third = await Owner.join(log)
    await third.count(2)
    const last = await third.lease(third.partitions[0] ?? -1)
    assert.deepEqual([lease.owner, other.owner, last.owner].map((owner) => last.lives(owner)), [false, true, true])
    assert.equal(new Set([lease.owner, other.owner, last.owner]).size, 3)
    assert.equal(other.lives('nobody'), false)
  }))
}
