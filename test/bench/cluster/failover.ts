// Failover measured: three brokers, two processes that own the four partitions of W1 under a steady load. One broker after the other is killed: how long
// the brokers themselves take, and how long it takes until an output of each partition is seen that was made after the kill.
//
// The brokers' own time is what they let clients do that do nothing but transactions, at work before the kill, at the pace of the commits here, seen by the same kind of
// reader (`control.ts`): those that write one topic, and twins that write what a commit here writes. All times are those of the partition that took longest, in the same
// kill. Nothing is killed before the states of the first load are written. Told beside it: until every partition of every topic, their own topics included, has a living leader, as both brokers that are left tell it; where that is known to
// a few milliseconds only, it is taken to be the earlier moment. Every fifth kill is one without controls, which shows what they do to the rest. Of each kill it is said
// which partition took longest, what of it the broker led, how long no inputs came, and what its process said.
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
import { decodeMetadata } from '../../../system/partition/journal.ts'
import type { Runtime } from '../w1/measure.ts'
import { OUTPUT, PARTITIONS, SOURCE } from '../w1/system.ts'
import { Control } from './control.ts'
import { allLed } from './leaders.ts'
import { Load } from './load.ts'
import { Member } from './members.ts'
import { GROUP, JOURNAL, NAME, Placement } from './placement.ts'
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
  /** Both of twins. */
  readonly twin: number[]
  readonly beyondTwin: number[]
  /** The longest time without an output after that. */
  readonly again: number[]
  /** `led` and `resumed` of the kills without controls, which are not in the others. */
  readonly ledAlone: number[]
  readonly resumedAlone: number[]
}

const COMMIT_MS = '20'
/** Of so many kills one is without controls. */
const ALONE_EVERY = 5
const LOOK_MS = 20
const CALM_MS = 3000
const WAIT_MS_MAX = 60_000

/** What is looked at. */
interface Scene {
  readonly brokers: readonly Broker[]
  readonly members: readonly Member[]
  readonly inputs: Watch
  readonly outputs: Watch
  /** Of one topic, and twins. */
  readonly controls: readonly [Control, Control]
}

export async function measureFailover(plan: FailoverPlan): Promise<FailoverTimes> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-failover-'))
  const brokers = await startKafka({ folder: join(folder, 'kafka'), port: 0, brokers: 3, detached: false, properties: [`replica.fetch.backoff.ms=${plan.backoffMs}`] })
  const addresses = brokers.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const log = await openKafkaLog({ brokers: addresses, clock: systemClock, namespace: '' })
  const env = { KAFKA_BROKERS: addresses, INPUT_TOPIC: SOURCE, OUTPUT_TOPIC: OUTPUT, GROUP: NAME, COMMIT_MS, SESSION_MS: String(plan.sessionMs), W1_REDIS: plan.redis, W1_CLIENT: plan.client }
  const members = ['a', 'b'].map((one) => new Member(`failover${process.pid}-${plan.client}-${one}`, { program: memberProgram(plan.runtime), folder, env }))
  const [inputs, outputs] = [new Watch(log, SOURCE, PARTITIONS), new Watch(log, OUTPUT, PARTITIONS)]
  const load = new Load(log, { events: Infinity, accounts: plan.accounts, visits: 'rounds' }, SOURCE)
  const watches = [inputs, outputs]
  try {
    await load.fill()
    for (const member of members) member.start()
    await until(() => members.every(({ live }) => live.size === PARTITIONS / 2), () => 'both processes to have partitions')
    const controls = await asked(brokers, async (admin) => [await Control.bare(admin, log), await Control.twins(admin, log)] as const)
    watches.push(...controls.map(({ watch }) => watch))
    for (const watch of watches) await watch.start()
    load.start(plan.perSecond)
    await untilCaughtUp(outputs, plan.perSecond)
    await asked(brokers, async (admin) => {
      await untilWritten(admin)
      await untilInSync(admin, brokers.length)
    })
    return await killed(plan, { brokers, members, inputs, outputs, controls })
  } finally {
    load.stop()
    await Promise.all(members.map((member) => member.kill()))
    for (const watch of watches) await watch.stop()
    await log.close()
    await stopKafka(brokers)
    rmSync(folder, { recursive: true, force: true })
  }
}

async function killed({ kills, say }: FailoverPlan, scene: Scene): Promise<FailoverTimes> {
  const times: FailoverTimes = { led: [], unsure: [], resumed: [], beyondLed: [], bare: [], beyondBare: [], twin: [], beyondTwin: [], again: [], ledAlone: [], resumedAlone: [] }
  const ports = scene.brokers.map(({ port }) => port)
  const goesOn = (of: Watch) => (): boolean => of.sights.every((seen) => (seen.at(-1)?.madeMs ?? 0) > Date.now() - 1000)
  for (let kill = 0, alone = 0; kill < kills;) {
    const isAlone = (kill + alone + 1) % ALONE_EVERY === 0
    const controls = isAlone ? [] : scene.controls
    try {
      for (const control of controls) control.start(ports, Number(COMMIT_MS))
      await until(goesOn(scene.outputs), () => 'every partition to be at work')
      for (const { watch } of controls) await until(goesOn(watch), () => 'every bare client to be at work')
      await sleep(CALM_MS)
      const said = await killOne(scene, (kill + alone) % ports.length, isAlone, times)
      if (isAlone) alone += 1
      else kill += 1
      say(`broker kill ${isAlone ? 'without bare clients' : `${kill} of ${kills}`}: ${said}`)
    } finally {
      for (const control of controls) await control.stop()
    }
  }
  return times
}

