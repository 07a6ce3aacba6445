// Blocks: records of a topic partition that were written together stand in one row, as frames end to end (`frames.ts`): a row for each would be most of
// what writing and reading costs. Topics that are compacted keep a row for each record.
//
// B1. A block's records have the offsets from its own on, without gaps. It ends before it would be larger than BLOCK_BYTES_MAX, unless it is one record.
// B2. `timestamp` is the latest of its records.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LogRecord } from '../../system/protocol/record.ts'
import { recordBytes } from '../../system/membership/poll.ts'
import type { ReadOptions } from '../../system/ports/log.ts'
import { equalBytes } from '../../system/protocol/utf8.ts'
import { frameEnd, frameTimestamp, recordIn } from './frames.ts'

export const blocksTable = (tp: number): string => `blocks_${tp}`

export const BLOCKS_COLUMNS = 'offset INTEGER PRIMARY KEY, count INTEGER NOT NULL, timestamp INTEGER NOT NULL, frames BLOB NOT NULL'

const BLOCK_BYTES_MAX = 64 * 1024
/** Blocks above this, of one record, are fetched only when they are wanted. */
const INLINE_BYTES_MAX = 2 * BLOCK_BYTES_MAX
/** Rows fetched at once. */
const ROWS_MAX = 64

export type WriteBlock = (tp: number, count: number, timestampMs: number, frames: Uint8Array) => void

interface Open {
  readonly tp: number
  /** From and to, by turns; frames that stand together are one piece. */
  readonly pieces: number[]
  bytes: number
  count: number
  timestampMs: number
}

/** Frames of one pack, in any order of topic partitions, into blocks. */
export class BlockMaker {
  readonly #packed: Uint8Array
  readonly #write: WriteBlock
  readonly #open = new Map<number, Open>()
  #last: Open | undefined

  constructor(packed: Uint8Array, write: WriteBlock) {
    this.#packed = packed
    this.#write = write
  }

  add(tp: number, timestampMs: number, from: number, to: number): void {
    let open = this.#last?.tp === tp ? this.#last : this.#open.get(tp)
    if (open !== undefined && open.bytes + to - from > BLOCK_BYTES_MAX) {
      this.#close(open)
      open = undefined
    }
    if (open === undefined) {
      open = { tp, pieces: [], bytes: 0, count: 0, timestampMs }
      this.#open.set(tp, open)
    }
    const { pieces } = open
    if (pieces.at(-1) === from) pieces[pieces.length - 1] = to
    else pieces.push(from, to)
    open.bytes += to - from
    open.count += 1
    if (timestampMs > open.timestampMs) open.timestampMs = timestampMs
    this.#last = open
  }

  end(): void {
    for (const open of this.#open.values()) this.#close(open)
  }

  #close({ tp, pieces, bytes, count, timestampMs }: Open): void {
    this.#open.delete(tp)
    const [from = 0, to = 0] = pieces
    this.#write(tp, count, timestampMs, pieces.length === 2 ? this.#packed.subarray(from, to) : joined(this.#packed, pieces, bytes))
  }
}

function joined(packed: Uint8Array, pieces: readonly number[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (let index = 0; index < pieces.length; index += 2) {
    const piece = packed.subarray(pieces[index], pieces[index + 1])
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

type Row = readonly [offset: number, count: number, frames: Uint8Array | null, bytes: number]

/** What a read has found, and where it ended. */
interface Found {
  readonly records: LogRecord[]
  bytes: number
}

/** Reads one topic partition. */
export class BlockReader {
  readonly #range: StatementSync
  readonly #frames: StatementSync
  readonly #since: StatementSync
  /** Records in a block, of late: how many blocks a read will want. */
  #density = 1

  constructor(db: DatabaseSync, tp: number) {
    const table = blocksTable(tp)
    const columns = `offset, count, CASE WHEN length(frames) > ${INLINE_BYTES_MAX} THEN NULL ELSE frames END, length(frames)`
    this.#range = db.prepare(`SELECT ${columns} FROM ${table} WHERE offset >= coalesce((SELECT offset FROM ${table} WHERE offset <= ?1 ORDER BY offset DESC LIMIT 1), ?1) AND offset < ?2 ORDER BY offset LIMIT ?3`)
    this.#frames = db.prepare(`SELECT frames FROM ${table} WHERE offset = ?`)
    this.#since = db.prepare(`SELECT offset, count, frames, 0 FROM ${table} WHERE timestamp >= ?1 AND offset + count > ?2 ORDER BY offset LIMIT 1`)
    for (const statement of [this.#range, this.#since]) statement.setReturnArrays(true)
  }

  /** Records of [from, until) into a list; answers where it ended: at `until`, or before a record that is more than is wanted. */
  read(from: number, until: number, options: ReadOptions, records: LogRecord[]): number {
    const found: Found = { records, bytes: 0 }
    for (let at = from; at < until;) {
      const wanted = Math.min(ROWS_MAX, Math.ceil((options.recordsMax - records.length + 1) / this.#density) + 1, Math.ceil(Math.max(0, options.bytesMax - found.bytes) / BLOCK_BYTES_MAX) + 2)
      const rows = this.#range.all(at, until, wanted) as unknown as readonly Row[]
      for (const row of rows) {
        const end = this.#take(row, at, until, options, found)
        if (end !== undefined) return end
        at = row[0] + row[1]
        this.#density = row[1]
      }
      if (rows.length < wanted) return until
    }
    return until
  }

  /** Undefined: all of the row that is wanted was taken. */
  #take([offset, count, inline, bytes]: Row, from: number, until: number, options: ReadOptions, found: Found): number | undefined {
    const { records } = found
    if (inline === null && records.length > 0 && found.bytes + bytes > options.bytesMax) return offset
    const frames = inline ?? this.#large(offset)
    // Retention took it since.
    if (frames === undefined) return undefined
    const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength)
    let at = 0
    for (let next = offset; next < offset + count && next < until; next += 1) {
      const frame = at
      at = frameEnd(view, at)
      if (next < from) continue
      const record = recordIn(frames, view, frame, next)
      if (options.key !== undefined && (record.key === null || !equalBytes(record.key, options.key))) continue
      found.bytes += recordBytes(record)
      const isFull = found.bytes > options.bytesMax || records.length === options.recordsMax
      if (isFull && (records.length > 0 || options.recordsMax === 0)) return next
      records.push(record)
    }
    return undefined
  }

  #large(offset: number): Uint8Array | undefined {
    return this.#frames.get(offset)?.['frames'] as Uint8Array | undefined
  }

  /** Offset of the first record from `start` on that is not older than a time; undefined: there is none. */
  since(timeMs: number, start: number): number | undefined {
    for (let from = start; ;) {
      const row = this.#since.get(timeMs, from) as unknown as Row | undefined
      if (row === undefined) return undefined
      const [offset, count, frames] = row
      const { buffer, byteOffset, byteLength } = frames as Uint8Array
      const view = new DataView(buffer, byteOffset, byteLength)
      let at = 0
      for (let next = offset; next < offset + count; next += 1) {
        if (next >= start && frameTimestamp(view, at) >= timeMs) return next
        at = frameEnd(view, at)
      }
      // Its latest record stands before the start.
      from = offset + count
    }
  }
}
