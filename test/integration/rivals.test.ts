// The loops that the bench sets beside the runtime: their step, from a partition's records to outputs, is the runtime's, also when a loop starts again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryLog } from '../../adapters/memory/log.ts'
import type { MemoryLog } from '../../adapters/memory/log.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import { Scorer } from '../bench/rivals/scorer.ts'
import { checkRun, isWhole } from '../bench/w1/check.ts'
import type { Workload } from '../bench/w1/events.ts'
import { loadWorkload } from '../bench/w1/load.ts'
import { OUTPUT, PARTITIONS, SOURCE } from '../bench/w1/system.ts'

const WORKLOAD: Workload = { events: 4000, accounts: 200, visits: 'random' }
const ALL = { recordsMax: Infinity, bytesMax: Infinity }

async function loaded(): Promise<MemoryLog> {
  const log = memoryLog()
  await loadWorkload(log, WORKLOAD)
  await log.ensureTopics([{ name: OUTPUT, partitions: PARTITIONS, cleanup: 'delete' }])
  return log
}

/** What a loop does with the records of a partition up to an offset, when the group has committed another one. */
async function scored(log: MemoryLog, partition: number, committed: number, end: number): Promise<number> {
  const scorer = new Scorer(committed)
  const { records } = await log.read(SOURCE, partition, 0, Infinity, ALL)
  const outputs: OutRecord[] = []
  for (const { offset, key, value, timestampMs } of records) {
    if (offset >= end || key === null || value === null) continue
    const output = scorer.take(offset, Buffer.from(key), Buffer.from(value))
    if (output !== undefined) outputs.push({ topic: OUTPUT, partition, key, value: output, headers: [], timestampMs })
  }
  await log.append(outputs)
  return scorer.next
}

test('a loop gives what the checker computes', async () => {
  const log = await loaded()
  for (let partition = 0; partition < PARTITIONS; partition += 1) await scored(log, partition, 0, Infinity)
  assert.ok(isWhole(await checkRun(log, WORKLOAD, { states: false })))
})

test('started again it writes what is not committed yet, from states that it makes anew', async () => {
  const log = await loaded()
  for (let partition = 0; partition < PARTITIONS; partition += 1) await scored(log, partition, await scored(log, partition, 0, 300), Infinity)
  assert.ok(isWhole(await checkRun(log, WORKLOAD, { states: false })))
})

test('a record that comes again is passed over', async () => {
  const { records } = await (await loaded()).read(SOURCE, 0, 0, 1, ALL)
  const [first] = records
  const scorer = new Scorer(0)
  const take = (): Uint8Array | undefined => scorer.take(0, Buffer.from(first?.key ?? []), Buffer.from(first?.value ?? []))
  assert.equal(take()?.length, 32)
  assert.equal(take(), undefined)
  assert.equal(scorer.next, 1)
})
