// Recovery measured: two processes own the four partitions of W1 under a steady load, with 100,000 accounts in each. One of them is ended in every way,
// again and again, and for each partition the time is taken until a reader of committed records sees an output that was made afterwards.
import { setTimeout as sleep } from 'node:timers/promises'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { openKafkaLog } from '../../../adapters/kafka/log.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import type { Runtime } from '../w1/measure.ts'
import { OUTPUT, PARTITIONS, SOURCE } from '../w1/system.ts'
import { Load } from './load.ts'
import { Member } from './members.ts'
import { memberProgram } from './program.ts'
import { Watch } from './watch.ts'

export interface RecoveryPlan {
  readonly runtime: Runtime
  readonly client: 'platformatic' | 'kafkajs'
  readonly brokers: string
  readonly redis: string
  readonly cycles: number
  readonly sessionMs: number
  readonly perSecond: number
  readonly accounts: number
  say(line: string): void
}

/** Times until partitions went on, and pauses of those that stayed where they were, ms. */
export interface RecoveryTimes {
  readonly restarted: number[]
  readonly moved: number[]
  readonly joined: number[]
  readonly crashed: number[]
  readonly kept: number[]
  /** Killed and started again when the cache had lost everything. */
  readonly emptied: number[]
}

export interface RecoveryFigures {
  readonly times: RecoveryTimes
  /** States a second by which partitions made their caches anew. */
  readonly rebuildRates: readonly number[]
}

const COMMIT_MS = '20'
/** After an event, until the next one. */
const CALM_MS = 1500
const WAIT_MS_MAX = 60_000
/** Pauses of partitions that stay are told one by one from here on. */
const LONG_PAUSE_MS = 200

