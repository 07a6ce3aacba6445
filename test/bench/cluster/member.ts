// W1 on a Kafka cluster until the process is ended: reads INPUT_TOPIC, writes OUTPUT_TOPIC, both made by whoever measures.
//
// Settings come as environment variables, as a harness beside several stream processors gives them: KAFKA_BROKERS, INPUT_TOPIC, OUTPUT_TOPIC, GROUP, COMMIT_MS,
// CLIENT_ID, STATE_DIR, SESSION_MS; and our own: W1_ENGINE (reducer or xstate), W1_CLIENT (platformatic or kafkajs), W1_REDIS (states are kept there, else in
// memory), W1_FOLD and W1_BATCH (limits, where they are not the defaults), W1_PARTITIONS.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openEmbedded } from '../../../adapters/node/embedded.ts'
import { keepCompiled } from '../../../adapters/node/compiled.ts'
import { keepHeapSmall } from '../../../adapters/node/heap.ts'
import { silentTelemetry } from '../../../system/inspect/silence.ts'
import type { KafkaClient } from '../../../adapters/node/medium.ts'
import type { EngineName } from '../w1/system.ts'
import { w1System } from '../w1/system.ts'

const { KAFKA_BROKERS = '127.0.0.1:9092', INPUT_TOPIC = 'payments', OUTPUT_TOPIC = 'scores', GROUP = 'w1', STATE_DIR = '.', COMMIT_MS = '100', CLIENT_ID = 'statelog', SESSION_MS, W1_ENGINE = 'reducer', W1_CLIENT = 'platformatic', W1_REDIS, W1_FOLD, W1_BATCH, W1_PARTITIONS } = process.env

process.env['STATELOG_INSTANCE'] ??= CLIENT_ID
const folder = join(STATE_DIR, CLIENT_ID)
mkdirSync(folder, { recursive: true })
const names = { name: GROUP.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'), input: INPUT_TOPIC, output: OUTPUT_TOPIC, ...(W1_PARTITIONS === undefined ? {} : { partitions: Number(W1_PARTITIONS) }) }
const system = w1System(W1_ENGINE as EngineName, W1_FOLD === undefined ? {} : { foldInputsMax: Number(W1_FOLD) }, names)
keepHeapSmall()
const say = (level: string, message: string): void => void process.stderr.write(`${level}: ${message}\n`)
const running = await openEmbedded({
  folder, system, origin: { target: 'w1', flags: {}, seed: 1, data: null, events: 0 },
  medium: { kind: 'kafka', brokers: KAFKA_BROKERS, namespace: '', client: W1_CLIENT as KafkaClient, ...(SESSION_MS === undefined || SESSION_MS === '' ? {} : { sessionMs: Number(SESSION_MS) }) },
  telemetry: { ...silentTelemetry, log: say, partition: ({ partition, state, reason }) => say('info', `partition ${partition}: ${state}${reason === undefined ? '' : `: ${reason}`}`) },
  ...(W1_REDIS === undefined ? {} : { stateCache: { url: W1_REDIS, prefix: `${system.name}:` } }),
  settings: { commitWaitMs: Number(COMMIT_MS), ...(W1_BATCH === undefined ? {} : { batchRecordsMax: Number(W1_BATCH) }) },
})
await running.start()
keepCompiled()
process.on('SIGTERM', () => void running.close().then(() => process.exit(0)))
