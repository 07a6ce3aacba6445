// Trial: two processes own the ledgers under a steady load and are killed and stopped by turns, while clients ask for ledgers of each partition over HTTP and NATS.
//
// Owns: the processes, the load, the clients, and when what befalls whom.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'nats'
import type { NatsConnection } from 'nats'
import { wallClock } from '../../../adapters/memory/clock.ts'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import { openCluster } from '../../../adapters/node/medium.ts'
import type { KafkaMedium } from '../../../adapters/node/medium.ts'
import type { CommittedLog } from '../../../adapters/node/look.ts'
import { planSystem, topicSpecs } from '../../../system/partition/topology.ts'
import { partitionOf } from '../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../system/protocol/utf8.ts'
import { appendAll } from '../chaos/feed.ts'
import { dumpLog } from '../chaos/dump.ts'
import type { LogDump } from '../chaos/dump.ts'
import { kcatReader } from '../chaos/kcat.ts'
import { freePort } from '../nats.ts'
import { Asker, overHttp, overNats } from './asker.ts'
import { SOURCE } from './judge.ts'
import { Owner } from './owner.ts'
import { ledgers, PARTITIONS } from './system.ts'

export const FAULTS = ['killed, started again at once', 'killed for good', 'stopped within its session', 'stopped beyond its session'] as const

export interface Fault {
  readonly kind: (typeof FAULTS)[number]
  readonly atMs: number
  /** When it goes on; undefined: it never does. */
  readonly onMs: number | undefined
  /** Partitions that were live in it. */
  readonly lost: readonly number[]
}

export interface TrialPlan {
  readonly kafka: string
  readonly natsUrl: string
  readonly seed: number
  /** Of each kind. */
  readonly rounds: number
  readonly sessionMs: number
}

export interface Trial {
  readonly faults: readonly Fault[]
  readonly askers: readonly Asker[]
  readonly dump: LogDump
  /** Of the processes. */
  readonly troubles: readonly string[]
  readonly fed: number
}

