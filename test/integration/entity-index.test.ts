// X1: an index whose feeder is killed in the middle of a transaction holds what its places say, no more and no less; fed on, it is what one made from
// nothing is, and what the log says entity by entity.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { memoryIndex } from '../../adapters/memory/entity-index.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { systemClock } from '../../adapters/node/clock.ts'
import { openEmbedded } from '../../adapters/node/embedded.ts'
import { openEntityIndex } from '../../adapters/sqlite/entity-index.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import { IndexFeeder } from '../../system/inspect/index-feeder.ts'
import { queryEntity } from '../../system/inspect/query.ts'
import { silentTelemetry } from '../../system/inspect/silence.ts'
import { planSystem } from '../../system/partition/topology.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import { equalBytes, utf8Decode } from '../../system/protocol/utf8.ts'
import { PARTITION_KEY } from '../../system/protocol/ids.ts'
import { feed } from '../support/crash/run.ts'
import { ledger } from '../support/crash/system.ts'
import type { Deed } from '../support/crash/system.ts'
import { testSeed } from '../support/seed.ts'

const PARTITIONS = 3
const ACCOUNTS = 2500
const KILLS = 8
const FEEDER = join(import.meta.dirname, 'entity-index-feeder.ts')

async function fedBy(folder: string, file: string, point: string, nth: number): Promise<string | null> {
  const child = spawn(process.execPath, [FEEDER, folder, file, String(PARTITIONS), point, String(nth)], { stdio: 'inherit', env: { ...process.env, NODE_NO_WARNINGS: '1' } })
  const [, signal] = await once(child, 'exit') as [number | null, string | null]
  return signal
}

test('an index over kills of its feeder', { timeout: 120_000 }, async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'statelog-index-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const [folder, file] = [join(parent, 'data'), join(parent, 'entities.sqlite')]
  await feed(folder, PARTITIONS, Array.from({ length: ACCOUNTS }, (_, n): Deed => ({ type: 'add', account: `a${n}`, n: n % 17, time: 1_700_000_000_000 + n })))
  const embedded = await openEmbedded({ folder, system: ledger(PARTITIONS, new Set()), origin: { target: 'ledger', flags: {}, seed: 1, data: null, events: null }, telemetry: silentTelemetry })
  await embedded.start()
  for (let now = await embedded.look(); now.lag > 0 || now.partitions.some(({ state }) => state !== 'live'); now = await embedded.look()) await systemClock.sleep(10)
  await embedded.close()

  const log = await openSqliteLog({ folder, mode: 'client', clock: systemClock })
  const plan = planSystem(ledger(PARTITIONS, new Set())).get('account') as TypePlan
  const random = new SeededRandom(testSeed())
  const places: string[] = []
  for (let kill = 0; kill < KILLS; kill += 1) {
    const signal = await fedBy(folder, file, random.next() < 0.5 ? 'before' : 'after', 1 + Math.floor(random.next() * 12))
    const index = openEntityIndex(file)
    const rows = new Set((await index.rows({ group: plan.group, rowsMax: 1e6 })).map(({ id }) => id as string))
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const next = (await index.place(plan.group, partition))?.next ?? 0
      const { records } = await log.read(plan.state, partition, 0, next, { recordsMax: 1e6, bytesMax: 1e9 })
      for (const { key } of records) if (key !== null && !equalBytes(key, PARTITION_KEY)) assert.equal(rows.delete(utf8Decode(key) ?? ''), true, 'what was read is there')
      places.push(String(next))
    }
    assert.equal(rows.size, 0, 'what was not read is not')
    await index.close()
    if (signal === null) break
  }
  assert.equal(await fedBy(folder, file, '', 0), null)
  const [index, fresh] = [openEntityIndex(file), memoryIndex()]
  await new IndexFeeder({ log, codec: cborCodec, clock: systemClock, index: fresh, stored: async () => undefined }).round(plan)
  const found = await index.rows({ group: plan.group, rowsMax: 1e6 })
  assert.deepEqual(found, await fresh.rows({ group: plan.group, rowsMax: 1e6 }))
  assert.equal(found.length, ACCOUNTS)
  for (let partition = 0; partition < PARTITIONS; partition += 1) assert.equal((await index.place(plan.group, partition))?.behindMs, undefined, 'all is shown')
  for (const row of found.filter((_, nth) => nth % 100 === 0)) {
    const { entity } = await queryEntity({ log, codec: cborCodec, clock: wallClock }, plan, row.id)
    assert.deepEqual([row.configuration, row.numbers, row.seq], [entity?.configuration, entity?.context, entity?.changedSeq])
  }
  await index.close()
  await log.close()
  console.log(`seed ${testSeed()}: places after kills: ${places.join(' ')}`)
})
