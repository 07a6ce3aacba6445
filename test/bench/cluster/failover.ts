// Failover measured: three brokers, two processes that own the four partitions of W1 under a steady load. One broker after the other is killed: how long
// the brokers themselves take, and how long it takes until an output of each partition is seen that was made after the kill.
//
// The brokers' own time ends when every partition of every topic, their own topics included, has a living leader, as both brokers that are left tell it; where that is
// known to a few milliseconds only, it is taken to be the earlier moment. Told beside it, of a plain client (kafkajs) that tries again at once: until all copies of a
// record of each partition of a topic of its own are acknowledged, and until a transaction with a record of each and an offset, begun after the kill, is committed.
import { randomUUID } from 'node:crypto'
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
import { allLed } from './leaders.ts'
import { Load } from './load.ts'
import { Member } from './members.ts'
import { memberProgram } from './program.ts'
import { Watch } from './watch.ts'

export interface FailoverPlan {
  readonly runtime: Runtime
  readonly client: KafkaClient
  readonly redis: string
  readonly kills: number
  readonly sessionMs: number
  readonly perSecond: number
  readonly accounts: number
  /** How long a follower pauses before it fetches from the next leader: `replica.fetch.backoff.ms` of the brokers. */
  readonly backoffMs: number
  say(line: string): void
}

/** Milliseconds, of each kill. Of partitions the one that took longest. */
export interface FailoverTimes {
  /** Until all that the broker led has another leader. */
  readonly led: number[]
  /** How far that is from when all had heard of it. */
  readonly unsure: number[]
  /** Until plain writes are acknowledged. */
  readonly written: number[]
  /** Until plain transactions, begun after the kill, are committed through every coordinator. */
  readonly transacted: number[]
  /** Until an output was seen that was made after the kill. */
  readonly resumed: number[]
  /** The same beyond `led`. */
  readonly beyondLed: number[]
  /** The longest time without an output after that. */
  readonly again: number[]
}

const COMMIT_MS = '20'
const CONTROL = 'control'
const CONTROL_PARTITIONS = 12
const LOOK_MS = 20
const CALM_MS = 3000
const WAIT_MS_MAX = 60_000

