// A scenario on a Kafka cluster gives out what it gives out in a data folder, whatever the runtime and the client; what one runtime ran there the other
// repeats byte for byte; what was changed on the cluster is found (I5, I11).
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import kafkajs from 'kafkajs'
import { openCluster } from '../../adapters/node/medium.ts'
import { readManifest, writeManifest } from '../../adapters/node/manifest.ts'
import type { KafkaClient, KafkaMedium } from '../../adapters/node/medium.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { recordsOf } from '../../adapters/node/outputs.ts'
import { utf8Decode } from '../../system/protocol/utf8.ts'
import { call, folderFor, HERE, METERS, objects, RUNTIMES, summaryOf } from '../support/cli.ts'
import type { Ended } from '../support/cli.ts'
import { placeOn } from '../support/cluster-runs.ts'
import { outputsOf } from '../support/outputs.ts'
import { serviceTest } from '../support/services.ts'

const [NODE = '', OTHER = NODE] = RUNTIMES
/** `to`: who repeats it. */
interface Run {
  readonly from: string
  readonly to: string
  readonly workers: '0' | '2'
  readonly client: KafkaClient
}

const ON_NODE: Run = { from: NODE, to: OTHER, workers: '2', client: 'platformatic' }
const ON_BUN: Run = { from: OTHER, to: NODE, workers: '0', client: 'platformatic' }
const BY_KAFKAJS: Run = { from: NODE, to: OTHER, workers: '0', client: 'kafkajs' }
/** What each group of a scenario gives out. Alerts are left out: what blocks a card comes back to it as feedback. */
const SCENARIOS: readonly { readonly name: string; readonly topics: readonly string[]; readonly flags: readonly string[]; readonly runs: readonly Run[] }[] = [
  { name: 'fraud', topics: ['decisions'], flags: ['--events', '2000', '--seed', '3', '--order', 'eventTime'], runs: [ON_NODE, ON_BUN] },
  { name: 'delivery', topics: ['speeds', 'riders', 'spoofing', 'etas', 'deliveries', 'payments'], flags: ['--events', '3000', '--seed', '42', '--order', 'eventTime'], runs: [ON_NODE, ON_BUN, BY_KAFKAJS] },
]

async function ran(runtime: string, args: readonly string[]): Promise<Record<string, unknown>> {
  const ended = await call(runtime, ['run', ...args, '--json'])
  assert.equal(ended.exitCode, 0, ended.stderr)
  assert.equal(summaryOf(ended)['outcome'], 'consumed')
  return summaryOf(ended)
}

/** Of a `verify --json`. */
const total = (verified: Ended, count: string): number => objects(verified.stdout).reduce((sum, one) => sum + (one[count] as number), 0)

for (const { name, topics, flags, runs } of SCENARIOS) {
  serviceTest('kafka', `${name} gives out the same on Kafka as in a folder, and the other runtime repeats it`, { timeout: 200_000 }, async (kafka, t) => {
    const folder = folderFor(t)
    const embedded = await ran(HERE, [name, ...flags, '--folder', folder, '--workers', '2'])
    const expected = await outputsOf(folder, topics)
    for (const topic of topics) assert.ok([...expected.keys()].some((key) => key.startsWith(`${topic}/`)), `no outputs on ${topic}`)
    for (const { from, to, workers, client } of runs) {
      const where = `${basename(from)} with ${client}`
      const place = folderFor(t)
      const summary = await ran(from, [name, ...flags, '--folder', place, '--workers', workers, ...placeOn(kafka, client)])
      for (const count of ['fed', 'decisions', 'deadLetters']) assert.deepEqual(summary[count], embedded[count], `${where}: ${count}`)
      const found = await outputsOf(place, topics)
      assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort(), where)
      for (const [key, outputs] of expected) assert.deepEqual(found.get(key), outputs, `${where}: ${key}`)
      const verified = await call(to, ['verify', '--folder', place, '--json'])
      assert.equal(verified.exitCode, 0, `${where}, repeated by ${basename(to)}: ${verified.stdout}${verified.stderr}`)
      assert.equal(total(verified, 'inputs'), summary['inputs'], where)
      assert.ok(total(verified, 'statesCompared') > 10, `${where}: ${verified.stdout}`)
    }
    t.diagnostic(`${name}: ${[...expected.values()].flat().length} outputs of ${expected.size} keys, ${runs.length} times the same`)
  })
}

const STATES = 'meters.meter.state'

/** A byte of the newest state of a meter. */
async function changeState(medium: KafkaMedium, id: string): Promise<void> {
  const log = await openCluster(medium, wallClock)
  try {
    for await (const { partition, record: { key, value, headers, timestampMs } } of recordsOf(log, STATES)) {
      if (key === null || utf8Decode(key) !== id || value === null) continue
      const changed = value.slice()
      changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1
      assert.equal((await log.append([{ topic: STATES, partition, key, value: changed, headers, timestampMs }])).kind, 'done')
      return
    }
  } finally {
    await log.close()
  }
}

/** The first record of a partition. */
async function removeFirst({ brokers, namespace }: KafkaMedium, topic: string, partition: number): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    // It deletes in topics alone that it has looked at.
    await admin.fetchTopicOffsets(`${namespace}${topic}`)
    await admin.deleteTopicRecords({ topic: `${namespace}${topic}`, partitions: [{ partition, offset: '1' }] })
  } finally {
    await admin.disconnect()
  }
}

serviceTest('kafka', 'a changed state, inputs and journals that were removed, and code that decides otherwise are found on a cluster', { timeout: 120_000 }, async (kafka, t) => {
  const folder = folderFor(t)
  await ran(HERE, [METERS, '--events', '300', '--workers', '0', '--folder', folder, ...placeOn(kafka)])
  const manifest = readManifest(folder)
  assert.ok(manifest?.kafka !== undefined)
  const problems = async (): Promise<string> => {
    const { exitCode, stdout, stderr } = await call(HERE, ['verify', '--folder', folder])
    assert.equal(exitCode, /^verified: .*, 915 inputs, 22 states replayed$/m.test(stdout) ? 0 : 1, stderr)
    return stdout.split('\n').filter((line) => line.includes('DIFFERENT') || /^\w+\/\d [^\d ]/.test(line)).join('\n')
  }
  assert.equal(await problems(), '')

  writeManifest(folder, { ...manifest, target: 'test/support/meters/hotter.system.ts' })
  assert.match(await problems(), /^meter\/0 .* DIFFERENT$[^]*^meter\/\d m\d+: the state stored at seq \d+ differs from the replayed one$/m)
  writeManifest(folder, manifest)
  assert.equal(await problems(), '')

  await changeState(manifest.kafka, 'm3')
  assert.match(await problems(), /^meter\/\d .* DIFFERENT\nmeter\/\d m3: topic meters\.meter\.state, partition \d, offset \d+: the stored state is damaged \(checksum\)/)

  await removeFirst(manifest.kafka, 'readings', 0)
  assert.match(await problems(), /^meter\/0 topic readings, partition 0, offsets 0\.\.\d+: (\d+) of (\d+) inputs are left/m)

  assert.doesNotMatch(await problems(), /^site/m)
  await removeFirst(manifest.kafka, 'meters.site.journal', 1)
  assert.match(await problems(), /^site\/1 the journal of meters\.site\/1 begins at seq 1; recovery needs it from 0$/m)
})
