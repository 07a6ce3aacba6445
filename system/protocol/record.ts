// Records as every driver sees them. Offsets are integers below 2^53; gaps are legal (transaction markers, compaction).

export type Header = readonly [name: string, value: Uint8Array]

/** A record to be written. `key: null` spreads by the producer's choice; `value: null` is a tombstone in compacted topics. */
export interface OutRecord {
  readonly topic: string
  readonly partition: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
  /** Milliseconds since the epoch; the record's timestamp in the log. */
  readonly timestampMs: number
}

/** A record as read: where it stands is known from the read. */
export interface LogRecord {
  readonly offset: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
  readonly timestampMs: number
}

/** Records [from, to) of one topic partition. `to` may lie past the last record's offset + 1 (markers, compaction). */
export interface RecordRange {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly to: number
  readonly records: readonly LogRecord[]
}

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  /** Compacted topics keep the newest record of each key; others keep everything until retention. */
  readonly cleanup: 'delete' | 'compact'
}

/** The value of a header, or undefined. Header lists are short: a scan beats a map. */
export function headerOf(headers: readonly Header[], name: string): Uint8Array | undefined {
  for (const header of headers) if (header[0] === name) return header[1]
  return undefined
}
