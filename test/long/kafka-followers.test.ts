// Who leads a partition no more, and follows now, is not read from: it would answer with what it has heard of, later or less than there is, and never say that another one leads.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, PartitionMetadata } from 'kafkajs'
import { Cluster } from '../../adapters/kafka/cluster.ts'
import { fetchParts as fetchByDefault } from '../../adapters/kafka/fetch.ts'
import { openKafkaLog } from '../../adapters/kafka/log.ts'
import { errorName } from '../../adapters/kafka/wire.ts'
import { Client } from '../../adapters/kafkajs/client.ts'
import { fetchParts as fetchByKafkajs } from '../../adapters/kafkajs/fetch.ts'
import { leaderOf } from '../../adapters/kafkajs/leaders.ts'
import { openKafkajsLog } from '../../adapters/kafkajs/log.ts'
import { systemClock } from '../../adapters/node/clock.ts'
import { kafkaMissing, startKafka, stopKafka } from '../../adapters/services/kafka.ts'
import { record } from '../contract/log-fixture.ts'

const missing = kafkaMissing()
const options = missing === undefined ? { timeout: 120_000 } : { skip: missing }
const LIMITS = { waitMsMax: 0, bytesMax: 1 << 20 }
const SECURITY = { clientId: 'test', security: {}, connectMsMax: 3000, requestMsMax: 10_000, slowMsMax: 30_000 }

const answerOf = (part: { readonly errorCode: number; readonly bytes: Buffer } | undefined): string => (part?.errorCode !== 0 ? errorName(part?.errorCode ?? -1) : part.bytes.length > 0 ? 'records' : 'nothing')

/** As some broker tells it; undefined: none does. */
const stateOf = async (admin: Admin): Promise<PartitionMetadata | undefined> => (await admin.fetchTopicMetadata({ topics: ['t'] }).catch(() => undefined))?.topics[0]?.partitions[0]

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(100)
}

test('a leader that died and follows now refuses both clients, which have not heard of the next one', options, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-followers-'))
  const brokers = await startKafka({ folder, port: 0, brokers: 3, detached: false })
  const addresses = brokers.map(({ port }) => ({ host: '127.0.0.1', port }))
  const kafka = addresses.map(({ host, port }) => `${host}:${port}`).join(',')
  const logs = await Promise.all([openKafkaLog, openKafkajsLog].map((open) => open({ brokers: kafka, clock: systemClock, namespace: '' })))
  const client = new Client(kafka, 'test')
  const admin = client.admin()
  const [cluster, kafkajs] = [new Cluster(addresses, SECURITY, systemClock), client.cluster()]
  try {
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 't', numPartitions: 1, replicationFactor: 3 }], waitForLeaders: true })
    await logs[0]?.append([record('t', 0, 'x')])
    const view = await cluster.topic('t')
    const leader = cluster.leaderOf('t', 0)
    assert.equal(await leaderOf(kafkajs, 't', 0), String(leader))
    const asked = { topicId: view?.id ?? '', topic: 't', partition: 0, offset: 0, bytesMax: 1 << 20 }
    const byDefault = async (): Promise<string> => {
      const { parts: [part] } = await fetchByDefault(await cluster.connectionTo('fetch', leader), { parts: [{ ...asked, leaderEpoch: cluster.epochOf('t', 0) }], ...LIMITS })
      return answerOf(part)
    }
    const byKafkajs = async (): Promise<string> => {
      const [part] = await fetchByKafkajs(await kafkajs.findBroker({ nodeId: String(leader) }), { parts: [asked], ...LIMITS })
      return answerOf(part)
    }
    const readAll = (): Promise<readonly number[]> => Promise.all(logs.map(async (log) => (await log.read('t', 0, 0, 1, { recordsMax: 10, bytesMax: 1 << 20 })).records.length))
    assert.deepEqual([await byDefault(), await byKafkajs(), await readAll()], ['records', 'records', [1, 1]])
    brokers[leader - 1]?.kill()
    await until(async () => ![-1, leader].includes((await stateOf(admin))?.leader ?? -1))
    await brokers[leader - 1]?.restart()
    await until(async () => (await stateOf(admin))?.isr.length === 3)
    assert.deepEqual([await byDefault(), await byKafkajs()], ['FENCED_LEADER_EPOCH', 'NOT_LEADER_OR_FOLLOWER'])
    assert.deepEqual(await readAll(), [1, 1], 'who is refused looks for the next one')
  } finally {
    await Promise.all([admin.disconnect(), kafkajs.disconnect(), ...logs.map((log) => log.close())])
    cluster.close()
    await stopKafka(brokers)
    rmSync(folder, { recursive: true, force: true })
  }
})
