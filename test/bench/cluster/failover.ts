// Failover measured: three brokers, two processes that own the four partitions of W1 under a steady load. One broker after the other is killed: how long
// the brokers themselves take, and how long it takes until an output of each partition is seen that was made after the kill.
//
// The brokers' own time is what they let a client do that does nothing but transactions (`bare.ts`): one for each partition of a topic of four, at work before the kill, at
// the pace of the commits here, seen by the same kind of reader. Both times are those of the partition that took longest, in the same kill. Told beside it: until every
// partition of every topic, their own topics included, has a living leader, as both brokers that are left tell it; where that is known to a few milliseconds only, it is
// taken to be the earlier moment. Every fifth kill is one without bare clients, which shows what they do to the rest.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import type { Admin } from 'kafkajs'
import { openKafkaLog } from '../../../adapters/kafka/log.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import type { KafkaClient } from '../../../adapters/node/medium.ts'
import { startKafka, stopKafka } from '../../../adapters/services/kafka.ts'
import type { Broker } from '../../../adapters/services/kafka.ts'
import type { Runtime } from '../w1/measure.ts'
import { OUTPUT, PARTITIONS, SOURCE } from '../w1/system.ts'
import { Bare } from './bare.ts'
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
  /** Until an output was seen that was made after the kill. */
  readonly resumed: number[]
  /** The same beyond `led`. */
  readonly beyondLed: number[]
  /** Until a record of a bare client was seen that was made after the kill. */
  readonly bare: number[]
  /** What `resumed` is beyond that; below 0: outputs went on earlier. */
  readonly beyondBare: number[]
  /** The longest time without an output after that. */
  readonly again: number[]
  /** `led` and `resumed` of the kills without bare clients, which are not in the others. */
  readonly ledAlone: number[]
  readonly resumedAlone: number[]
}

const COMMIT_MS = '20'
const BARE = 'bare'
/** Of so many kills one is without bare clients. */
const ALONE_EVERY = 5
const LOOK_MS = 20
const CALM_MS = 3000
const WAIT_MS_MAX = 60_000

export async function measureFailover(plan: FailoverPlan): Promise<FailoverTimes> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-failover-'))
  const brokers = await startKafka({ folder: join(folder, 'kafka'), port: 0, brokers: 3, detached: false, properties: [`replica.fetch.backoff.ms=${plan.backoffMs}`] })
  const addresses = brokers.map(({ port }) => `127.0.0.1:${port}`).join(',')
  await createTopic(addresses)
  const log = await openKafkaLog({ brokers: addresses, clock: systemClock, namespace: '' })
  const env = { KAFKA_BROKERS: addresses, INPUT_TOPIC: SOURCE, OUTPUT_TOPIC: OUTPUT, GROUP: 'failover', COMMIT_MS, SESSION_MS: String(plan.sessionMs), W1_REDIS: plan.redis, W1_CLIENT: plan.client }
  const members = ['a', 'b'].map((one) => new Member(`failover${process.pid}-${plan.client}-${one}`, { program: memberProgram(plan.runtime), folder, env }))
  const watch = new Watch(log, OUTPUT, PARTITIONS)
  const bareWatch = new Watch(log, BARE, PARTITIONS)
  const load = new Load(log, { events: Infinity, accounts: plan.accounts, visits: 'rounds' }, SOURCE)
  const times: FailoverTimes = { led: [], unsure: [], resumed: [], beyondLed: [], bare: [], beyondBare: [], again: [], ledAlone: [], resumedAlone: [] }
  try {
    await load.fill()
    for (const member of members) member.start()
    await until(() => members.every(({ live }) => live.size === PARTITIONS / 2), 'both processes to have partitions')
    await watch.start()
    await bareWatch.start()
    load.start(plan.perSecond)
    await untilCaughtUp(watch, plan.perSecond)
    for (let kill = 0, alone = 0; kill < plan.kills;) {
      const isAlone = (kill + alone + 1) % ALONE_EVERY === 0
      const bares = isAlone ? undefined : Array.from({ length: PARTITIONS }, (_, partition) => new Bare({ ports: brokers.map(({ port }) => port), topic: BARE, partition, group: BARE, pauseMs: Number(COMMIT_MS) }))
      try {
        for (const bare of bares ?? []) bare.start()
        const goesOn = (of: Watch) => (): boolean => of.sights.every((seen) => (seen.at(-1)?.madeMs ?? 0) > Date.now() - 1000)
        await until(goesOn(watch), 'every partition to be at work')
        if (!isAlone) await until(goesOn(bareWatch), 'every bare client to be at work')
        await sleep(CALM_MS)
        const said = await killOne(brokers, (kill + alone) % brokers.length, watch, isAlone ? undefined : bareWatch, times)
        if (isAlone) alone += 1
        else kill += 1
        plan.say(`broker kill ${isAlone ? 'without bare clients' : `${kill} of ${plan.kills}`}: ${said}`)
      } finally {
        await Promise.all((bares ?? []).map((bare) => bare.stop()))
      }
    }
    return times
  } finally {
    load.stop()
    await Promise.all(members.map((member) => member.kill()))
    await watch.stop()
    await bareWatch.stop()
    await log.close()
    await stopKafka(brokers)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function killOne(brokers: readonly Broker[], at: number, watch: Watch, bareWatch: Watch | undefined, times: FailoverTimes): Promise<string> {
  const ports = brokers.filter((_, index) => index !== at).map(({ port }) => port)
  const admin = new Kafka({ brokers: ports.map((port) => `127.0.0.1:${port}`), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const fromMs = Date.now()
    brokers[at]?.kill()
    const { notBeforeMs, notAfterMs } = await allLed(ports, at + 1, fromMs + WAIT_MS_MAX)
    const resumed = (of: Watch): (number | undefined)[] => of.sights.map((_, partition) => of.resumedAfter(partition, fromMs))
    for (const each of bareWatch === undefined ? [watch] : [watch, bareWatch]) await until(() => resumed(each).every((ms) => ms !== undefined), 'every partition to go on')
    await sleep(CALM_MS)
    const resumedMs = resumed(watch).map((ms) => ms ?? NaN)
    const longestMs = Math.max(...resumedMs)
    const ledMs = notBeforeMs - fromMs
    const againMs = Math.max(...resumedMs.map((ms, partition) => watch.longestPauseMs(partition, fromMs + ms, Date.now())))
    let said = `all was led again after ${ledMs} ms (to ${notAfterMs - notBeforeMs}), outputs went on after ${longestMs} ms, ${longestMs - ledMs} beyond leaders; then without one for ${againMs} ms at most`
    if (bareWatch === undefined) {
      times.ledAlone.push(ledMs)
      times.resumedAlone.push(longestMs)
    } else {
      const bareMs = Math.max(...resumed(bareWatch).map((ms) => ms ?? NaN))
      times.led.push(ledMs)
      times.unsure.push(notAfterMs - notBeforeMs)
      times.resumed.push(longestMs)
      times.beyondLed.push(longestMs - ledMs)
      times.bare.push(bareMs)
      times.beyondBare.push(longestMs - bareMs)
      times.again.push(againMs)
      said += `; bare clients went on after ${bareMs} ms (${resumed(bareWatch).join(', ')}; here ${resumedMs.join(', ')}): ${longestMs - bareMs} beyond them`
    }
    await brokers[at]?.restart()
    await untilInSync(admin, brokers.length)
    return said
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

async function createTopic(addresses: string): Promise<void> {
  const admin = new Kafka({ brokers: addresses.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: BARE, numPartitions: PARTITIONS, replicationFactor: 3 }] })
  await admin.disconnect()
}

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
