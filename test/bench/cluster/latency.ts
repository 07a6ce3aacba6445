// Latency measured in an open loop: events are sent at their time whatever becomes of them, and each is timed from when it was due until a reader of committed
// records has its output.
//
// Owns: when each event was due. An event is known again by its account and its number.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import type { Producer } from 'kafkajs'
import { openKafkaLog } from '../../../adapters/kafka/log.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import type { KafkaClient } from '../../../adapters/node/medium.ts'
import { checkRun, isWhole } from '../w1/check.ts'
import type { Workload } from '../w1/events.ts'
import { recordOf } from '../w1/load.ts'
import type { Runtime } from '../w1/measure.ts'
import { PARTITIONS, scoredOf } from '../w1/system.ts'
import { Member } from './members.ts'
import { memberProgram } from './program.ts'
import { Watch } from './watch.ts'

export interface LatencyPlan {
  readonly runtime: Runtime
  readonly client: KafkaClient
  readonly brokers: string
  readonly redis: string
  readonly perSecond: number
  readonly seconds: number
  readonly env: Readonly<Record<string, string>>
}

const ACCOUNTS = 100_000
const TICK_MS = 2
/** At the beginning: code is compiled. */
const UNCOUNTED_SECONDS = 10
const WAIT_MS_MAX = 60_000

/** Milliseconds of each event that is counted. Throws when the checker finds anything wrong: such a run has no figure. */
export async function measureLatency({ runtime, client, brokers, redis, perSecond, seconds, env }: LatencyPlan): Promise<readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-latency-'))
  const name = `latency${process.pid}x${Date.now() % 1_000_000}`
  const [input, output] = [`${name}-in`, `${name}-out`]
  const workload: Workload = { events: perSecond * (UNCOUNTED_SECONDS + seconds), accounts: ACCOUNTS, visits: 'random' }
  const log = await openKafkaLog({ brokers, clock: systemClock })
  const member = new Member(name, { program: memberProgram(runtime), folder, env: { KAFKA_BROKERS: brokers, INPUT_TOPIC: input, OUTPUT_TOPIC: output, GROUP: name, W1_REDIS: redis, W1_CLIENT: client, ...env } })
  const loop = new OpenLoop(workload, perSecond, input)
  const watch = new Watch(log, output, PARTITIONS, (key, value, atMs) => loop.seen(key, value, atMs))
  const producer = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).producer()
  try {
    await log.ensureTopics([input, output].map((topic) => ({ name: topic, partitions: PARTITIONS, cleanup: 'delete' as const })))
    await watch.start()
    await producer.connect()
    member.start()
    await until(() => member.live.size === PARTITIONS, 'the process to have its partitions')
    await loop.run(producer)
    await until(() => loop.left === 0, 'the last outputs')
    await member.kill()
    const verdict = await checkRun(log, workload, { states: false, output })
    if (!isWhole(verdict)) throw new TypeError(`the run is invalid: ${JSON.stringify(verdict)}`)
    return loop.latencies(UNCOUNTED_SECONDS * perSecond)
  } finally {
    await member.kill()
    await watch.stop()
    await producer.disconnect()
    await log.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

class OpenLoop {
  readonly #workload: Workload
  readonly #topic: string
  readonly #perMs: number
  readonly #seqs: Uint32Array
  /** Number of the event in the workload, by account and number of the account's event. */
  readonly #events = new Map<string, number>()
  readonly #seenMs: Float64Array
  #fromMs = 0
  #left: number

  constructor(workload: Workload, perSecond: number, topic: string) {
    this.#workload = workload
    this.#topic = topic
    this.#perMs = perSecond / 1000
    this.#seqs = new Uint32Array(workload.accounts)
    this.#seenMs = new Float64Array(workload.events)
    this.#left = workload.events
  }

  /** Events whose output nobody has seen. */
  get left(): number {
    return this.#left
  }

  /** Resolves when all were sent. */
  async run(producer: Producer): Promise<void> {
    const { events } = this.#workload
    const sent: Promise<unknown>[] = []
    this.#fromMs = performance.now()
    for (let next = 0; next < events;) {
      const due = Math.min(events, Math.floor((performance.now() - this.#fromMs) * this.#perMs))
      if (due > next) {
        const messages = []
        for (; next < due; next += 1) {
          const { key, value, partition } = recordOf(this.#workload, next, this.#seqs)
          const account = Buffer.from(key ?? []).toString()
          this.#events.set(`${account} ${this.#seqs[Number(account.slice(1))]}`, next)
          messages.push({ key: Buffer.from(key ?? []), value: Buffer.from(value ?? []), partition })
        }
        sent.push(producer.send({ topic: this.#topic, messages }))
      }
      await sleep(TICK_MS)
    }
    await Promise.all(sent)
  }

  seen(key: Uint8Array | null, value: Uint8Array | null, atMs: number): void {
    const event = this.#events.get(`${Buffer.from(key ?? []).toString()} ${scoredOf(value ?? new Uint8Array(32)).seq}`)
    if (event === undefined || this.#seenMs[event] !== 0) return
    this.#seenMs[event] = atMs
    this.#left -= 1
  }

  /** From when it was due, of each event from this one on. */
  latencies(from: number): readonly number[] {
    return Array.from(this.#seenMs.subarray(from), (seenMs, index) => seenMs - (this.#fromMs + (from + index) / this.#perMs))
  }
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  const endMs = Date.now() + WAIT_MS_MAX
  while (!isTrue()) {
    if (Date.now() > endMs) throw new TypeError(`waited ${WAIT_MS_MAX / 1000} s for ${what}`)
    await sleep(5)
  }
}
