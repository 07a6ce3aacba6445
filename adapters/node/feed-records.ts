// Feed records: what a scenario says happens, as records of source topics.
import { OperationError } from '../../system/protocol/failures.ts'
import { partitionOf } from '../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../system/protocol/utf8.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import type { Codec } from '../../system/ports/codec.ts'
import type { FeedBytes, FeedEvent, FeedItem, FeedPromise } from '../../system/authoring/scenario.ts'
import type { SourceFormat } from '../../system/authoring/definition.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import { encodeSourceControl, SOURCE_CONTROL_HEADER } from '../../system/partition/envelope.ts'

export function isPromise(item: FeedItem): item is FeedPromise {
  return 'watermarkMs' in item
}

function isBytes(item: FeedEvent | FeedBytes): item is FeedBytes {
  return !('event' in item)
}

export class FeedEncoder {
  readonly #codec: Codec
  readonly #partitions: number
  readonly #formats: ReadonlyMap<string, SourceFormat>
  /** Promises have no time of their own; the log wants one that does not go back. */
  #lastMs = 0

  constructor(system: SystemDefinition, codec: Codec) {
    this.#codec = codec
    this.#partitions = system.partitions
    this.#formats = new Map(system.actors.flatMap((actor) => actor.sources.map((source): [string, SourceFormat] => [source.topic, source.format])))
  }

  /** A promise becomes one record for each partition of its topic. Throws OperationError for a topic that no actor reads. */
  records(item: FeedItem): readonly OutRecord[] {
    const format = this.#formats.get(item.topic)
    if (format === undefined) throw new OperationError('feed/topic', `the scenario feeds topic '${item.topic}', which no actor type reads. Sources: ${[...this.#formats.keys()].join(', ')}.`)
    if (isPromise(item)) return this.#promise(item)
    this.#lastMs = item.timeMs
    const key = isBytes(item) ? item.key : utf8Encode(item.key)
    const value = isBytes(item) ? item.value : this.#encode(item.topic, format, item.event)
    const partition = key === null ? 0 : partitionOf(key, this.#partitions)
    return [{ topic: item.topic, partition, key, value, headers: [], timestampMs: item.timeMs }]
  }

  #encode(topic: string, format: SourceFormat, event: FeedEvent['event']): Uint8Array {
    if (format === 'bytes') throw new OperationError('feed/format', `the scenario feeds an event to topic '${topic}', whose values are bytes. Feed { key, value } instead, both as bytes.`)
    return format === 'json' ? utf8Encode(JSON.stringify(event)) : this.#codec.encode(event)
  }

  #promise({ topic, watermarkMs }: FeedPromise): readonly OutRecord[] {
    const control = encodeSourceControl(this.#codec, { watermark: watermarkMs })
    return Array.from({ length: this.#partitions }, (_, partition) => ({ topic, partition, key: null, value: null, headers: [[SOURCE_CONTROL_HEADER, control] as const], timestampMs: this.#lastMs }))
  }
}