const LEDGERS_EACH = 5
const FEED_EVERY_MS = 40
const FED_EACH_TIME = 4
const CALM_MS = 1200
const WAIT_MS_MAX = 45_000
const LOOK_MS = 10

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export async function runTrial(plan: TrialPlan): Promise<Trial> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-availability-'))
  const medium: KafkaMedium = { kind: 'kafka', brokers: plan.kafka, namespace: `availability-${plan.seed}-${Date.now().toString(36)}.`, sessionMs: plan.sessionMs }
  const log = await openCluster(medium, wallClock)
  const nats = await connect({ servers: plan.natsUrl.replace('nats://', '') })
  const owners: Owner[] = []
  for (const name of ['a', 'b']) {
    mkdirSync(join(folder, name))
    owners.push(new Owner(name, { folder: join(folder, name), medium, natsUrl: plan.natsUrl, port: await freePort() }))
  }
  try {
    await log.ensureTopics(topicSpecs(planSystem(ledgers)))
    return await new Run(plan, medium, log, nats, owners as [Owner, Owner]).all()
  } finally {
    await Promise.all(owners.map((owner) => owner.kill()))
    await nats.close()
    await log.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

class Run {
  readonly #plan: TrialPlan
  readonly #medium: KafkaMedium
  readonly #log: CommittedLog
  readonly #nats: NatsConnection
  readonly #owners: readonly [Owner, Owner]
  readonly #random: SeededRandom
  readonly #ids: readonly (readonly string[])[] = Array.from({ length: PARTITIONS }, (_, partition) => idsIn(partition))
  #fed = 0

  constructor(plan: TrialPlan, medium: KafkaMedium, log: CommittedLog, nats: NatsConnection, owners: readonly [Owner, Owner]) {
    this.#plan = plan
    this.#medium = medium
    this.#log = log
    this.#nats = nats
    this.#owners = owners
    this.#random = new SeededRandom(plan.seed)
  }

  async all(): Promise<Trial> {
    const over = new AbortController()
    await appendAll(this.#log, this.#ids.flat().map((id) => this.#entry(id)))
    for (const owner of this.#owners) owner.start()
    const asking = this.#askers()
    await this.#known(asking)
    await this.#shared()
    const feeding = this.#feed(over.signal)
    const working = asking.map((asker) => asker.run(over.signal))
    const faults: Fault[] = []
    try {
      await sleep(CALM_MS)
      for (let round = 0; round < this.#plan.rounds; round += 1) {
        for (const kind of FAULTS) {
          const [one, other] = this.#random.next() < 0.5 ? this.#owners : [this.#owners[1], this.#owners[0]]
          faults.push(await this.#strike(kind, one, other))
          await this.#shared()
        }
      }
    } finally {
      over.abort()
      await Promise.all([feeding, ...working])
    }
    await Promise.all(this.#owners.map((owner) => owner.drain()))
    const dump = await dumpLog(this.#log, [], kcatReader(this.#medium))
    return { faults, askers: asking, dump, troubles: this.#owners.flatMap(({ troubles }) => troubles), fed: this.#fed }
  }

  async #strike(kind: Fault['kind'], one: Owner, other: Owner): Promise<Fault> {
    const { sessionMs } = this.#plan
    const lost = [...one.live]
    const atMs = Date.now()
    if (kind === 'killed, started again at once' || kind === 'killed for good') {
      await one.kill()
      if (kind === 'killed for good') await this.#until(() => other.live.size === PARTITIONS, 'the other process to have all partitions')
      if (kind === 'killed for good') await sleep(CALM_MS)
      one.start()
      return { kind, atMs, onMs: undefined, lost }
    }
    one.stop()
    await sleep(kind === 'stopped within its session' ? this.#random.between(2000, Math.max(2000, sessionMs - 1500)) : this.#random.between(sessionMs + 1500, 8000))
    const onMs = Date.now()
    one.goOn()
    return { kind, atMs, onMs, lost }
  }

  #askers(): readonly Asker[] {
    const urls = this.#owners.map(({ url }) => url)
    return this.#ids.flatMap((ids, partition) => [new Asker(`HTTP ${partition}`, ids, overHttp(urls, partition)), new Asker(`NATS ${partition}`, ids, overNats(this.#nats))])
  }

  /** Each ledger is there, and is told of. */
  async #known(askers: readonly Asker[]): Promise<void> {
    for (const asker of askers) while (!(await asker.knows())) await sleep(LOOK_MS)
  }

  #entry(id: string) {
    const key = utf8Encode(id)
    const nth = (this.#fed += 1)
    const timeMs = Date.now()
    return { topic: SOURCE, partition: partitionOf(key, PARTITIONS), key, value: utf8Encode(JSON.stringify({ type: 'entry', time: timeMs, ledger: id, amount: this.#random.between(-99, 99), nth })), headers: [], timestampMs: timeMs }
  }

  async #feed(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await appendAll(this.#log, Array.from({ length: FED_EACH_TIME }, (_, partition) => this.#entry(this.#ids[partition % PARTITIONS]?.[this.#random.between(0, LEDGERS_EACH - 1)] ?? '')))
      await sleep(FEED_EVERY_MS)
    }
  }

  /** Both have their part, and nothing has moved for a while. */
  async #shared(): Promise<void> {
    for (let sinceMs = Date.now(); Date.now() - sinceMs < CALM_MS; await sleep(LOOK_MS)) {
      if (this.#isShared()) continue
      await this.#until(() => this.#isShared(), 'both processes to have partitions')
      sinceMs = Date.now()
    }
  }

  #isShared(): boolean {
    return this.#owners.every(({ live }) => live.size === PARTITIONS / 2)
  }

  async #until(isTrue: () => boolean, what: string): Promise<void> {
    const endMs = Date.now() + WAIT_MS_MAX
    while (!isTrue()) {
      if (Date.now() > endMs) throw new TypeError(`waited ${WAIT_MS_MAX / 1000} s for ${what}: ${this.#owners.map(({ live }) => [...live].join()).join(' | ')}`)
      await sleep(LOOK_MS)
    }
  }
}

/** Names that the hash puts there. */
function idsIn(partition: number): readonly string[] {
  const found: string[] = []
  for (let nth = 0; found.length < LEDGERS_EACH; nth += 1) if (partitionOf(utf8Encode(`l${nth}`), PARTITIONS) === partition) found.push(`l${nth}`)
  return found
}
