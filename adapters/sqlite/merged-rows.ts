// Merged rows: the first rows of several sequences that are each in the order of their ids, without reading any of them to its end.
//
// R1. Of each sequence some rows are read, of all together so many as are asked for; then twice as many of those that may have more of the first rows, and so on.
import { compareBytes } from '../../system/protocol/utf8.ts'

type WithId = readonly [id: Uint8Array, ...rest: readonly unknown[]]

/** `read`: at most so many rows of a sequence, behind an id. */
export function mergedRows<T extends WithId>(names: ReadonlySet<string>, after: Uint8Array, rowsMax: number, read: (name: string, behind: Uint8Array, most: number) => readonly T[]): readonly T[] {
  let found: T[] = []
  /** Where those go on that may have more. */
  const open = new Map([...names].map((name) => [name, after]))
  for (let most = Math.ceil(rowsMax / Math.max(1, names.size)); ; most = Math.min(rowsMax, most * 2)) {
    const last = found[rowsMax - 1]?.[0]
    const wanted = [...open].filter(([, behind]) => last === undefined || compareBytes(behind, last) < 0)
    if (wanted.length === 0) return found
    for (const [name, behind] of wanted) {
      const rows = read(name, behind, most)
      found.push(...rows)
      const end = rows.at(-1)
      if (end === undefined || rows.length < most) open.delete(name)
      else open.set(name, end[0])
    }
    found = found.sort(([a], [b]) => compareBytes(a, b)).slice(0, rowsMax)
  }
}
