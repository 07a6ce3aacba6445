// Worker threads that stand still are found from outside and replaced; what did it is dead-lettered, all else is complete.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openEmbedded } from '../../adapters/node/embedded.ts'
import type { Embedded } from '../../adapters/node/embedded.ts'
import { systemClock } from '../../adapters/node/clock.ts'
import type { Telemetry } from '../../system/ports/telemetry.ts'
import { expectedSums, feed, look } from '../support/crash/run.ts'
import { ledger } from '../support/crash/system.ts'
import type { Deed } from '../support/crash/system.ts'

const PARTITIONS = 20
const TIME_MS = 1_700_000_000_000

interface Watched {
  readonly replaced: string[]
  /** From each replacement to the next moment at which every partition was live, ms. */
  readonly recoveryMs: number[]
}

async function runToEnd(embedded: Embedded, watched: Watched): Promise<void> {
  await embedded.start()
  let seen = 0
  let sinceMs = 0
  for (let done = 0; done < 2;) {
    const now = await embedded.look()
    const isLive = now.partitions.every(({ state }) => state === 'live')
    if (watched.replaced.length > seen) {
      seen = watched.replaced.length
      sinceMs = performance.now()
    }
    if (sinceMs > 0 && isLive) {
      watched.recoveryMs.push(performance.now() - sinceMs)
      sinceMs = 0
    }
    assert.equal(now.failure, undefined)
    done = isLive && now.lag === 0 ? done + 1 : 0
    await systemClock.sleep(10)
  }
}

async function runWith(t: TestContext, special: Deed['type']): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'statelog-threads-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, 'data')
  const deeds = Array.from({ length: 1200 }, (_, at): Deed => ({ type: at === 500 ? special : 'add', account: `a${at % 60}`, n: (at * 7) % 11, time: TIME_MS + at }))
  await feed(folder, PARTITIONS, deeds)
  const watched: Watched = { replaced: [], recoveryMs: [] }
  const telemetry: Telemetry = {
    partition: () => {}, batch: () => {}, probe: () => {},
    log: (level, message) => {
      if (level === 'error') watched.replaced.push(message)
    },
  }
  const embedded = await openEmbedded({
    folder, system: ledger(PARTITIONS, new Set()), origin: { target: 'ledger', flags: {}, seed: 1, data: null, events: null }, telemetry, settings: { batchRecordsMax: 20, commitWaitMs: 0 },
    threads: { count: 2, loader: { module: new URL('../support/crash/thread-system.ts', import.meta.url).href, argument: { partitions: PARTITIONS, deadly: [] } } },
  })
  await runToEnd(embedded, watched)
  await embedded.close()
  const { letters, sums } = await look(folder, PARTITIONS)
  assert.deepEqual(letters.map((letter) => [letter.class, letter.entity]), [['crash', 'a20']], watched.replaced.join('\n'))
  const sorted = (map: ReadonlyMap<string, readonly string[]>): object => Object.fromEntries([...map].sort())
  assert.deepEqual(sorted(sums), sorted(expectedSums(deeds, ({ type }) => type === special)))
  // A thread that gets no processor for a second counts as standing still, rightly or not: one more at the most.
  assert.ok(watched.replaced.length >= 5 && watched.replaced.length <= 6, watched.replaced.join('\n'))
  for (const message of watched.replaced.slice(0, 5)) assert.match(message, /^worker thread \d is replaced: .*ledger\.account\/\d+ deeds offset \d+/)
  console.log(`${special}: ${watched.replaced.length} threads replaced (${watched.replaced[0]?.replace(/^.*replaced: /, '')}); all partitions live again after ${watched.recoveryMs.map((ms) => `${Math.round(ms)} ms`).join(', ')}`)
}

test('an endless loop in a step costs its input, not its thread\'s partitions', { timeout: 120_000 }, (t) => runWith(t, 'spin'))
