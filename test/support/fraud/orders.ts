// Runs the fraud scenario in this process under given cuts and delays, and sums up what it decided per terminal.
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
import type { PartitionSettings } from '../../../system/partition/deps.ts'
import { updateCrc32c } from '../../../system/protocol/checksum.ts'
import { utf8Decode, utf8Encode } from '../../../system/protocol/utf8.ts'
import type { Lease, Log, PollRequest } from '../../../system/ports/log.ts'

/** A partition that gets nothing for a while once it has consumed so many records of a topic. */
export interface HoldBack {
  readonly group: string
  readonly partition: number
  readonly topic: string
  readonly afterOffset: number
  readonly ms: number
}

export interface Decided {
  readonly decisions: number
  /** Per entity a checksum over its outputs (type, payload) in order. */
  readonly outputs: ReadonlyMap<string, number>
  /** How long the held-back partition really got nothing, ms. */
  readonly heldMs: number
  readonly deadLetters: number
}

export async function decide(system: SystemDefinition, feed: AsyncIterable<readonly FeedItem[]>, settings: Partial<PartitionSettings>, hold?: HoldBack, log: Log = memoryLog({ keyed: true })): Promise<Decided> {
  const held = { ms: 0 }
  const failures: string[] = []
  let deadLetters = 0
  const node = new StatelogNode({
    system, log: hold === undefined ? log : holdingBack(log, hold, held), codec: cborCodec, clock: systemClock, random: systemRandom, settings,
    models: new Map(system.models.map((model) => [model.name, loadedModel(model)])),
    telemetry: {
      partition: ({ group, partition, state, reason }) => { if (state === 'failed' || state === 'waiting') failures.push(`${group}/${partition} ${state}: ${reason}`) },
      batch: (batch) => { for (const count of batch.deadLetters.values()) deadLetters += count },
      log: () => {}, probe: () => {},
    },
  })
  await node.start()
  const encoder = new FeedEncoder(system, cborCodec)
  let fed = 0
  for await (const items of feed) {
    const outcome = await log.append(items.flatMap((item) => encoder.records(item)))
    assert.equal(outcome.kind, 'done')
    fed += items.length
    if (fed % 10_000 < items.length) while ((await lagOf(node)) > 30_000) await systemClock.sleep(5)
  }
  await consumed(node)
  assert.deepEqual(failures, [])
  const outputs = new Map<string, number>()
  let decisions = 0
  for await (const { record } of recordsOf(log, 'decisions')) {
    const key = utf8Decode(record.key ?? new Uint8Array()) ?? ''
    const type = record.headers.find(([name]) => name === 'ce_type')?.[1] ?? new Uint8Array()
    outputs.set(key, updateCrc32c(updateCrc32c(updateCrc32c(outputs.get(key) ?? 0, type), utf8Encode('/')), record.value ?? new Uint8Array()))
    decisions += 1
  }
  await node.stop()
  return { decisions, outputs, heldMs: held.ms, deadLetters }
}

async function lagOf(node: StatelogNode): Promise<number> {
  return (await node.status()).reduce((sum, one) => sum + one.lag, 0)
}

/** Two looks a while apart without lag or change: promises of event time travel after the records. */
async function consumed(node: StatelogNode): Promise<void> {
  let before = ''
  for (let calm = 0; calm < 4;) {
    const status = await node.status()
    const now = JSON.stringify(status.map(({ type, partition, watermarkMs, state }) => [type, partition, watermarkMs, state]))
    calm = status.every(({ state, lag }) => state === 'live' && lag === 0) && now === before ? calm + 1 : 0
    before = now
    await systemClock.sleep(100)
  }
}

function holdingBack(log: Log, hold: HoldBack, held: { ms: number }): Log {
  return new Proxy(log, {
    get(target, name) {
      if (name === 'join') return (membership: Parameters<Log['join']>[0], handler: Parameters<Log['join']>[1]) => target.join(membership, { assigned: (lease) => handler.assigned(lease.group === hold.group && lease.partition === hold.partition ? heldLease(lease, hold, held) : lease) })
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    },
  })
}

function heldLease(lease: Lease, hold: HoldBack, held: { ms: number }): Lease {
  let sinceMs: number | undefined
  const poll = async (request: PollRequest): ReturnType<Lease['poll']> => {
    if (sinceMs === undefined && (request.from.get(hold.topic) ?? 0) >= hold.afterOffset) sinceMs = systemClock.monotonicMs()
    if (sinceMs === undefined || systemClock.monotonicMs() - sinceMs >= hold.ms) return lease.poll(request)
    await systemClock.sleep(Math.min(50, request.waitMsMax + 5))
    held.ms = systemClock.monotonicMs() - sinceMs
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
