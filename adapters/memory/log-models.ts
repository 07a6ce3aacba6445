// Model artifacts on a log of any driver: records of a compacted topic, key = hash. Immutable, so the newest record of a key is the only one.
import { OperationError } from '../../system/protocol/failures.ts'
import { onceShown } from '../../system/inspect/shown-states.ts'
import { Hidden } from '../../system/partition/range-reading.ts'
import type { Log } from '../../system/ports/log.ts'
import type { ModelStore } from '../../system/ports/models.ts'
import type { Clock } from '../../system/ports/clock.ts'

const READ = { recordsMax: 100, bytesMax: 16 << 20 }

/** `topic` is compacted and exists; its partition 0 is used. */
export function logModelStore(log: Log, topic: string, clock: Clock): ModelStore {
  return {
    load: async (hash) => {
      const key = new TextEncoder().encode(hash)
      if (log.keyed !== undefined) {
        const [record] = await log.keyed.get(topic, 0, [key])
        return record?.value ?? undefined
      }
      return onceShown(clock, async () => {
        const end = await log.offsetsAt(topic, 0, 'latest')
        let artifact: Uint8Array | null = null
        for (let at = 0; at < end;) {
          const range = await log.read(topic, 0, at, end, { ...READ, key })
          if (range.to <= at) throw new Hidden(topic, 0, at, end)
          artifact = range.records.at(-1)?.value ?? artifact
          at = range.to
        }
        return artifact ?? undefined
      })
    },
    save: async (hash, value) => {
      const key = new TextEncoder().encode(hash)
      const outcome = await log.append([{ topic, partition: 0, key, value, headers: [], timestampMs: clock.nowMs() }])
      if (outcome.kind !== 'done') throw new OperationError('models/save', `model ${hash} was not stored in ${topic}: ${outcome.reason}`)
    },
  }
}
