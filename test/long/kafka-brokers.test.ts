// Three brokers, one of which dies again and again, under two processes that die and stand still too: the invariants hold, and work goes on.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { kafkaMissing, startKafka, stopKafka } from '../../adapters/services/kafka.ts'
import { runPair } from '../support/chaos/pair.ts'
import { PROCESSING } from '../support/chaos/variant.ts'
import { testSeed } from '../support/seed.ts'

const missing = kafkaMissing()
const options = missing === undefined ? { timeout: 400_000 } : { skip: missing }

test('three brokers: kills of brokers, kills of processes and zombies break no invariant', options, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-brokers-'))
  const brokers = await startKafka({ folder, port: 0, brokers: 3, detached: false })
  try {
    const seed = testSeed()
    const kafka = brokers.map(({ port }) => `127.0.0.1:${port}`).join(',')
    const { report, kills, zombies, brokerKills, failoverMs, namespace } = await runPair({ seed, kafka, variant: PROCESSING, runtimes: [process.execPath, process.execPath], workers: 0, kills: 3, zombies: 2, sessionMs: 2000, brokers, brokerKills: 3 })
    assert.equal(report.text(), '', `seed ${seed}, ${namespace}`)
    console.log(`seed ${seed}: ${kills} kills, ${zombies} zombies, ${brokerKills} broker kills; ${report.counts.get('inputs')} inputs, ${report.counts.get('leases')} leases, ${report.counts.get('outputs')} outputs judged; from the kill of a broker until every partition went on: ${failoverMs.join(', ')} ms (session of brokers 3,000 ms)`)
  } finally {
    await stopKafka(brokers)
    rmSync(folder, { recursive: true, force: true })
  }
})