export async function measureRecovery(plan: RecoveryPlan): Promise<RecoveryFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-recovery-'))
  const name = `recovery${process.pid}-${plan.client}`
  const log = await openKafkaLog({ brokers: plan.brokers, clock: systemClock, namespace: '' })
  const members = ['a', 'b'].map((one) => new Member(`${name}-${one}`, {
    program: memberProgram(plan.runtime), folder, env: { KAFKA_BROKERS: plan.brokers, INPUT_TOPIC: `${name}-${SOURCE}`, OUTPUT_TOPIC: `${name}-${OUTPUT}`, GROUP: name, COMMIT_MS, SESSION_MS: String(plan.sessionMs), W1_REDIS: plan.redis, W1_CLIENT: plan.client },
  }))
  const load = new Load(log, { events: Infinity, accounts: plan.accounts, visits: 'rounds' }, `${name}-${SOURCE}`)
  const run = new Run(plan, members as [Member, Member], new Watch(log, `${name}-${OUTPUT}`, PARTITIONS), load)
  try {
    await run.all()
    return { times: run.times, rebuildRates: members.flatMap(({ rebuildRates }) => rebuildRates) }
  } finally {
    load.stop()
    await Promise.all(members.map((member) => member.kill()))
    await run.watch.stop()
    await log.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

class Run {
  readonly watch: Watch
  readonly #plan: RecoveryPlan
  readonly #members: readonly [Member, Member]
  readonly #load: Load
  readonly times: RecoveryTimes = { restarted: [], moved: [], joined: [], crashed: [], kept: [], emptied: [] }

  constructor(plan: RecoveryPlan, members: readonly [Member, Member], watch: Watch, load: Load) {
    this.#plan = plan
    this.#members = members
    this.watch = watch
    this.#load = load
  }

  async all(): Promise<void> {
    const { say, cycles, accounts, perSecond } = this.#plan
    await this.#load.fill()
    for (const member of this.#members) member.start()
    await this.#until(() => this.#isShared(), 'both processes to have partitions')
    await this.watch.start()
    this.#load.start(perSecond)
    await this.#until(() => this.watch.sights.every((seen) => (seen.at(-1)?.madeMs ?? 0) > Date.now() - 1000 && seen.length > 20), `the outputs of ${accounts} accounts`)
    await sleep(CALM_MS)
    // The first one is not counted: brokers that have just started are compiling their own code meanwhile.
    for (let cycle = 0; cycle <= cycles; cycle += 1) {
      const [ended, other] = cycle % 2 === 0 ? this.#members : [this.#members[1], this.#members[0]]
      await this.#restart(ended, other)
      await this.#leave(ended, other)
      await this.#join(ended, other)
      await this.#crash(ended)
      await this.#join(ended, other)
      say(`cycle ${cycle} of ${cycles}${cycle === 0 ? ', not counted' : ''}: ${Object.entries(this.times).map(([kind, times]) => `${kind} ${(times as number[]).slice(-2).map((ms) => Math.round(ms)).join(' ')}`).join(', ')}`)
      if (cycle === 0) for (const times of Object.values(this.times) as number[][]) times.length = 0
    }
    for (let time = 0; time < cycles / 2; time += 1) await this.#empty()
  }

  async #restart(ended: Member, other: Member): Promise<void> {
    const [lost, kept] = [[...ended.live], [...other.live]]
    const fromMs = Date.now()
    await ended.kill()
    ended.start()
    this.times.restarted.push(...(await this.#resumed(lost, fromMs)))
    await this.#settled(fromMs, kept, 'was killed and started again')
  }

  async #leave(ended: Member, other: Member): Promise<void> {
    const [lost, kept] = [[...ended.live], [...other.live]]
    const fromMs = Date.now()
    await ended.drain()
    this.times.moved.push(...lost.map((partition) => this.watch.longestPauseMs(partition, fromMs, Date.now())))
    await this.#resumed(lost, fromMs)
    await this.#settled(fromMs, kept, 'left')
  }

  async #join(joining: Member, other: Member): Promise<void> {
    const before = [...other.live]
    const fromMs = Date.now()
    joining.start()
    await this.#until(() => this.#isShared(), 'a process that joined to have partitions')
    await this.#resumed([...joining.live], Date.now())
    this.times.joined.push(...[...joining.live].map((partition) => this.watch.longestPauseMs(partition, fromMs, Date.now())))
    await this.#settled(fromMs, before.filter((partition) => other.live.has(partition)), 'joined')
  }

  async #crash(ended: Member): Promise<void> {
    const lost = [...ended.live]
    const fromMs = Date.now()
    await ended.kill()
    this.times.crashed.push(...(await this.#resumed(lost, fromMs)))
    await sleep(CALM_MS)
  }

  /** Last of all: until a process is started again it does not notice, and would make its cache anew in the midst of something else. */
  async #empty(): Promise<void> {
    const redis = new Redis(this.#plan.redis)
    await redis.flushall()
    await redis.quit()
    for (const ended of this.#members) {
      const lost = [...ended.live]
      const fromMs = Date.now()
      await ended.kill()
      ended.start()
      this.times.emptied.push(...(await this.#resumed(lost, fromMs)))
      await this.#until(() => this.#owned() === PARTITIONS, 'every partition to be at work')
      await sleep(CALM_MS)
    }
  }

  /** `what`: what the other process did meanwhile. */
  async #settled(fromMs: number, kept: readonly number[], what: string): Promise<void> {
    await this.#until(() => this.#owned() === PARTITIONS, 'every partition to be at work')
    await sleep(CALM_MS)
    for (const partition of kept) {
      const pauseMs = this.watch.longestPauseMs(partition, fromMs, Date.now())
      if (pauseMs > LONG_PAUSE_MS) this.#plan.say(`  partition ${partition} paused for ${pauseMs} ms while the other process ${what}`)
      this.times.kept.push(pauseMs)
    }
  }

  async #resumed(partitions: readonly number[], fromMs: number): Promise<readonly number[]> {
    const found = (): readonly (number | undefined)[] => partitions.map((partition) => this.watch.resumedAfter(partition, fromMs))
    await this.#until(() => found().every((ms) => ms !== undefined), `partitions ${partitions.join(', ')} to go on`)
    return found() as readonly number[]
  }

  #owned(): number {
    return this.#members.reduce((sum, { live }) => sum + live.size, 0)
  }

  #isShared(): boolean {
    return this.#owned() === PARTITIONS && this.#members.every(({ live }) => live.size === PARTITIONS / 2)
  }

  async #until(isTrue: () => boolean, what: string): Promise<void> {
    const endMs = Date.now() + WAIT_MS_MAX
    while (!isTrue()) {
      if (Date.now() > endMs) throw new TypeError(`waited ${WAIT_MS_MAX / 1000} s for ${what}`)
      await sleep(5)
    }
  }
}
