// Who follows entities while the threads of their owners are killed is never told anything older than before, and in the end how they are.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { systemClock, systemRandom } from '../../adapters/node/clock.ts'
import { embeddedThreadLogs } from '../../adapters/node/threads/thread-log.ts'
import { Threads } from '../../adapters/node/threads/threads.ts'
import { openSqliteLog } from '../../adapters/sqlite/log.ts'
import type { EntityResult } from '../../system/gateway/gateway.ts'
import { OwnerGateway } from '../../system/gateway/owner-gateway.ts'
import { silentTelemetry } from '../../system/inspect/silence.ts'
import { planSystem, topicSpecs } from '../../system/partition/topology.ts'
import counters from '../support/counter/counter.system.ts'
import { entityId } from '../support/partition/bench.ts'
import { testSeed } from '../support/seed.ts'

const KILLS = 4
const IDS = Array.from({ length: 8 }, (_, n) => entityId(`c${n}`))
const loader = { module: new URL('../support/counter/thread-system.ts', import.meta.url).href, argument: {} }

test('followers of entities over threads that are killed', { timeout: 60_000 }, async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'statelog-followers-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, 'data')
  const log = await openSqliteLog({ folder, mode: 'runtime', clock: systemClock })
  const plans = planSystem(counters)
  await log.ensureTopics(topicSpecs(plans))
  const threads = new Threads({ logs: embeddedThreadLogs(log, folder), plans, loader, count: 2, clock: systemClock, telemetry: silentTelemetry, settings: { commitWaitMs: 0 }, hurry: undefined })
  await threads.start()
  const gateway = new OwnerGateway({ rpc: threads.rpc, log, codec: cborCodec, clock: systemClock, random: systemRandom }, plans)
  const over = new AbortController()
  const told = new Map<string, EntityResult[]>(IDS.map((id) => [id, []]))
  const following = IDS.map(async (id) => {
    for await (const update of gateway.follow('counter', id, over.signal)) told.get(id)?.push(update)
  })
  const random = new SeededRandom(testSeed())
  const sums = new Map<string, number>(IDS.map((id) => [id, 0]))
  let isKilling = true
  const killing = (async () => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await systemClock.sleep(200 + random.next() * 600)
      while (!threads.terminate(kill % 2)) await systemClock.sleep(20)
    }
    isKilling = false
  })()
  for (let n = 0; isKilling; n += 1) {
    const id = IDS[Math.floor(random.next() * IDS.length)] ?? entityId('c0')
    const result = await gateway.command('counter', id, { type: 'add', by: 1 }, `k${n}`, { deadlineMs: 20_000 })
    assert.equal(result.kind, 'reply', JSON.stringify(result))
    sums.set(id, (sums.get(id) ?? 0) + 1)
  }
  await killing
  const isDone = (): boolean => IDS.every((id) => {
    const last = told.get(id)?.at(-1)
    return last?.kind === 'entity' && (last.answer.entity?.context as { n?: number } | undefined)?.n === (sums.get(id) === 0 ? undefined : sums.get(id))
  })
  while (!isDone()) await systemClock.sleep(20)
  over.abort()
  await Promise.all(following)
  let [updates, moving, epochs] = [0, 0, 0]
  for (const [id, list] of told) {
    let [epoch, seq, n] = [-1, -1, -1]
    for (const update of list) {
      if (update.kind === 'unavailable') {
        moving += 1
        continue
      }
      const { answer } = update
      const context = (answer.entity?.context as { n: number } | undefined)?.n ?? 0
      assert.ok(answer.epoch > epoch || (answer.epoch === epoch && answer.seq >= seq), `${id}: ${answer.epoch}.${answer.seq} after ${epoch}.${seq}`)
      assert.ok(context >= n, `${id}: ${context} after ${n}`)
      if (answer.epoch > epoch) epochs += 1
      epoch = answer.epoch
      seq = answer.seq
      n = context
      updates += 1
    }
  }
  await threads.stop()
  await log.close()
  console.log(`seed ${testSeed()}: ${KILLS} threads killed, ${[...sums.values()].reduce((a, b) => a + b, 0)} events, ${updates} updates, ${moving} times told that a partition moves, ${epochs - IDS.length} changes of owner seen`)
  assert.ok(epochs > IDS.length)
})