async function killOne({ brokers, members, inputs, outputs, controls }: Scene, at: number, isAlone: boolean, times: FailoverTimes): Promise<string> {
  const living = brokers.filter((_, index) => index !== at)
  const ports = living.map(({ port }) => port)
  return asked(living, async (admin) => {
    const placement = await Placement.read(admin)
    const fromMs = Date.now()
    brokers[at]?.kill()
    const { notBeforeMs, notAfterMs } = await allLed(ports, at + 1, fromMs + WAIT_MS_MAX)
    const resumed = (of: Watch): readonly number[] => of.sights.map((_, partition) => of.resumedAfter(partition, fromMs) ?? NaN)
    const stood = (whose: string, of: Watch): string => `${whose} to go on (${resumed(of).join(', ')} ms after the kill); inputs were seen last ${ages(inputs)} ms ago, outputs ${ages(outputs)}; the processes said ${list(members.flatMap(({ said }) => said).filter(({ atMs }) => atMs > fromMs).map(({ atMs, partition, state }) => `${partition} ${state} after ${atMs - fromMs} ms`))}`
    for (const [whose, of] of [['every partition', outputs], ...(isAlone ? [] : controls.map(({ watch }, nth) => [`every one of the ${nth === 0 ? 'bare clients' : 'twins'}`, watch] as const))] as const) await until(() => !resumed(of).some(Number.isNaN), () => stood(whose, of))
    await sleep(CALM_MS)
    const resumedMs = resumed(outputs)
    const longestMs = Math.max(...resumedMs)
    const ledMs = notBeforeMs - fromMs
    const againMs = Math.max(...resumedMs.map((ms, partition) => outputs.longestPauseMs(partition, fromMs + ms, Date.now())))
    let said = `all was led again after ${ledMs} ms (to ${notAfterMs - notBeforeMs}), outputs went on after ${longestMs} ms (${resumedMs.join(', ')}), ${longestMs - ledMs} beyond leaders; then without one for ${againMs} ms at most`
    if (isAlone) {
      times.ledAlone.push(ledMs)
      times.resumedAlone.push(longestMs)
    } else {
      const [bare, twin] = controls.map(({ watch }) => resumed(watch)) as [readonly number[], readonly number[]]
      const [bareMs, twinMs] = [Math.max(...bare), Math.max(...twin)]
      times.led.push(ledMs)
      times.unsure.push(notAfterMs - notBeforeMs)
      times.resumed.push(longestMs)
      times.beyondLed.push(longestMs - ledMs)
      times.bare.push(bareMs)
      times.beyondBare.push(longestMs - bareMs)
      times.twin.push(twinMs)
      times.beyondTwin.push(longestMs - twinMs)
      times.again.push(againMs)
      said += `; bare clients after ${bareMs} ms (${bare.join(', ')}): ${longestMs - bareMs} beyond them; twins after ${twinMs} ms (${twin.join(', ')}): ${longestMs - twinMs} beyond them`
    }
    const slowest = resumedMs.indexOf(longestMs)
    const still = inputs.longestPause(slowest, fromMs, fromMs + longestMs)
    const heard = members.flatMap((member) => member.said).filter(({ atMs, partition }) => atMs > fromMs && partition === slowest).map(({ atMs, state }) => `${state} after ${atMs - fromMs} ms`)
    said += `; slowest was ${slowest}, of which the broker led ${list(placement.ledBy(at + 1, slowest))}: its inputs stood still for ${still.ms} ms, until ${still.untilMs - fromMs} ms after the kill; its process said ${list(heard)}`
    await brokers[at]?.restart()
    await untilInSync(admin, brokers.length)
    return said
  })
}

const ages = ({ sights }: Watch): string => sights.map((seen) => Date.now() - (seen.at(-1)?.seenMs ?? 0)).join(', ')

const list = (all: readonly string[]): string => (all.length === 0 ? 'nothing' : all.join(', '))

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

async function asked<T>(brokers: readonly Broker[], ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers: brokers.map(({ port }) => `127.0.0.1:${port}`), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await ask(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Until no more comes than is sent. */
async function untilCaughtUp(watch: Watch, perSecond: number): Promise<void> {
  const endMs = Date.now() + WAIT_MS_MAX
  for (let before = NaN, now = watch.count; !(now > before && now - before < 1.5 * perSecond); before = now, now = watch.count) {
    if (Date.now() > endMs) throw new TypeError(`waited ${WAIT_MS_MAX / 1000} s for the first outputs of all accounts`)
    await sleep(1000)
  }
}

/** Until the states of the load are written: who begins again would fold it. */
async function untilWritten(admin: Admin): Promise<void> {
  const loaded = new Map((await admin.fetchTopicOffsets(JOURNAL)).map(({ partition, offset }) => [partition, Number(offset)]))
  const endMs = Date.now() + WAIT_MS_MAX
  for (;;) {
    const floors = new Map<number, number>()
    for (const { partitions } of await admin.fetchOffsets({ groupId: GROUP })) for (const { partition, metadata } of partitions) floors.set(partition, Math.max(floors.get(partition) ?? 0, decodeMetadata(metadata ?? '')?.floorOffset ?? 0))
    if ([...loaded].every(([partition, end]) => (floors.get(partition) ?? 0) >= end)) return
    if (Date.now() > endMs) throw new TypeError(`waited ${WAIT_MS_MAX / 1000} s for the states of all accounts to be written (${[...floors.values()].join(', ')} of ${[...loaded.values()].join(', ')})`)
    await sleep(1000)
  }
}

async function until(isTrue: () => boolean, what: () => string): Promise<void> {
  const endMs = Date.now() + WAIT_MS_MAX
  while (!isTrue()) {
    if (Date.now() > endMs) throw new TypeError(`waited ${WAIT_MS_MAX / 1000} s for ${what()}`)
    await sleep(5)
  }
}
