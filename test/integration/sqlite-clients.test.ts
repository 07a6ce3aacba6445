// Other processes append while the runtime commits: everything stands once, each append together and in its sender's order, and waiting polls see it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { wallClock } from '../../adapters/memory/clock.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import type { Lease } from '../../system/ports/log.ts'

const APPENDS = 150
const NAMES = ['north', 'south']

test('two processes append while the runtime polls and commits', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-clients-'))
  const log = await openSqliteLog({ folder, mode: 'runtime', clock: wallClock })
  await log.ensureTopics([{ name: 'orders', partitions: 1, cleanup: 'delete' }, { name: 'copies', partitions: 1, cleanup: 'delete' }])
  const lease = await new Promise<Lease>((resolve) => void log.join({ group: 'g', topics: ['orders'], metadataTopic: 'orders' }, { assigned: resolve }))
  await lease.fence()
  const children = NAMES.map((name) => spawn(process.execPath, [join(import.meta.dirname, 'sqlite-appender.ts'), folder, name, String(APPENDS)], { stdio: 'inherit' }))
  const exits = children.map((child) => once(child, 'exit'))
  const seen: string[] = []
  let position = 0
  while (seen.length < NAMES.length * APPENDS * 2) {
    const [range] = await lease.poll({ from: new Map([['orders', position]]), recordsMax: 50, bytesMax: 1 << 20, waitMsMax: 10_000 })
    assert.ok(range !== undefined, 'a waiting poll sees what other processes append')
    position = range.to
    seen.push(...range.records.map((record) => new TextDecoder().decode(record.value ?? undefined)))
    const records = range.records.map(({ key, value, headers, timestampMs }) => ({ topic: 'copies', partition: 0, key, value, headers, timestampMs }))
    assert.equal((await lease.commit({ records, positions: new Map([['orders', position]]), metadata: '' })).kind, 'done')
  }
  for (const exit of exits) assert.deepEqual((await exit)[0], 0)
  for (const name of NAMES) {
    const own = seen.filter((text) => text.startsWith(name))
    assert.deepEqual(own, Array.from({ length: APPENDS }, (_, n) => [`${name} ${n} a`, `${name} ${n} b`]).flat())
  }
  for (let at = 0; at < seen.length; at += 2) assert.equal(seen[at]?.slice(0, -1), seen[at + 1]?.slice(0, -1))
  const copies = await log.read('copies', 0, 0, Infinity, { recordsMax: 10_000, bytesMax: 1 << 20 })
  assert.deepEqual(copies.records.map((record) => new TextDecoder().decode(record.value ?? undefined)), seen)
  await log.close()
  rmSync(folder, { recursive: true })
})
