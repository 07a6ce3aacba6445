import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { openSqliteLog } from '../../../../adapters/sqlite/log.ts'
import type { SqliteLog, SqliteLogOptions } from '../../../../adapters/sqlite/log.ts'
import { OperationError, Unreachable } from '../../../../system/protocol/failures.ts'
import type { Lease } from '../../../../system/ports/log.ts'
import type { OutRecord } from '../../../../system/protocol/record.ts'

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-folder-'))
  try {
    await run(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const open = (folder: string, more: Partial<SqliteLogOptions> = {}): Promise<SqliteLog> => openSqliteLog({ folder, mode: 'runtime', clock: wallClock, ...more })

const code = (expected: string) => (error: unknown): boolean => error instanceof OperationError && error.code === expected

const record = (bytes: number): OutRecord => ({ topic: 't', partition: 0, key: null, value: new Uint8Array(bytes), headers: [], timestampMs: 5 })

async function heldLease(log: SqliteLog): Promise<Lease> {
  await log.ensureTopics([{ name: 't', partitions: 1, cleanup: 'delete' }])
  const lease = await new Promise<Lease>((resolve) => void log.join({ group: 'g', topics: ['t'], metadataTopic: 't' }, { assigned: resolve }))
  await lease.fence()
  return lease
}

test('a second runtime is refused while the first has the folder, and welcome afterwards', () => inFolder(async (folder) => {
  const first = await open(folder)
  await assert.rejects(open(folder), (error) => code('data-folder/locked')(error) && /stop it, or choose another folder/.test(String(error)))
  await first.close()
  await first.close()
  await (await open(folder)).close()
}))

test('a client needs a folder with a log, and runs no partitions', () => inFolder(async (folder) => {
  await assert.rejects(open(folder, { mode: 'client' }), code('data-folder/missing'))
  await (await open(folder)).close()
  const client = await open(folder, { mode: 'client' })
  await assert.rejects(client.join({ group: 'g', topics: ['t'], metadataTopic: 't' }, { assigned: () => {} }), code('data-folder/client'))
  await client.close()
}))

test('a file in the way, a damaged log and a log of another layout are named', () => inFolder(async (folder) => {
  writeFileSync(join(folder, 'file'), 'x')
  await assert.rejects(open(join(folder, 'file')), code('data-folder/not-a-folder'))
  mkdirSync(join(folder, 'damaged'))
  writeFileSync(join(folder, 'damaged', 'log.sqlite'), 'no database'.repeat(1000))
  await assert.rejects(open(join(folder, 'damaged')), code('data-folder/corrupt'))
  mkdirSync(join(folder, 'newer'))
  const newer = new DatabaseSync(join(folder, 'newer', 'log.sqlite'))
  newer.exec('PRAGMA user_version = 99')
  newer.close()
  await assert.rejects(open(join(folder, 'newer')), code('data-folder/version'))
}))

test('positions, records and topics are there after closing and opening again', () => inFolder(async (folder) => {
  const log = await open(folder)
  await (await heldLease(log)).commit({ records: [record(3)], positions: new Map([['t', 1]]), metadata: 'm' })
  await log.close()
  const again = await open(folder)
  const lease = await heldLease(again)
  assert.deepEqual(await lease.committed(), { positions: new Map([['t', 1]]), metadata: 'm' })
  assert.deepEqual((await again.read('t', 0, 0, 9, { recordsMax: 9, bytesMax: 99 })).records.length, 1)
  await again.close()
  await assert.rejects(again.offsetsAt('t', 0, 'latest'), code('data-folder/closed'))
  assert.equal((await again.append([record(1)])).kind, 'failed')
}))

test('while another process holds the write lock for too long, appends are busy and commits unknown, and nothing is written', () => inFolder(async (folder) => {
  const log = await open(folder, { busyMsMax: 10 })
  const lease = await heldLease(log)
  const hog = new DatabaseSync(join(folder, 'log.sqlite'))
  hog.exec('BEGIN IMMEDIATE')
  assert.equal((await log.append([record(1)])).kind, 'busy')
  assert.equal((await lease.commit({ records: [record(1)], positions: new Map(), metadata: '' })).kind, 'unknown')
  // A worker thread that starts meanwhile is tried for as long as the lock is held.
  await assert.rejects(log.ensureTopics([{ name: 'u', partitions: 1, cleanup: 'delete' }]), (thrown) => thrown instanceof Unreachable && thrown.code === 'data-folder/busy')
  hog.exec('ROLLBACK')
  hog.close()
  assert.deepEqual(await log.append([record(1)]), { kind: 'done', offsets: [0] })
  await log.close()
}))

test('a commit that does not fit the disk ends as unknown with the cure, leaves nothing, and smaller ones go on', () => inFolder(async (folder) => {
  const log = await open(folder, { fileBytesMax: 400_000 })
  const lease = await heldLease(log)
  const outcome = await lease.commit({ records: [record(100), record(1_000_000)], positions: new Map([['t', 9]]), metadata: 'm' })
  assert.ok(outcome.kind === 'unknown')
  assert.match(outcome.reason, /full.*free space/)
  assert.equal(await lease.committed(), null)
  assert.equal(await log.offsetsAt('t', 0, 'latest'), 0)
  assert.equal((await lease.commit({ records: [record(100)], positions: new Map([['t', 1]]), metadata: 'm' })).kind, 'done')
  await log.close()
}))

test('a fence that shares its transaction with a commit that does not fit the disk is held a moment later', () => inFolder(async (folder) => {
  const log = await open(folder, { fileBytesMax: 400_000 })
  await log.ensureTopics([{ name: 't', partitions: 2, cleanup: 'delete' }])
  const leases: Lease[] = []
  await log.join({ group: 'g', topics: ['t'], metadataTopic: 't' }, { assigned: (lease) => leases.push(lease) })
  const [large, other] = leases as [Lease, Lease]
  assert.equal(await large.fence(), 'held')
  const hog = new DatabaseSync(join(folder, 'log.sqlite'))
  hog.exec('BEGIN IMMEDIATE')
  // What comes while the writer waits for the lock becomes one transaction.
  const before = log.append([record(1)])
  const [outcome, fenced] = [large.commit({ records: [record(1_000_000)], positions: new Map(), metadata: '' }), other.fence().catch((thrown: unknown) => thrown)]
  hog.close()
  await before
  assert.equal((await outcome).kind, 'unknown')
  const thrown = await fenced
  assert.ok(thrown instanceof Unreachable && /full.*free space/.test(thrown.message), String(thrown))
  assert.equal(await other.fence(), 'held')
  await log.close()
}))

test('a fence of a thread whose way to the writer is closed says so for good', () => inFolder(async (folder) => {
  const owner = await open(folder)
  await owner.ensureTopics([{ name: 't', partitions: 1, cleanup: 'delete' }])
  const { channel, end } = owner.openThread()
  const log = await open(folder, { mode: 'thread', channel })
  const lease = await heldLease(log)
  await log.close()
  await assert.rejects(lease.fence(), (thrown) => code('data-folder/fence')(thrown) && !(thrown instanceof Unreachable) && /the log is closed/.test(String(thrown)))
  end()
  await owner.close()
}))

test('retention deletes records by offset and by time, and compacted topics refuse it', () => inFolder(async (folder) => {
  const log = await open(folder)
  await log.ensureTopics([{ name: 't', partitions: 1, cleanup: 'delete' }, { name: 's', partitions: 1, cleanup: 'compact' }])
  await log.append(Array.from({ length: 25_000 }, (_, index) => ({ ...record(1), timestampMs: index })))
  await log.truncate('t', 0, 21_000)
  assert.equal(await log.offsetsAt('t', 0, 'earliest'), 21_000)
  await log.retain('t', 24_000)
  const range = await log.read('t', 0, 0, Infinity, { recordsMax: 100_000, bytesMax: 1 << 20 })
  assert.deepEqual([range.records[0]?.offset, range.records.length, range.to], [24_000, 1000, 25_000])
  await log.truncate('t', 0, 99_000)
  assert.deepEqual([await log.offsetsAt('t', 0, 'earliest'), await log.offsetsAt('t', 0, 'latest')], [25_000, 25_000])
  assert.deepEqual(await log.append([record(1)]), { kind: 'done', offsets: [25_000] })
  await assert.rejects(log.truncate('s', 0, 1), code('topic/compacted'))
  await log.close()
}))

test('commits of many partitions at once are each decided alone: a fenced one spoils no other', () => inFolder(async (folder) => {
  const log = await open(folder)
  await log.ensureTopics([{ name: 't', partitions: 8, cleanup: 'delete' }])
  const leases: Lease[] = []
  await log.join({ group: 'g', topics: ['t'], metadataTopic: 't' }, { assigned: (lease) => leases.push(lease) })
  for (const lease of leases) if (lease.partition !== 3) await lease.fence()
  const outcomes = await Promise.all(leases.map((lease) => lease.commit({ records: [{ ...record(1), partition: lease.partition }], positions: new Map([['t', 1]]), metadata: '' })))
  assert.deepEqual(outcomes.map((outcome) => outcome.kind), leases.map((lease) => (lease.partition === 3 ? 'fenced' : 'done')))
  assert.deepEqual(await Promise.all(leases.map((lease) => log.offsetsAt('t', lease.partition, 'latest'))), leases.map((lease) => (lease.partition === 3 ? 0 : 1)))
  await log.close()
}))
