// Failover measured: three brokers, two processes that own the four partitions of W1 under a steady load. One broker after the other is killed: how long
// the brokers themselves take, and how long each partition of W1 is without an output. The brokers' own time is told twice: until every partition of every topic
// has a living leader again, and until a plain producer (kafkajs), too, has had all copies of a record of each control partition acknowledged.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import type { Admin, Producer } from 'kafkajs'
import { openKafkaLog } from '../../../adapters/kafka/log.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import type { KafkaClient } from '../../../adapters/node/medium.ts'
import { startKafka, stopKafka } from '../../../adapters/services/kafka.ts'
import type { Broker } from '../../../adapters/services/kafka.ts'
import type { Runtime } from '../w1/measure.ts'
import { OUTPUT, PARTITIONS, SOURCE } from '../w1/system.ts'
import { Load } from './load.ts'
import { Member } from './members.ts'
import { memberProgram } from './program.ts'
import { Watch } from './watch.ts'

export interface FailoverPlan {
  readonly runtime: Runtime
  readonly client: KafkaClient
  readonly redis: string
  readonly kills: number
  readonly perSecond: number
  readonly accounts: number
  say(line: string): void
}

/** Milliseconds. */
export interface FailoverTimes {
  /** Of each kill: until all that the broker led has another leader. */
  readonly led: number[]
  /** Of each kill: until then, and until plain writes are acknowledged. */
  readonly failover: number[]
  /** Of each kill and partition: the longest time without an output. */
  readonly paused: number[]
  /** The same beyond the time until all was led again. */
  readonly beyondLed: number[]
  /** The same beyond the time until plain writes were acknowledged too. */
  readonly beyond: number[]
}

const COMMIT_MS = '20'
const CONTROL = 'control'
const CONTROL_PARTITIONS = 12
const LOOK_MS = 20
const CALM_MS = 3000
const WAIT_MS_MAX = 60_000

export async function measureFailover(plan: FailoverPlan): Promise<FailoverTimes> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-failover-'))
  const brokers = await startKafka({ folder: join(folder, 'kafka'), port: 0, brokers: 3, detached: false })
  const addresses = brokers.map(({ port }) => `127.0.0.1:${port}`).join(',')
  await createControl(addresses)
  const log = await openKafkaLog({ brokers: addresses, clock: systemClock, namespace: '' })
  const env = { KAFKA_BROKERS: addresses, INPUT_TOPIC: SOURCE, OUTPUT_TOPIC: OUTPUT, GROUP: 'failover', COMMIT_MS, W1_REDIS: plan.redis, W1_CLIENT: plan.client }
  const members = ['a', 'b'].map((one) => new Member(`failover${process.pid}-${plan.client}-${one}`, { program: memberProgram(plan.runtime), folder, env }))
  const watch = new Watch(log, OUTPUT, PARTITIONS)
  const load = new Load(log, { events: Infinity, accounts: plan.accounts, visits: 'rounds' }, SOURCE)
  const times: FailoverTimes = { led: [], failover: [], paused: [], beyondLed: [], beyond: [] }
  try {
    await load.fill()
    for (const member of members) member.start()
    await until(() => members.every(({ live }) => live.size === PARTITIONS / 2), 'both processes to have partitions')
    await watch.start()
    load.start(plan.perSecond)
    for (let kill = 0; kill < plan.kills; kill += 1) {
      await until(() => watch.sights.every((seen) => (seen.at(-1)?.madeMs ?? 0) > Date.now() - 1000), 'every partition to be at work')
      await sleep(CALM_MS)
      await killOne(brokers, kill % brokers.length, watch, times)
      plan.say(`broker kill ${kill + 1} of ${plan.kills}: all was led again after ${Math.round(times.led.at(-1) ?? NaN)} ms and took plain writes after ${Math.round(times.failover.at(-1) ?? NaN)} ms, partitions paused for ${times.paused.slice(-PARTITIONS).map((ms) => Math.round(ms)).join(' ')} ms`)
    }
    return times
  } finally {
    load.stop()
    await Promise.all(members.map((member) => member.kill()))
    await watch.stop()
    await log.close()
    await stopKafka(brokers)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function killOne(brokers: readonly Broker[], at: number, watch: Watch, times: FailoverTimes): Promise<void> {
  const others = brokers.filter((_, index) => index !== at).map(({ port }) => `127.0.0.1:${port}`)
  const admin = new Kafka({ brokers: others, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const fromMs = Date.now()
    brokers[at]?.kill()
    const [ledMs, writableMs] = await Promise.all([untilAll(admin, ({ leader }) => leader !== at + 1 && leader >= 0), untilWritable(others)].map((done) => done.then(() => Date.now() - fromMs)))
    const failoverMs = Math.max(ledMs ?? 0, writableMs ?? 0)
    await until(() => watch.sights.every((seen) => (seen.at(-1)?.madeMs ?? 0) > fromMs + failoverMs), 'every partition to go on')
    await sleep(CALM_MS)
    times.led.push(ledMs ?? NaN)
    times.failover.push(failoverMs)
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const pausedMs = watch.longestPauseMs(partition, fromMs, Date.now())
      times.paused.push(pausedMs)
      times.beyondLed.push(Math.max(0, pausedMs - (ledMs ?? NaN)))
      times.beyond.push(Math.max(0, pausedMs - failoverMs))
    }
    await brokers[at]?.restart()
    await untilAll(admin, ({ isr }) => isr.length === brokers.length)
  } finally {
    await admin.disconnect()
  }
}

/** Every partition of every topic, the brokers' own ones included. */
async function untilAll(admin: Admin, isTrue: (partition: { readonly leader: number; readonly isr: readonly number[] }) => boolean): Promise<void> {
  const endMs = Date.now() + WAIT_MS_MAX
  for (;;) {
    const { topics } = await admin.fetchTopicMetadata()
    if (topics.every(({ partitions }) => partitions.every(isTrue))) return
    if (Date.now() > endMs) throw new TypeError(`the brokers did not come together within ${WAIT_MS_MAX / 1000} s`)
    await sleep(LOOK_MS)
  }
}

async function createControl(addresses: string): Promise<void> {
  const admin = new Kafka({ brokers: addresses.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: CONTROL, numPartitions: CONTROL_PARTITIONS, replicationFactor: 3 }] })
  await admin.disconnect()
}

/** Until a record of each control partition, sent from now on, is acknowledged by all copies. */
async function untilWritable(brokers: string[]): Promise<void> {
  await Promise.all(Array.from({ length: CONTROL_PARTITIONS }, async (_, partition) => {
    const endMs = Date.now() + WAIT_MS_MAX
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } }).producer()
    await producer.connect()
    while (!(await isWritten(producer, partition))) {
      if (Date.now() > endMs) throw new TypeError(`partition ${partition} of '${CONTROL}' took no record within ${WAIT_MS_MAX / 1000} s`)
      await sleep(LOOK_MS)
    }
    await producer.disconnect()
  }))
}

const isWritten = (producer: Producer, partition: number): Promise<boolean> => producer.send({ topic: CONTROL, acks: -1, messages: [{ partition, value: 'control' }] }).then(() => true, () => false)

async function until(isTrue: () => boolean, what: string): Promise<void> {
  const endMs = Date.now() + WAIT_MS_MAX
  while (!isTrue()) {
    if (Date.now() > endMs) throw new TypeError(`waited ${WAIT_MS_MAX / 1000} s for ${what}`)
    await sleep(5)
  }
}
