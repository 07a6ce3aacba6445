// kill -9 while committing: what was confirmed is there, nothing is half there, the folder opens again at once.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { installedBun, thisMachine } from '../../adapters/cli/launch/runtime.js'
import { wallClock } from '../../adapters/memory/clock.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import type { SqliteLog } from '../../adapters/sqlite/log.ts'
import { testSeed } from '../support/seed.ts'

const KILLS = 15
const COMMITTER = join(import.meta.dirname, 'sqlite-committer.ts')

/** The runtime of this test, and Bun where it is installed. */
const RUNTIMES = [...new Set([process.execPath, installedBun(thisMachine(join(import.meta.dirname, '..', '..'))) ?? process.execPath])]

/** Runs a committer until it is dead; answers the last confirmed position of each partition. */
async function killed(runtime: string, folder: string, afterLines: number, crashAt: number, valueBytes = 0): Promise<Map<number, number>> {
  const child = spawn(runtime, [COMMITTER, folder, String(crashAt), String(valueBytes)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const confirmed = new Map<number, number>()
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [outcome, partition, position] = line.split(' ')
    assert.equal(outcome, 'done')
    confirmed.set(Number(partition), Number(position))
    lines += 1
    if (lines === afterLines) child.kill('SIGKILL')
  }
  const [, signal] = await exited
  assert.equal(signal, 'SIGKILL')
  return confirmed
}

/** Records and positions agree; answers the position of each partition. */
async function verify(log: SqliteLog): Promise<Map<number, number>> {
  const positions = new Map<number, number>()
  const leases = await new Promise<number[]>((resolve) => {
    const seen: number[] = []
    void log.join({ group: 'app.order', topics: ['orders'], metadataTopic: 'orders' }, {
      assigned: (lease) => void lease.fence().then(() => lease.committed()).then((committed) => {
        const position = committed?.positions.get('orders') ?? 0
        assert.equal(committed?.metadata ?? '0', String(position))
        positions.set(lease.partition, position)
        if (seen.push(lease.partition) === 3) resolve(seen)
      }),
    })
  })
  for (const partition of leases) {
    const position = positions.get(partition) ?? 0
    const shipments = await log.read('shipments', partition, 0, Infinity, { recordsMax: 1_000_000, bytesMax: 1 << 29 })
    const numbers = shipments.records.map((record) => Number(new TextDecoder().decode(record.value ?? undefined)))
    assert.deepEqual([shipments.to, numbers.length], [position, position], `partition ${partition}: positions and records agree`)
    numbers.forEach((value, index) => assert.ok(value === index && shipments.records[index]?.offset === index, 'contiguous'))
    const items = Array.from({ length: 7 }, (_, item) => new TextEncoder().encode(`item ${item}`))
    for (const record of await log.keyed.get('stock', partition, items)) {
      if (position > 0) assert.ok(Number(new TextDecoder().decode(record?.value ?? undefined)) >= position - 7, 'the newest of each key')
    }
  }
  return positions
}

for (const runtime of RUNTIMES) {
  test(`${KILLS} kills while committing on ${basename(runtime)} lose nothing, double nothing and leave nothing half done`, { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'statelog-kill-'))
    const random = new SeededRandom(testSeed())
    let midCommit = 0
    for (let kill = 0; kill < KILLS; kill += 1) {
      const crashAt = kill % 3 === 2 ? random.between(1, 40) : 0
      if (crashAt > 0) midCommit += 1
      const confirmed = await killed(runtime, folder, crashAt > 0 ? -1 : random.between(1, 120), crashAt)
      const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock })
      const positions = await verify(log)
      for (const [partition, position] of confirmed) assert.ok((positions.get(partition) ?? 0) >= position, 'what was confirmed is there')
      await log.close()
      assert.equal(existsSync(join(folder, 'log.sqlite-wal')), false)
    }
    console.log(`${KILLS} kills of ${basename(runtime)}, ${midCommit} of them inside a transaction`)
    rmSync(folder, { recursive: true })
  })
}

const LARGE_KILLS = 4
const LARGE_BYTES = 16 << 10
const MIB = 1 << 20

for (const runtime of RUNTIMES) {
  test(`${LARGE_KILLS} kills on ${basename(runtime)} while the write-ahead log is moved into the file beside the commits, which holds it within bounds`, { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'statelog-kill-'))
    const random = new SeededRandom(testSeed() + 1)
    const sizes: number[] = []
    for (let kill = 0; kill < LARGE_KILLS; kill += 1) {
      // 0.7 MB a line: passes begin at 16 MiB, the log begins anew from 64 MiB on.
      const confirmed = await killed(runtime, folder, random.between(24, 24 + 60 * kill), 0, LARGE_BYTES)
      sizes.push(Math.round(statSync(join(folder, 'log.sqlite-wal')).size / MIB))
      const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock })
      const positions = await verify(log)
      for (const [partition, position] of confirmed) assert.ok((positions.get(partition) ?? 0) >= position, 'what was confirmed is there')
      await log.close()
    }
    console.log(`write-ahead logs of ${sizes.join(', ')} MiB left by ${basename(runtime)}`)
    for (const size of sizes) assert.ok(size > 8 && size < 256, `a write-ahead log of ${size} MiB`)
    rmSync(folder, { recursive: true })
  })
}
