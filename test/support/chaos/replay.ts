// Replay: the whole journal of a log folded again from its first record, without states and without a cache.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { memoryCache } from '../../../adapters/memory/cache.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import { CachedStates } from '../../../system/partition/cached-states.ts'
import { encodeEntity, isBlank } from '../../../system/partition/entity.ts'
import { recover } from '../../../system/partition/recovery.ts'
import { planSystem } from '../../../system/partition/topology.ts'
import type { Log } from '../../../system/ports/log.ts'
import { utf8Encode } from '../../../system/protocol/utf8.ts'
import { SILENT } from './cluster.ts'
import type { LogDump } from './dump.ts'
import type { Variant } from './variant.ts'
import { workloadSystem } from './workload.ts'

export interface Replay {
  readonly records: number
  readonly entities: number
  /** What is not as it was: hashes of outputs, bytes of states. */
  readonly differences: readonly string[]
}

/** Compares a full replay with what the log holds. The log was drained: its newest states are its last ones. */
export async function replayAll(log: Log, dump: LogDump, variant: Variant): Promise<Replay> {
  const differences: string[] = []
  let records = 0
  let entities = 0
  for (const plan of planSystem(workloadSystem(variant)).values()) {
    for (let partition = 0; partition < plan.partitions; partition += 1) {
      const at = `${plan.group}/${partition}`
      const states = new CachedStates({ log, cache: memoryCache(), codec: cborCodec, clock: systemClock, telemetry: SILENT }, plan, partition)
      const recovery = await recover({ log, codec: cborCodec, plan, partition, states, telemetry: SILENT, fromStart: true })
      if (recovery.kind !== 'recovered') {
        differences.push(`${at}: ${recovery.reason}`)
        continue
      }
      records += recovery.folded.length
      for (const seq of recovery.rebased) differences.push(`${at}: the outputs of seq ${seq} have another hash`)
      const stored = new Map((dump.topics.get(plan.state)?.[partition] ?? []).map((record) => [String(record.key), record.value]))
      for (const entity of recovery.memory.entities.values()) {
        const bytes = isBlank(entity) ? undefined : encodeEntity(cborCodec, plan.definition, entity)
        const found = stored.get(String(utf8Encode(entity.id))) ?? undefined
        entities += 1
        if (String(bytes) !== String(found)) differences.push(`${at}: the state of '${entity.id}' has other bytes`)
      }
    }
  }
  return { records, entities, differences }
}
