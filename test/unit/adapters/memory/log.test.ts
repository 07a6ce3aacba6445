import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import type { CommitBatch, Lease, Membership } from '../../../../system/ports/log.ts'

const MEMBERSHIP: Membership = { group: 'g', topics: ['in'], metadataTopic: 'in' }
const WRITE: CommitBatch = {
  records: [{ topic: 'in', partition: 0, key: null, value: new Uint8Array([1]), headers: [], timestampMs: 0 }],
  positions: new Map([['in', 1]]),
  metadata: 'm',
}

async function logWith(members: number, options: Parameters<typeof memoryLog>[0] = {}): Promise<{ log: MemoryLog; leases: Lease[] }> {
  const log = memoryLog(options)
  await log.ensureTopics([{ name: 'in', partitions: 1, cleanup: 'delete' }])
  const leases: Lease[] = []
  for (let member = 0; member < members; member += 1) await log.join(MEMBERSHIP, { assigned: (lease) => leases.push(lease) })
  await Promise.resolve()
  return { log, leases }
}

const written = (log: MemoryLog): Promise<number> => log.offsetsAt('in', 0, 'latest')

test('an injected unknown outcome is applied or not, as asked', async () => {
  const { log, leases: [lease] } = await logWith(1)
  await lease!.fence()
  log.inject('g', 0, { kind: 'unknown', applied: true, reason: 'connection lost' })
  log.inject('g', 0, { kind: 'unknown', applied: false, reason: 'connection lost' })
  assert.deepEqual([await lease!.commit(WRITE), await written(log)], [{ kind: 'unknown', reason: 'connection lost' }, 1])
  assert.deepEqual([await lease!.commit(WRITE), await written(log)], [{ kind: 'unknown', reason: 'connection lost' }, 1])
  assert.deepEqual([(await lease!.commit(WRITE)).kind, await written(log)], ['done', 2])
})

test('injected fences and refusals write nothing', async () => {
  const { log, leases: [lease] } = await logWith(1)
  await lease!.fence()
  log.inject('g', 0, { kind: 'fenced' })
  log.inject('g', 0, { kind: 'rejected', records: [0], reason: 'too large' })
  assert.deepEqual(await lease!.commit(WRITE), { kind: 'fenced' })
  assert.deepEqual(await lease!.commit(WRITE), { kind: 'rejected', records: [0], reason: 'too large' })
  assert.equal(await written(log), 0)
})

test('a commit that was held back while the partition moved is fenced', async () => {
  const { log, leases } = await logWith(2)
  const old = leases[0]!
  await old.fence()
  let go = (): void => {}
  log.onCommit(({ nth }) => (nth === 0 ? new Promise((resolve) => { go = () => resolve(undefined) }) : undefined))
  const commit = old.commit(WRITE)
  log.move('g', 0, 1)
  await old.lost
  assert.equal(log.holder('g', 0), 1)
  await leases[1]!.fence()
  go()
  assert.deepEqual([await commit, await written(log)], [{ kind: 'fenced' }, 0])
})

test('an owner that is not told of its loss is a zombie: it polls on, and cannot commit once the next has fenced', async () => {
  const { log, leases } = await logWith(2)
  const zombie = leases[0]!
  await zombie.fence()
  let isLost = false
  void zombie.lost.then(() => { isLost = true })
  log.move('g', 0, 1, { told: false })
  await Promise.resolve()
  assert.equal((await zombie.commit(WRITE)).kind, 'done')
  await leases[1]!.fence()
  assert.deepEqual(await zombie.commit(WRITE), { kind: 'fenced' })
  assert.equal((await zombie.poll({ from: new Map([['in', 0]]), recordsMax: 9, bytesMax: 9, waitMsMax: 0 })).length, 1)
  assert.equal(isLost, false)
})

test('a closed peer leaves its groups and what it wrote stays', async () => {
  const { log, leases } = await logWith(1)
  const peer = log.peer()
  await log.close()
  await leases[0]!.lost
  await peer.join(MEMBERSHIP, { assigned: (lease) => leases.push(lease) })
  await Promise.resolve()
  assert.equal(await leases[1]!.fence(), 'held')
  assert.equal((await leases[1]!.commit(WRITE)).kind, 'done')
  assert.equal(await written(log), 1)
})

test('a poll waits by the given clock', async () => {
  const clock = new SimulatedClock()
  const { leases: [lease] } = await logWith(1, { clock })
  const poll = lease!.poll({ from: new Map([['in', 0]]), recordsMax: 9, bytesMax: 9, waitMsMax: 1000 })
  await Promise.resolve()
  assert.equal(clock.sleeping, 1)
  clock.advance(1000)
  assert.deepEqual(await poll, [])
})

test('gaps and truncation show in offsets and ranges', async () => {
  const { log } = await logWith(0)
  const [record] = WRITE.records
  await log.append([record!, record!])
  log.skipOffsets('in', 0, 3)
  assert.deepEqual(await log.append([record!]), { kind: 'done', offsets: [5] })
  const range = await log.read('in', 0, 0, 5, { recordsMax: 9, bytesMax: 99 })
  assert.deepEqual([range.to, range.records.map((each) => each.offset)], [5, [0, 1]])
  log.truncate('in', 0, 1)
  assert.equal(await log.offsetsAt('in', 0, 'earliest'), 1)
  assert.deepEqual((await log.read('in', 0, 0, 9, { recordsMax: 9, bytesMax: 99 })).records.map((each) => each.offset), [1, 5])
})

test('ownership is proven at all times, or when the options say', async () => {
  assert.equal((await logWith(1)).leases[0]?.provenAtMs(), Infinity)
  assert.equal((await logWith(1, { proofMs: () => 12 })).leases[0]?.provenAtMs(), 12)
})

test('a compacted partition forgets replaced records as it grows', async () => {
  const log = memoryLog({ keyed: true })
  await log.ensureTopics([{ name: 's', partitions: 1, cleanup: 'compact' }])
  for (let round = 0; round < 50; round += 1) {
    const records = Array.from({ length: 100 }, (_, key) => ({ topic: 's', partition: 0, key: new Uint8Array([key]), value: new Uint8Array([round]), headers: [], timestampMs: 0 }))
    await log.append(records)
  }
  const { records, to } = await log.read('s', 0, 0, Infinity, { recordsMax: 10_000, bytesMax: 1 << 20 })
  assert.deepEqual([to, records.length, records[0]?.offset, records[99]?.offset], [5000, 100, 4900, 4999])
})