export async function measureFailover(plan: FailoverPlan): Promise<FailoverTimes> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-failover-'))
  const brokers = await startKafka({ folder: join(folder, 'kafka'), port: 0, brokers: 3, detached: false, properties: [`replica.fetch.backoff.ms=${plan.backoffMs}`] })
  const addresses = brokers.map(({ port }) => `127.0.0.1:${port}`).join(',')
  await createControl(addresses)
  const log = await openKafkaLog({ brokers: addresses, clock: systemClock, namespace: '' })
  const env = { KAFKA_BROKERS: addresses, INPUT_TOPIC: SOURCE, OUTPUT_TOPIC: OUTPUT, GROUP: 'failover', COMMIT_MS, SESSION_MS: String(plan.sessionMs), W1_REDIS: plan.redis, W1_CLIENT: plan.client }
  const members = ['a', 'b'].map((one) => new Member(`failover${process.pid}-${plan.client}-${one}`, { program: memberProgram(plan.runtime), folder, env }))
  const watch = new Watch(log, OUTPUT, PARTITIONS)
  const load = new Load(log, { events: Infinity, accounts: plan.accounts, visits: 'rounds' }, SOURCE)
  const times: FailoverTimes = { led: [], unsure: [], written: [], transacted: [], resumed: [], beyondLed: [], again: [] }
  try {
    await load.fill()
    for (const member of members) member.start()
    await until(() => members.every(({ live }) => live.size === PARTITIONS / 2), 'both processes to have partitions')
    await watch.start()
    load.start(plan.perSecond)
    await untilCaughtUp(watch, plan.perSecond)
    for (let kill = 0; kill < plan.kills; kill += 1) {
      await until(() => watch.sights.every((seen) => (seen.at(-1)?.madeMs ?? 0) > Date.now() - 1000), 'every partition to be at work')
      await sleep(CALM_MS)
      await killOne(brokers, kill % brokers.length, watch, times)
      const last = (of: keyof FailoverTimes): number => Math.round(times[of].at(-1) ?? NaN)
      plan.say(`broker kill ${kill + 1} of ${plan.kills}: all was led again after ${last('led')} ms (to ${last('unsure')}), took plain writes after ${last('written')} ms, plain transactions after ${last('transacted')} ms; outputs went on after ${last('resumed')} ms, ${last('beyondLed')} beyond leaders; then without one for ${last('again')} ms at most`)
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
  const ports = brokers.filter((_, index) => index !== at).map(({ port }) => port)
  const others = ports.map((port) => `127.0.0.1:${port}`)
  const admin = new Kafka({ brokers: others, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const fromMs = Date.now()
    brokers[at]?.kill()
    const [{ notBeforeMs, notAfterMs }, writtenMs, transactedMs] = await Promise.all([allLed(ports, at + 1, fromMs + WAIT_MS_MAX), untilWritable(others).then(() => Date.now()), untilTransacted(others).then(() => Date.now())])
    const resumed = (): (number | undefined)[] => watch.sights.map((_, partition) => watch.resumedAfter(partition, fromMs))
    await until(() => resumed().every((ms) => ms !== undefined), 'every partition to go on')
    await sleep(CALM_MS)
    const resumedMs = resumed().map((ms) => ms ?? NaN)
    const ledMs = notBeforeMs - fromMs
    times.led.push(ledMs)
    times.unsure.push(notAfterMs - notBeforeMs)
    times.written.push(writtenMs - fromMs)
    times.transacted.push(transactedMs - fromMs)
    times.resumed.push(Math.max(...resumedMs))
    times.beyondLed.push(Math.max(...resumedMs) - ledMs)
    times.again.push(Math.max(...resumedMs.map((ms, partition) => watch.longestPauseMs(partition, fromMs + ms, Date.now()))))
    await brokers[at]?.restart()
    await untilInSync(admin, brokers.length)
  } finally {
    await admin.disconnect()
  }
}

/** Every partition of every topic, the brokers' own ones included. */
async function untilInSync(admin: Admin, count: number): Promise<void> {
  const endMs = Date.now() + WAIT_MS_MAX
  for (;;) {
    const { topics } = await admin.fetchTopicMetadata()
    if (topics.every(({ partitions }) => partitions.every(({ isr }) => isr.length === count))) return
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

/** Until a transaction of a client that was not there before, one for each control partition, is committed. Its client sends again what is refused after a few milliseconds. */
async function untilTransacted(brokers: string[]): Promise<void> {
  const endMs = Date.now() + WAIT_MS_MAX
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 10_000, initialRetryTime: 10, maxRetryTime: 20, factor: 0 } })
  await Promise.all(Array.from({ length: CONTROL_PARTITIONS }, async (_, partition) => {
    while (!(await isTransacted(kafka, partition))) {
      if (Date.now() > endMs) throw new TypeError(`no transaction with partition ${partition} of '${CONTROL}' was committed within ${WAIT_MS_MAX / 1000} s`)
      await sleep(LOOK_MS)
    }
  }))
}

async function isTransacted(kafka: Kafka, partition: number): Promise<boolean> {
  const producer = kafka.producer({ transactionalId: `${CONTROL}-${partition}-${randomUUID()}`, idempotent: true, maxInFlightRequests: 1 })
  try {
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: CONTROL, acks: -1, messages: [{ partition, value: 'control' }] })
    await transaction.sendOffsets({ consumerGroupId: CONTROL, topics: [{ topic: CONTROL, partitions: [{ partition, offset: '0' }] }] })
    await transaction.commit()
    return true
  } catch {
    return false
  } finally {
    await producer.disconnect()
  }
}

const isWritten = (producer: Producer, partition: number): Promise<boolean> => producer.send({ topic: CONTROL, acks: -1, messages: [{ partition, value: 'control' }] }).then(() => true, () => false)

/** Until no more comes than is sent. */
async function untilCaughtUp(watch: Watch, perSecond: number): Promise<void> {
  const endMs = Date.now() + WAIT_MS_MAX
  for (let before = NaN, now = watch.count; !(now > before && now - before < 1.5 * perSecond); before = now, now = watch.count) {
    if (Date.now() > endMs) throw new TypeError(`waited ${WAIT_MS_MAX / 1000} s for the first outputs of all accounts`)
    await sleep(1000)
  }
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  const endMs = Date.now() + WAIT_MS_MAX
  while (!isTrue()) {
    if (Date.now() > endMs) throw new TypeError(`waited ${WAIT_MS_MAX / 1000} s for ${what}`)
    await sleep(5)
  }
}
