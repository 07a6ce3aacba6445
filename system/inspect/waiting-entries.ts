// Waiting entries: what an entity took, and nobody was given for good yet.
//
// Owns: the newest of it, KEPT_MAX entries or KEPT_BYTES_MAX of their JSON, the newest one whatever its size.
import { readableJson } from '../protocol/readable-json.ts'
import { isEarlier } from './history.ts'
import type { HistoryEntry, HistoryPlace } from './history.ts'

const KEPT_MAX = 1000
const KEPT_BYTES_MAX = 8 << 20

export class WaitingEntries {
  #kept: readonly { readonly entry: HistoryEntry; readonly bytes: number }[] = []
  #pushedOutSeq = -1

  /** Oldest first. */
  get entries(): readonly HistoryEntry[] {
    return this.#kept.map(({ entry }) => entry)
  }

  /** Newest commit of which something had to make room. */
  get pushedOutSeq(): number {
    return this.#pushedOutSeq
  }

  add(entries: readonly HistoryEntry[]): void {
    if (entries.length === 0) return
    const kept = [...this.#kept, ...entries.map((entry) => ({ entry, bytes: bytesOf(entry) }))]
    let bytes = kept.reduce((sum, one) => sum + one.bytes, 0)
    let from = 0
    while (from < kept.length - 1 && (kept.length - from > KEPT_MAX || bytes > KEPT_BYTES_MAX)) bytes -= kept[from++]?.bytes ?? 0
    this.#pushedOutSeq = kept[from - 1]?.entry.seq ?? this.#pushedOutSeq
    this.#kept = kept.slice(from)
  }

  /** What is no later than this was given. */
  letGo(upTo: HistoryPlace): void {
    this.#kept = this.#kept.filter(({ entry }) => isEarlier(upTo, entry))
  }
}

const bytesOf = ({ event, context, effects, rows }: HistoryEntry): number => readableJson([event, context, effects, rows]).length
