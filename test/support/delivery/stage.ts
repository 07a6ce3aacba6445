// Stage: the delivery system on a node in this process, with groups of consumers that can be held back, and what they gave out.
import assert from 'node:assert/strict'
import { memoryLog } from '../../../adapters/memory/log.ts'
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { systemClock, systemRandom } from '../../../adapters/node/clock.ts'
import { FeedEncoder } from '../../../adapters/node/feed-records.ts'
import { recordsOf } from '../../../adapters/node/outputs.ts'
import type { FeedItem } from '../../../system/authoring/scenario.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { loadedModel } from '../../../system/models/scorer.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { updateCrc32c } from '../../../system/protocol/checksum.ts'
import { utf8Decode, utf8Encode } from '../../../system/protocol/utf8.ts'
import type { Lease, Log, PollRequest } from '../../../system/ports/log.ts'

/** Which topics each group writes. */
export const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  rider: ['speeds', 'riders'], spoof: ['spoofing'], delivery: ['etas', 'deliveries', 'payments'], 'ping-router': [],
}

/** A group that gets no pings beyond an offset until it is let go. */
interface Hold {
  readonly group: string
  readonly afterOffset: number
}

/** Per topic and entity: how many outputs, and a checksum over (type, payload) in order. */
export type Comparable = ReadonlyMap<string, readonly [count: number, sum: number]>

const LAG_MAX = 20_000

export class Stage {
  readonly log: Log
  readonly #system: SystemDefinition
  readonly #node: StatelogNode
  readonly #failures: string[] = []
  readonly #holds: Hold[] = []
  deadLetters = 0

  constructor(system: SystemDefinition, log: Log = memoryLog({ keyed: true })) {
    this.log = log
    this.#system = system
    this.#node = new StatelogNode({
      system, log: holdingBack(log, this.#holds), codec: cborCodec, clock: systemClock, random: systemRandom, settings: { commitWaitMs: 0, batchRecordsMax: 500 },
      models: new Map(system.models.map((model) => [model.name, loadedModel(model)])),
      telemetry: {
        partition: ({ group, partition, state, reason }) => { if (state === 'failed' || state === 'waiting') this.#failures.push(`${group}/${partition} ${state}: ${reason}`) },
        batch: (batch) => { for (const count of batch.deadLetters.values()) this.deadLetters += count },
        log: () => {}, probe: () => {},
      },
    })
  }

  start(): Promise<void> {
    return this.#node.start()
  }

  hold(type: string, afterOffset: number): void {
    this.#holds.push({ group: `${this.#system.name}.${type}`, afterOffset })
  }

  letGo(): void {
    this.#holds.length = 0
  }

  /** Waits for the consumers unless one is held back. */
  async feed(feed: AsyncIterable<readonly FeedItem[]>): Promise<void> {
    const encoder = new FeedEncoder(this.#system, cborCodec)
    for await (const items of feed) {
      const outcome = await this.log.append(items.flatMap((item) => encoder.records(item)))
      assert.equal(outcome.kind, 'done')
      while (this.#holds.length === 0 && (await this.lag()) > LAG_MAX) await systemClock.sleep(5)
    }
  }

  /** Records that the types have not taken yet; all types unless given. */
  async lag(types?: readonly string[]): Promise<number> {
    return (await this.#node.status()).reduce((sum, { type, lag }) => sum + (types?.includes(type) === false ? 0 : lag), 0)
  }

  /** Several looks a while apart without lag or change: promises of event time travel after the records. */
  async consumed(types?: readonly string[]): Promise<void> {
    let before = ''
    for (let calm = 0; calm < 4;) {
      const status = (await this.#node.status()).filter(({ type }) => types?.includes(type) !== false)
      const now = JSON.stringify(status.map(({ type, partition, watermarkMs, state }) => [type, partition, watermarkMs, state]))
      calm = status.every(({ state, lag }) => state === 'live' && lag === 0) && now === before ? calm + 1 : 0
      before = now
      await systemClock.sleep(100)
    }
    assert.deepEqual(this.#failures, [])
  }

  /** What the types gave out so far. */
  async outputs(...types: readonly string[]): Promise<Comparable> {
    const found = new Map<string, readonly [number, number]>()
    for (const topic of types.flatMap((type) => OUTPUTS[type] ?? [])) {
      for await (const { record } of recordsOf(this.log, topic)) {
        const key = `${topic}/${utf8Decode(record.key ?? new Uint8Array()) ?? ''}`
        const type = record.headers.find(([name]) => name === 'ce_type')?.[1] ?? new Uint8Array()
        const [count, sum] = found.get(key) ?? [0, 0]
        found.set(key, [count + 1, updateCrc32c(updateCrc32c(updateCrc32c(sum, type), utf8Encode('/')), record.value ?? new Uint8Array())])
      }
    }
    return found
  }

  stop(): Promise<void> {
    return this.#node.stop()
  }
}

/** How many outputs there are on a topic. */
export function countOf(outputs: Comparable, topic: string): number {
  return [...outputs].reduce((sum, [key, [count]]) => sum + (key.startsWith(`${topic}/`) ? count : 0), 0)
}

function holdingBack(log: Log, holds: readonly Hold[]): Log {
  return new Proxy(log, {
    get(target, name) {
      if (name === 'join') return (membership: Parameters<Log['join']>[0], handler: Parameters<Log['join']>[1]) => target.join(membership, { assigned: (lease) => handler.assigned(heldLease(lease, holds)) })
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    },
  })
}

function heldLease(lease: Lease, holds: readonly Hold[]): Lease {
  const poll = async (request: PollRequest): ReturnType<Lease['poll']> => {
    const isHeld = holds.some(({ group, afterOffset }) => group === lease.group && (request.from.get('pings') ?? 0) >= afterOffset)
    if (!isHeld) return lease.poll(request)
    await systemClock.sleep(Math.min(20, request.waitMsMax + 5))
    return []
  }
  return new Proxy(lease, {
    get(target, name) {
      if (name === 'poll') return poll
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    },
  })
}
