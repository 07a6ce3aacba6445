// Announcements: how a sender's watermark reaches the partitions that wait for it and got no tell.
//
// Owns: what was promised to each target partition, and when. Operational: nothing of it is journalled or hashed.
//
// Q1. A promise rides in the same commit as what it follows from, after everything that commit tells (I4).
// Q2. At most one record per pair per `watermarkEvery`, unless the sender has ended.
import { WATERMARK_EVERY_MS } from '../protocol/limits.ts'
import type { OutRecord } from '../protocol/record.ts'
import type { Codec } from '../ports/codec.ts'
import { encodeEnvelope } from './envelope.ts'
import type { TypePlan } from './topology.ts'

type Promised = { watermarkMs: number; idle: boolean; atMs: number }

export class Announcements {
  readonly #plan: TypePlan
  readonly #partition: number
  readonly #codec: Codec
  readonly #targets: { readonly inbox: string; readonly promised: Promised[] }[]

  constructor(plan: TypePlan, partition: number, codec: Codec) {
    this.#plan = plan
    this.#partition = partition
    this.#codec = codec
    this.#targets = [...plan.targets.values()].filter((target) => target.wantsWatermark).map((target) => ({
      inbox: target.inbox,
      promised: Array.from({ length: target.partitions }, () => ({ watermarkMs: -Infinity, idle: false, atMs: -Infinity })),
    }))
  }

  /** True when a promise is due although nothing is told. */
  isDue(watermarkMs: number, idle: boolean, nowMs: number): boolean {
    return this.#targets.some(({ promised }) => promised.some((one) => isOwed(one, watermarkMs, idle, nowMs)))
  }

  /** Control records for a commit that also carries `tells`. Takes them as made: after a failed commit the memory is rebuilt anyway. */
  records(tells: readonly OutRecord[], watermarkMs: number, idle: boolean, nowMs: number): readonly OutRecord[] {
    const records: OutRecord[] = []
    for (const { inbox, promised } of this.#targets) {
      const told = new Set(tells.filter((tell) => tell.topic === inbox).map((tell) => tell.partition))
      promised.forEach((one, partition) => {
        // A tell carried the watermark of its own moment, maybe not the newest: the pair waits its turn all the same.
        if (told.has(partition)) Object.assign(one, { atMs: nowMs, idle: false })
        else if (isOwed(one, watermarkMs, idle, nowMs)) {
          Object.assign(one, { watermarkMs, idle, atMs: nowMs })
          const value = encodeEnvelope(this.#codec, { kind: 'watermark', sender: this.#plan.group, senderPartition: this.#partition, watermark: watermarkMs, idle })
          records.push({ topic: inbox, partition, key: null, value, headers: [], timestampMs: nowMs })
        }
      })
    }
    return records
  }
}

function isOwed(promised: Promised, watermarkMs: number, idle: boolean, nowMs: number): boolean {
  const isNews = watermarkMs > promised.watermarkMs || idle !== promised.idle
  return isNews && (nowMs - promised.atMs >= WATERMARK_EVERY_MS || watermarkMs === Infinity)
}
