// KafkaApp: an app of one actor type on a cluster, in this process, by either driver; for what operators and other clients do to it.
//
// Each entity counts its deeds and emits every count: outputs that are 1, 2, 3 ... of each entity show that nothing was lost, doubled or out of order.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import type { Admin } from 'kafkajs'
import { assign, createMachine, emit } from 'xstate'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { KafkaLog, openKafkaLog } from '../../adapters/kafka/log.ts'
import { openKafkajsLog } from '../../adapters/kafkajs/log.ts'
import { memoryCache } from '../../adapters/memory/cache.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { systemRandom } from '../../adapters/node/clock.ts'
import { defineSystem } from '../../system/authoring/system.ts'
import { StatelogNode } from '../../system/node/node.ts'
import { planSystem, topicSpecs } from '../../system/partition/topology.ts'
import type { Log } from '../../system/ports/log.ts'
import { partitionOf } from '../../system/protocol/murmur2.ts'
import { append, bytes, readAll, valueOf } from '../contract/log-fixture.ts'
import { SILENT } from './chaos/cluster.ts'
import { deedSchema, defineActor } from './partition/bench.ts'
import type { Deed } from './partition/bench.ts'

export const DRIVERS = { kafka: openKafkaLog, kafkajs: openKafkajsLog }

const HEARTBEAT_MS = 50
const LOOK_EVERY_MS = 10

const machine = createMachine({
  context: { n: 0 },
  on: { pay: { actions: [assign({ n: ({ context }: { context: { n: number } }) => context.n + 1 }) as never, emit(({ context }: { context: { n: number } }) => ({ type: 'counted', n: context.n })) as never] } },
})
const one = defineActor({ name: 'one', version: 1, machine: machine as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never, outputs: { counted: 'counts' } })

/** A runtime of the app. */
export interface Runtime {
  readonly node: StatelogNode
  /** What it told people, and the states of its partitions with their reasons. */
  readonly said: readonly string[]
  stop(): Promise<void>
}

export class KafkaApp {
  readonly brokers: string
  readonly namespace = `${randomUUID().slice(0, 8)}.`
  readonly partitions: number
  readonly admin: Admin
  /** Of a bystander, who owns nothing. */
  readonly log: Log
  readonly #runtimes = new Set<Runtime>()

  /** Everything of it ends after `run`, whatever happens. */
  static async with(brokers: string, partitions: number, run: (app: KafkaApp) => Promise<void>): Promise<void> {
    const admin = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    const app = new KafkaApp(brokers, partitions, admin)
    try {
      assert.deepEqual(await app.log.ensureTopics(topicSpecs(planSystem(app.#system()))), [])
      await run(app)
    } finally {
      for (const runtime of app.#runtimes) await runtime.stop()
      await app.log.close()
      await admin.disconnect()
    }
  }

  private constructor(brokers: string, partitions: number, admin: Admin) {
    this.brokers = brokers
    this.partitions = partitions
    this.admin = admin
    this.log = new KafkaLog({ brokers, clock: wallClock, namespace: this.namespace })
  }

  /** As the cluster calls it. */
  on(name: string): string {
    return `${this.namespace}${name}`
  }

  /** `brokers`: the way to them, where it is another one; `opened`: what befalls between the opening of the log and the start. */
  async start(driver: keyof typeof DRIVERS, { brokers = this.brokers, hurry, opened, ...more }: { readonly brokers?: string; readonly instanceId?: string; readonly sessionMs?: number; readonly hurry?: AbortSignal; readonly opened?: (log: Log) => Promise<void> } = {}): Promise<Runtime> {
    const said: string[] = []
    const log = await DRIVERS[driver]({ brokers, clock: wallClock, namespace: this.namespace, heartbeatMs: HEARTBEAT_MS, notice: (message) => said.push(message), ...more })
    try {
      await opened?.(log)
    } catch (thrown) {
      await log.close()
      throw thrown
    }
    const telemetry = { ...SILENT, partition: ({ partition, state, reason = '' }: { readonly partition: number; readonly state: string; readonly reason?: string }) => void said.push(`${partition} ${state} ${reason}`) }
    const node = new StatelogNode({ system: this.#system(), log, codec: cborCodec, clock: wallClock, random: systemRandom, telemetry, models: new Map(), cache: memoryCache(), ...(hurry === undefined ? {} : { hurry }) })
    const runtime = {
      node, said,
      stop: async () => {
        if (!this.#runtimes.delete(runtime)) return
        await node.stop()
        await log.close()
      },
    }
    this.#runtimes.add(runtime)
    await node.start()
    return runtime
  }

  /** Deeds of these entities, in this order; `place` as another client would place keys. */
  async pay(names: readonly string[], place = (key: Uint8Array): number => partitionOf(key, this.partitions)): Promise<void> {
    await append(this.log, names.map((who) => ({
      topic: 'deeds', partition: place(bytes(who)), key: bytes(who), value: bytes(JSON.stringify({ type: 'pay', time: 1000, who })), headers: [], timestampMs: 1000,
    })))
  }

  /** Removes what lies below the offset, as retention does; below 0: counted from the end. */
  async cut(topic: string, partition: number, offset: number): Promise<void> {
    // The client deletes only in topics that it was asked about before.
    await this.admin.fetchTopicOffsets(this.on(topic))
    const end = await this.log.offsetsAt(topic, partition, 'latest')
    await this.admin.deleteTopicRecords({ topic: this.on(topic), partitions: [{ partition, offset: String(offset < 0 ? end + 1 + offset : offset) }] })
  }

  /** All counts of each entity, as they stand in the output. */
  async counts(): Promise<ReadonlyMap<string, readonly number[]>> {
    const counts = new Map<string, number[]>()
    for (let partition = 0; partition < this.partitions; partition += 1) {
      for (const { key, value } of await readAll(this.log, 'counts', partition)) {
        const who = new TextDecoder().decode(key ?? undefined)
        const { n } = JSON.parse(new TextDecoder().decode(value ?? undefined)) as { readonly n: number }
        counts.set(who, [...(counts.get(who) ?? []), n])
      }
    }
    return counts
  }

  /** Waits for as many outputs; then each of these entities has 1 .. `each`, once, and nobody else has any. */
  async counted(names: readonly string[], each: number): Promise<void> {
    await until(async () => [...(await this.counts()).values()].flat().length >= names.length * each)
    const expected = Array.from({ length: each }, (_, at) => at + 1)
    assert.deepEqual(new Map([...(await this.counts())].sort()), new Map(names.map((name): [string, number[]] => [name, expected]).sort()))
  }

  /** What stands in the source's dead-letter topic, as text. */
  async letters(): Promise<readonly string[]> {
    const letters: string[] = []
    for (let partition = 0; partition < this.partitions; partition += 1) {
      for (const letter of await readAll(this.log, 'deeds.dlq', partition)) letters.push([valueOf(letter), ...letter.headers.map(([name, value]) => `${name}=${new TextDecoder().decode(value)}`)].join(' '))
    }
    return letters
  }

  #system(): ReturnType<typeof defineSystem> {
    return defineSystem({ name: 'app', actors: [one], partitions: this.partitions })
  }
}

/** The tests' own time limit ends it. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await wallClock.sleep(LOOK_EVERY_MS)
}

/** `length` names of entities. */
export const entities = (length: number): readonly string[] => Array.from({ length }, (_, at) => `e${at}`)
