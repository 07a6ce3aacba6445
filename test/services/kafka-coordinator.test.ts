// The coordinator that unit tests ask about transactions, against those of real brokers of both versions: the same requests have the same answers, in any order.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Cluster } from '../../adapters/kafka/cluster.ts'
import { codeOf } from '../../adapters/kafka/codes.ts'
import type { Connection } from '../../adapters/kafka/connection.ts'
import { parseBrokers } from '../../adapters/kafka/connections.ts'
import { addOffsetsToTxnV3, describeTransactionsV0, endTxnV3, initProducerIdV4 } from '../../adapters/kafka/transaction-requests.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { kafkaMissing, startKafka, stopKafka } from '../../adapters/services/kafka.ts'
import { connectionTo } from '../support/kafka-broker.ts'
import { IdCoordinator } from '../support/kafka-coordinator.ts'
import { testSeed } from '../support/seed.ts'
import { serviceTest } from '../support/services.ts'

const TRANSPORT = { clientId: 'x', security: {}, connectMsMax: 3000, requestMsMax: 30_000, slowMsMax: 30_000 }
const OPEN_MS = 60_000
const STEPS = 300
const MARKERS_MS = 2
/** How often what a request led to is compared, once its markers have come; the next one does not wait otherwise. */
const SETTLING = 0.5

interface Asked {
  readonly connection: Connection
  readonly id: string
  readonly producerId: bigint
}

type Step = (asked: Asked) => Promise<unknown>

const initialising = (epoch: number): Step => async ({ connection, id, producerId }) => (await initProducerIdV4(connection, id, OPEN_MS, epoch < 0 ? -1n : producerId, epoch)).producerEpoch
const announcing = (epoch: number): Step => async ({ connection, id, producerId }) => void await addOffsetsToTxnV3(connection, id, producerId, epoch, 'group')
const ending = (epoch: number, isCommit: boolean): Step => async ({ connection, id, producerId }) => void await endTxnV3(connection, id, producerId, epoch, isCommit)

const told = (asked: Asked, step: Step): Promise<unknown> => step(asked).then((answer) => answer ?? 'taken', codeOf)

/** What is open under which epoch when the markers have come. */
async function settled({ connection, id }: Asked): Promise<readonly unknown[]> {
  for (;;) {
    const { transactionStates: [found] } = await describeTransactionsV0(connection, [id])
    if (found?.transactionState.startsWith('Prepare') !== true) return [found?.transactionState === 'Ongoing', found?.producerEpoch]
    await wallClock.sleep(MARKERS_MS)
  }
}

async function walk(kafka: string, version: 1 | 2): Promise<void> {
  const random = new SeededRandom(testSeed())
  const cluster = new Cluster(parseBrokers(kafka), TRANSPORT, wallClock)
  const coordinator = new IdCoordinator(version)
  coordinator.holdsMarkers = true
  const id = randomUUID()
  const first = (connection: Connection): Promise<Asked> => initProducerIdV4(connection, id, OPEN_MS, -1n, -1).then(({ producerId }) => ({ connection, id, producerId }))
  const modelled = await first(connectionTo((key, request) => coordinator.answer(key, request)))
  const said = new Set<unknown>()
  let epoch = 0
  let travelling = 0
  try {
    const real = await cluster.atCoordinator('transaction', id, 'u', first, { untilMs: wallClock.monotonicMs() + OPEN_MS })
    for (let nth = 1; nth <= STEPS; nth += 1) {
      // Mostly under the newest, else under the one before or after it.
      const under = Math.max(0, epoch + ([0, 0, 0, -1, -2, 1][Math.floor(random.next() * 6)] as number))
      const step = [initialising(-1), initialising(under), announcing(under), announcing(under), ending(under, true), ending(under, false)][Math.floor(random.next() * 6)] as Step
      const answer = await told(real, step)
      const { isMarking } = coordinator
      let expected = await told(modelled, step)
      if (isMarking && answer === expected) travelling += 1
      else if (isMarking) {
        // They had come when the broker was asked.
        coordinator.complete()
        expected = await told(modelled, step)
      }
      assert.equal(answer, expected, `step ${nth} of seed ${testSeed()}`)
      said.add(typeof answer === 'number' ? 'initialised' : answer)
      if (random.next() < SETTLING) {
        const state = await settled(real)
        coordinator.complete()
        assert.deepEqual(state, await settled(modelled), `after step ${nth} of seed ${testSeed()}`)
      }
      epoch = coordinator.epoch
    }
    assert.ok(travelling > 0)
  } finally {
    cluster.close()
  }
  console.log(`version ${version}: ${STEPS} requests, ${travelling} of them while markers travelled, the last under epoch ${epoch}: ${[...said].join(', ')}`)
}

serviceTest('kafka', 'the coordinator of tests answers as brokers do whose transactions are of version 2', { timeout: 60_000 }, (kafka) => walk(kafka, 2))

const missing = kafkaMissing()
test('the coordinator of tests answers as brokers do whose transactions are of version 1', missing === undefined ? { timeout: 90_000 } : { skip: missing }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-kafka-coordinator-'))
  const brokers = await startKafka({ folder, port: 0, brokers: 1, detached: false, formatArgs: ['--feature', 'transaction.version=1'] })
  try {
    await walk(`127.0.0.1:${brokers[0]?.port}`, 1)
  } finally {
    await stopKafka(brokers)
    rmSync(folder, { recursive: true, force: true })
  }
})
