// The benchmark's workload in small: all engines, over a memory log, come out as the checker recomputes it; and the checker sees what is wrong.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import type { MemoryLog } from '../../adapters/memory/log.ts'
import { systemClock, systemRandom } from '../../adapters/node/clock.ts'
import { lookAt } from '../../adapters/node/look.ts'
import type { ActorLimits } from '../../system/authoring/definition.ts'
import { silentTelemetry } from '../../system/inspect/silence.ts'
import { StatelogNode } from '../../system/node/node.ts'
import { planSystem, topicSpecs } from '../../system/partition/topology.ts'
import type { LogRecord, OutRecord } from '../../system/protocol/record.ts'
import { stateTopic } from '../../system/protocol/ids.ts'
import { utf8Decode } from '../../system/protocol/utf8.ts'
import { page } from '../bench/page.ts'
import { readResults } from '../bench/results.ts'
import { checkRun, isWhole } from '../bench/w1/check.ts'
import type { CheckVerdict } from '../bench/w1/check.ts'
import { accountName, paymentAt } from '../bench/w1/events.ts'
import type { Workload } from '../bench/w1/events.ts'
import { loadWorkload } from '../bench/w1/load.ts'
import { highOf, unitOf } from '../bench/w1/splitmix.ts'
import { OUTPUT, PARTITIONS, w1System } from '../bench/w1/system.ts'
import type { EngineName } from '../bench/w1/system.ts'

const WORKLOAD: Workload = { events: 4000, accounts: 200, visits: 'random' }

async function ran(engine: EngineName, workload: Workload, limits: Partial<ActorLimits> = {}): Promise<MemoryLog> {
  const log = memoryLog({ keyed: true })
  const system = w1System(engine, limits)
  await log.ensureTopics(topicSpecs(planSystem(system)))
  await loadWorkload(log, workload)
  const node = new StatelogNode({ system, log, codec: cborCodec, clock: systemClock, random: systemRandom, telemetry: silentTelemetry, models: new Map(), settings: { commitWaitMs: 0, batchRecordsMax: 100 } })
  await node.start()
  for (let look = await lookAt(log, node); look.lag > 0 || look.partitions.some(({ state }) => state !== 'live'); look = await lookAt(log, node)) await systemClock.sleep(2)
  const peer = log.peer()
  await node.stop()
  return peer
}

for (const engine of ['reducer', 'compiled', 'xstate'] as const) {
  test(`${engine}: outputs and states are those of the reference`, async () => {
    const verdict = await checkRun(await ran(engine, WORKLOAD), WORKLOAD, { states: true })
    assert.deepEqual(verdict, { outputs: 4000, states: 200, lost: 0, repeated: 0, wrong: 0, wrongStates: 0, first: '' })
  })
}

test('visited in rounds, with memory for a few accounts only, nothing changes', async () => {
  const workload: Workload = { events: 3000, accounts: 1000, visits: 'rounds' }
  assert.ok(isWhole(await checkRun(await ran('reducer', workload, { entityBytesMax: 16_384 }), workload, { states: true })))
})

/** A log that holds only what `change` makes of a run's outputs and states. */
async function altered(from: MemoryLog, topic: string, change: (records: readonly LogRecord[]) => readonly LogRecord[]): Promise<CheckVerdict> {
  const log = memoryLog()
  await log.ensureTopics([OUTPUT, stateTopic('w1', 'account')].map((name) => ({ name, partitions: PARTITIONS, cleanup: 'delete' })))
  for (const name of [OUTPUT, stateTopic('w1', 'account')]) {
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const { records } = await from.read(name, partition, 0, Infinity, { recordsMax: Infinity, bytesMax: Infinity })
      const kept = name === topic && partition === 1 ? change(records) : records
      await log.append(kept.map(({ key, value, timestampMs }): OutRecord => ({ topic: name, partition, key, value, headers: [], timestampMs })))
    }
  }
  return checkRun(log, WORKLOAD, { states: true })
}

test('the checker sees a lost, a repeated, a changed and a swapped output, and a lost and an old state', async () => {
  const log = await ran('reducer', WORKLOAD)
  const states = stateTopic('w1', 'account')
  assert.ok(isWhole(await altered(log, OUTPUT, (records) => records)))
  assert.equal((await altered(log, OUTPUT, (records) => records.slice(0, -1))).lost, 1)
  assert.equal((await altered(log, OUTPUT, (records) => [...records, ...records.slice(3, 4)])).repeated, 1)
  assert.ok((await altered(log, OUTPUT, (records) => records.toSpliced(5, 1))).wrong > 0)
  const [first] = (await log.read(OUTPUT, 1, 0, 1, { recordsMax: 1, bytesMax: 1000 })).records
  const second = (await log.read(OUTPUT, 1, 0, Infinity, { recordsMax: Infinity, bytesMax: Infinity })).records.findIndex(({ key }, at) => at > 0 && utf8Decode(key ?? new Uint8Array()) === utf8Decode(first?.key ?? new Uint8Array()))
  const swapped = await altered(log, OUTPUT, (records) => records.with(0, records[second] as LogRecord).with(second, records[0] as LogRecord))
  assert.ok(swapped.wrong > 0 && swapped.repeated > 0)
  const change = (record: LogRecord): LogRecord => ({ ...record, value: (record.value ?? new Uint8Array()).with(20, 1) })
  assert.equal((await altered(log, OUTPUT, (records) => records.with(7, change(records[7] as LogRecord)))).wrong, 1)
  assert.equal((await altered(log, states, (records) => records.filter(({ key }) => key?.[0] === 0xff))).wrongStates > 0, true)
  assert.equal((await altered(log, states, (records) => records.map((record) => (record === records[0] && records[1] !== undefined ? { ...record, value: records[1].value } : record)))).wrongStates, 1)
})

test('the generator is SplitMix64 as published', () => {
  const mask = 0xffffffffffffffffn
  for (const index of [0, 1, 2, 3, 41, 1_000_003, 4_294_967_294, 4_294_967_295, 12_345_678_901]) {
    let z = (42n + BigInt(index + 1) * 0x9e3779b97f4a7c15n) & mask
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
    z ^= z >> 31n
    assert.equal(highOf(42, index), Number(z >> 32n))
    assert.equal(unitOf(42, index), Number(z >> 11n) / 2 ** 53)
  }
})

test('rounds visit every account once a round', () => {
  const workload: Workload = { events: 3000, accounts: 1000, visits: 'rounds' }
  const seen = new Map<string, number>()
  for (let i = 0; i < workload.events; i += 1) seen.set(accountName(paymentAt(workload, i).account), Math.floor(i / 1000))
  assert.equal(seen.size, 1000)
  assert.ok([...seen.values()].every((round) => round === 2))
})

test('the page of the bench is what its results say', () => {
  assert.equal(readFileSync(new URL('../bench/README.md', import.meta.url), 'utf8'), page(readResults()))
})
