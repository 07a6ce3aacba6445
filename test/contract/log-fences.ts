// A fence that the medium does not take now costs time, never the partition (I10). For drivers whose medium can be held up.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wallClock } from '../../adapters/memory/clock.ts'
import type { Lease } from '../../system/ports/log.ts'
import { Unreachable } from '../../system/protocol/failures.ts'
import { MEMBERSHIP, Owner, batch, record, values, withLog } from './log-fixture.ts'
import type { LogUnderTest, LogWish } from './log-fixture.ts'

export interface HinderedLog extends LogUnderTest {
  /** From now on fences are not taken, until the answer is called. */
  hinder(): Promise<() => Promise<void>>
}

/** A driver that waits by itself is let wait for so long. */
const HINDERED_MS = 300

export function logFences(name: string, create: (wish: LogWish) => Promise<HinderedLog>): void {
  test(`${name}: a first fence that is not taken now is no loss, and held later`, () => withLog(create, async ({ log, hinder }) => {
    const free = await hinder()
    const lease = await (await Owner.join(log)).lease(0)
    await heldLater(lease, free)
    assert.equal((await lease.commit(batch([record('decisions', 0, 'a')], { payments: 1 }, 'm'))).kind, 'done')
    assert.deepEqual(await values(log, 'decisions', 0), ['a'])
  }))

  test(`${name}: an owner that fences again, and in vain at first, goes on where it was`, () => withLog(create, async ({ log, hinder }) => {
    const lease = await (await Owner.join(log)).held(0)
    assert.equal((await lease.commit(batch([record('decisions', 0, 'a')], { payments: 1 }, 'one'))).kind, 'done')
    await heldLater(lease, await hinder())
    assert.equal((await lease.committed())?.metadata, 'one')
    assert.equal((await lease.commit(batch([record('decisions', 0, 'b')], { payments: 2 }, 'two'))).kind, 'done')
    assert.deepEqual(await values(log, 'decisions', 0), ['a', 'b'])
  }))

  test(`${name}: a lease that was fenced in vain and is given back comes again`, () => withLog(create, async ({ log, hinder }) => {
    const leases: Lease[] = []
    let wake = (): void => {}
    await log.join(MEMBERSHIP, { assigned: (lease) => { if (lease.partition === 0) { leases.push(lease); wake() } } })
    const nth = async (count: number): Promise<Lease> => {
      while (leases.length < count) await new Promise<void>((resolve) => { wake = resolve })
      return leases[count - 1]!
    }
    const free = await hinder()
    const lease = await nth(1)
    const fencing = outcomeOf(lease)
    await soon(fencing)
    await lease.release()
    await free()
    assert.notEqual(await fencing, 'held')
    assert.equal(await (await nth(2)).fence(), 'held')
  }))
}

async function heldLater(lease: Lease, free: () => Promise<void>): Promise<void> {
  let isLost = false
  void lease.lost.then(() => {
    isLost = true
  })
  const fencing = outcomeOf(lease)
  const early = await soon(fencing)
  assert.ok(early === undefined || early instanceof Unreachable, `a fence that was hindered ended as: ${String(early)}`)
  await free()
  const end = await fencing
  if (end !== 'held') assert.ok(end instanceof Unreachable, String(end))
  if (end !== 'held') assert.equal(await lease.fence(), 'held')
  assert.equal(isLost, false)
}

const outcomeOf = (lease: Lease): Promise<unknown> => lease.fence().catch((thrown: unknown) => thrown)

/** Undefined: it still waits. */
async function soon(fencing: Promise<unknown>): Promise<unknown> {
  const isOver = new AbortController()
  const late = wallClock.sleep(HINDERED_MS, isOver.signal).then(() => undefined)
  return Promise.race([fencing, late]).finally(() => isOver.abort())
}
