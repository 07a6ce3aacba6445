// How topics are kept on a real cluster: what has drifted is shown with its cure, and what recovery cannot live with is refused before anything runs.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { wallClock } from '../../adapters/memory/clock.ts'
import { KAFKA_CLIENTS, openCluster } from '../../adapters/node/medium.ts'
import { topicSpecs, planSystem } from '../../system/partition/topology.ts'
import { kafkaMissing, startKafka, stopKafka } from '../../adapters/services/kafka.ts'
import { call, HERE } from '../support/cli.ts'
import { meters } from '../support/meters/system.ts'
import { serviceTest } from '../support/services.ts'

const METERS = 'test/support/meters/meters.system.ts'
const HOUR_MS = '3600000'
/** As topics are made, unless told otherwise. */
const KEPT = { 'retention.ms': '-1', 'retention.bytes': '-1' }

type Settings = Readonly<Record<string, string>>

/** Exactly these settings, in the place of what the topic had. */
async function alter(brokers: string, topics: Readonly<Record<string, Settings>>): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).admin()
  try {
    await admin.connect()
    await admin.alterConfigs({ validateOnly: false, resources: Object.entries(topics).map(([name, settings]) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })) })) })
  } finally {
    await admin.disconnect()
  }
}

/** What the commands in the complaints would set, by topic. */
function cures(told: string): Readonly<Record<string, Settings>> {
  const found: Record<string, Record<string, string>> = {}
  for (const [, topic = '', setting = '', value = ''] of told.matchAll(/kafka-configs --bootstrap-server \S+ --alter --entity-type topics --entity-name (\S+) --add-config (\S+)=(\S+)$/gm)) (found[topic] ??= {})[setting] = value
  return found
}

for (const client of KAFKA_CLIENTS) {
  serviceTest('kafka', `what recovery cannot live with is refused, and doctor tells what mends it (${client})`, { timeout: 60_000 }, async (brokers) => {
    const namespace = `${randomUUID().slice(0, 8)}.`
    const folder = mkdtempSync(join(tmpdir(), 'statelog-policy-'))
    const cluster = ['--kafka', brokers, '--namespace', namespace, '--kafka-client', client]
    const log = await openCluster({ kind: 'kafka', brokers, namespace, client }, wallClock)
    try {
      assert.deepEqual(await log.ensureTopics(topicSpecs(planSystem(meters))), [])
      const healthy = await call(HERE, ['doctor', METERS, ...cluster])
      assert.deepEqual([healthy.exitCode, /healthy: nothing is wrong with meters on Kafka/.test(healthy.stdout)], [0, true], healthy.stdout + healthy.stderr)

      await alter(brokers, {
        [`${namespace}meters.meter.journal`]: { ...KEPT, 'retention.ms': '604800000' }, [`${namespace}readings`]: { ...KEPT, 'retention.ms': HOUR_MS },
        [`${namespace}alarms`]: { ...KEPT, 'retention.bytes': '1000000' }, [`${namespace}meters.site.state`]: { 'cleanup.policy': 'compact,delete', 'retention.ms': HOUR_MS },
      })
      const refused = await call(HERE, ['run', METERS, ...cluster, '--folder', join(folder, 'data'), '--workers', '0'])
      assert.equal(refused.exitCode, 1, refused.stdout)
      assert.match(refused.stderr, /topic readings: it may remove records after 3600000 ms, and this source must keep at least \d+ ms[^]*topic meters\.meter\.journal: .* this journal must keep everything[^]*topic meters\.site\.state: .*states[^]*statelog doctor[^]*\(topics\/retention\)/)
      assert.doesNotMatch(refused.stderr, /alarms/)

      const drifted = await call(HERE, ['doctor', METERS, ...cluster])
      assert.equal(drifted.exitCode, 1)
      assert.deepEqual(cures(drifted.stdout), {
        [`${namespace}readings`]: { 'retention.ms': '86405000' }, [`${namespace}meters.meter.journal`]: { 'retention.ms': '-1' },
        [`${namespace}alarms`]: { 'retention.bytes': '-1' }, [`${namespace}meters.site.state`]: { 'cleanup.policy': 'compact' },
      }, drifted.stdout)

      await alter(brokers, Object.fromEntries(Object.entries(cures(drifted.stdout)).map(([topic, cure]) => [topic, { ...(topic.endsWith('.state') ? {} : KEPT), ...cure }])))
      const mended = await call(HERE, ['doctor', METERS, ...cluster])
      assert.equal(mended.exitCode, 0, mended.stdout + mended.stderr)
    } finally {
      await log.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

const missing = kafkaMissing()
test('doctor tells of a broker that does not verify what transactions write', missing === undefined ? { timeout: 90_000 } : { skip: missing }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-unverifying-'))
  const brokers = await startKafka({ folder, port: 0, brokers: 1, detached: false, properties: ['transaction.partition.verification.enable=false'] })
  const address = `127.0.0.1:${brokers[0]?.port}`
  try {
    for (const client of KAFKA_CLIENTS) {
      const log = await openCluster({ kind: 'kafka', brokers: address, namespace: '', client }, wallClock)
      await log.ensureTopics(topicSpecs(planSystem(meters)))
      await log.close()
      const { exitCode, stdout } = await call(HERE, ['doctor', METERS, '--kafka', address, '--kafka-client', client])
      assert.equal(exitCode, 1, stdout)
      assert.match(stdout, /broker 1: transaction\.partition\.verification\.enable is false, should be true[^\n]*\n1 problem in /)
    }
  } finally {
    await stopKafka(brokers)
    rmSync(folder, { recursive: true, force: true })
  }
})
