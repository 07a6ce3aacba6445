// What another client reads of a cluster: byte by byte what was written; and the checker finds every way of damaging a log also in what kcat read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wallClock } from '../../adapters/memory/clock.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { openCluster } from '../../adapters/node/medium.ts'
import type { KafkaMedium } from '../../adapters/node/medium.ts'
import type { CommittedLog } from '../../adapters/node/look.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import { check } from '../support/chaos/checker.ts'
import { groupTopics } from '../support/chaos/checker-types.ts'
import { CORRUPTIONS } from '../support/chaos/corruptions.ts'
import { dumpLog } from '../support/chaos/dump.ts'
import type { LogDump } from '../support/chaos/dump.ts'
import { appendAll } from '../support/chaos/feed.ts'
import { kcatMissing, kcatReader } from '../support/chaos/kcat.ts'
import { runPair } from '../support/chaos/pair.ts'
import { PROCESSING } from '../support/chaos/variant.ts'
import { serviceTest } from '../support/services.ts'
import { testSeed } from '../support/seed.ts'

const missing = kcatMissing()
const WITHOUT_KCAT = { skip: missing ?? '' }

async function onCluster(kafka: string, namespace: string, run: (log: CommittedLog, medium: KafkaMedium) => Promise<void>): Promise<void> {
  const medium: KafkaMedium = { kind: 'kafka', brokers: kafka, namespace }
  const log = await openCluster(medium, wallClock)
  try {
    await run(log, medium)
  } finally {
    await log.close()
  }
}

const read = (log: CommittedLog, medium: KafkaMedium): Promise<LogDump> => dumpLog(log, groupTopics(PROCESSING), kcatReader(medium))

if (missing !== undefined) test('kcat reads what was written', WITHOUT_KCAT, () => {})
else {
  serviceTest('kafka', 'kcat reads every byte of keys, values and headers, and tells null from empty', { timeout: 30_000 }, (kafka) => onCluster(kafka, `kcat-${Date.now().toString(36)}.`, async (log, medium) => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index)
    const none = new Uint8Array(0)
    const of = (key: Uint8Array | null, value: Uint8Array | null, partition = 0, timestampMs = 1_600_000_000_123): OutRecord => ({ topic: 'bytes', partition, key, value, headers: [], timestampMs })
    const written = [{ ...of(all, all), headers: [['ä,=\n"', all], ['empty', none]] as const }, of(null, null), of(none, none), of(all.subarray(200), null, 1, 0)]
    await log.ensureTopics([{ name: 'bytes', partitions: 2, cleanup: 'delete' }])
    await appendAll(log, written)
    const found = (await kcatReader(medium)?.('bytes', 2))?.flat() ?? []
    assert.deepEqual(found.map(({ key, value, headers, timestampMs }) => ({ key, value, headers, timestampMs })), written.map(({ key, value, headers, timestampMs }) => ({ key: key === null ? null : new Uint8Array(key), value, headers, timestampMs })))
    assert.deepEqual(found.map(({ offset }) => offset), [0, 1, 2, 0])
  }))

  serviceTest('kafka', 'every way of damaging a log is found in what kcat reads', { timeout: 120_000 }, async (kafka) => {
    const seed = testSeed()
    const { report, namespace } = await runPair({ seed, kafka, variant: PROCESSING, runtimes: [process.execPath, process.execPath], workers: 0, kills: 0, zombies: 0, sessionMs: 1000 })
    assert.equal(report.text(), '', `seed ${seed}, ${namespace}`)
    await onCluster(kafka, namespace, async (log, medium) => {
      const dump = await read(log, medium)
      assert.deepEqual(dump.topics, (await dumpLog(log, groupTopics(PROCESSING))).topics, 'the driver and kcat read the same')
      for (const { name, breaks, damage } of CORRUPTIONS) {
        const found = check(damage(dump, new SeededRandom(seed)), { variant: PROCESSING, isFinished: true })
        for (const invariant of breaks) assert.ok(found.invariants.includes(invariant), `${name}: ${found.text() || 'nothing was found'}`)
      }
      await doubleAnOutput(log, dump)
      assert.deepEqual(check(await read(log, medium), { variant: PROCESSING, isFinished: true }).invariants.includes('I2'), true)
    })
  })
}

/** On the cluster itself. */
async function doubleAnOutput(log: CommittedLog, dump: LogDump): Promise<void> {
  const records = dump.topics.get('account-out') ?? []
  const partition = records.findIndex((one) => one.length > 0)
  const record = records[partition]?.[0]
  assert.ok(record !== undefined)
  await appendAll(log, [{ ...record, topic: 'account-out', partition }])
}
