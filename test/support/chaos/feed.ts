// Feed: source records of the workload into a log, in chunks, and the ends of the sources.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { encodeSourceControl, SOURCE_CONTROL_HEADER } from '../../../system/partition/envelope.ts'
import type { Log } from '../../../system/ports/log.ts'
import { partitionOf } from '../../../system/protocol/murmur2.ts'
import type { OutRecord } from '../../../system/protocol/record.ts'
import type { SourceRecord } from './sources.ts'

export function outRecord(record: SourceRecord, partitions: number): OutRecord {
  return { topic: record.topic, partition: partitionOf(record.key, partitions), key: record.key, value: record.value, headers: [], timestampMs: record.timeMs }
}

/** What says that a source has ended, one record for each partition. */
export function endRecords(topics: readonly string[], partitions: number): readonly OutRecord[] {
  const value = encodeSourceControl(cborCodec, { watermark: Infinity })
  return topics.flatMap((topic) => Array.from({ length: partitions }, (_, partition): OutRecord => ({ topic, partition, key: null, value: null, headers: [[SOURCE_CONTROL_HEADER, value]], timestampMs: 0 })))
}

export class FeedFailed extends TypeError {
  override readonly name = 'FeedFailed'
}

export async function appendAll(log: Log, records: readonly OutRecord[]): Promise<void> {
  const outcome = await log.append(records)
  if (outcome.kind !== 'done') throw new FeedFailed(outcome.reason)
}
