// Replies: what commands were answered of late, for callers that ask after their entity has forgotten it: one batch may hold more commands of an entity than it remembers.
//
// Owns: no truth. What is kept here was committed; it may be gone at any moment, with the process or by the bounds.
//
// R1. At most REPLIES_BYTES_MAX bytes are kept, for REPLIES_MS_MAX; the oldest goes first.
import { REPLIES_BYTES_MAX, REPLIES_MS_MAX } from '../protocol/limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { CommandReply } from '../partition/batch.ts'

interface Kept {
  readonly bytes: Uint8Array
  readonly sum: number | undefined
  readonly atMs: number
  readonly size: number
}

/** Of a name and what stands around it, bytes. */
const ENTRY_BYTES = 200

export class Replies {
  readonly #codec: Codec
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  constructor(codec: Codec, clock: Clock) {
    this.#codec = codec
    this.#clock = clock
  }

  /** Of a commit that was done. */
  keep(type: string, replies: readonly CommandReply[]): void {
    const atMs = this.#clock.monotonicMs()
    for (const { entity, command, value, sum, refused } of replies) {
      if (refused !== undefined) continue
      const name = nameOf(type, entity, command)
      // Its own bytes: what the codec gives may stand in a larger buffer.
      const bytes = new Uint8Array(this.#codec.encode(value))
      const size = bytes.length + name.length * 2 + ENTRY_BYTES
      this.#drop(name)
      this.#kept.set(name, { bytes, sum, atMs, size })
      this.#bytes += size
    }
    for (const [name, { atMs: sinceMs }] of this.#kept) {
      if (this.#bytes <= REPLIES_BYTES_MAX && atMs - sinceMs <= REPLIES_MS_MAX) break
      this.#drop(name)
    }
  }

  /** To the command with this event; undefined: it is not known here. */
  to(type: string, entity: string, command: string, sum: number | undefined): unknown {
    const kept = this.#kept.get(nameOf(type, entity, command))
    if (kept === undefined || kept.sum !== sum) return undefined
    const decoded = this.#codec.decode(kept.bytes)
    return decoded.kind === 'ok' ? decoded.value : undefined
  }

  #drop(name: string): void {
    this.#bytes -= this.#kept.get(name)?.size ?? 0
    this.#kept.delete(name)
  }
}

/** Types have no blanks in their names, and an id follows its length: no two are one name. */
export const nameOf = (type: string, id: string, command: string): string => `${type} ${id.length} ${id} ${command}`
