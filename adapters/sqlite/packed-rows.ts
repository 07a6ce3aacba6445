// Packed rows: many rows of a topic partition as one row, because each value handed out of SQLite costs more than its bytes.
//
// Numbers are joined as text, bytes are laid end to end. Gluing reads bytes as text and back, which changes nothing: the database is in UTF-8
// and SQLite does not look at what it glues.
type Bytes = Uint8Array | null
export type Row = readonly [offset: number, timestampMs: number, key: Bytes, value: Bytes, headers: Bytes, largeBytes: number | null]

/** Numbers per row: offset, timestamp, lengths of key, value and headers (-1: null), length of a value that is left out (-1: it is not). */
const NUMBERS = 6

/** Columns of a query over rows in offset order. Values of more than `inlineMax` bytes are left out. */
export function packedColumns(inlineMax: number): string {
  const isLarge = `length(value) > ${inlineMax}`
  const numbers = ['offset', 'timestamp', 'ifnull(length(key), -1)', `CASE WHEN ${isLarge} THEN -1 ELSE ifnull(length(value), -1) END`, 'ifnull(length(headers), -1)', `CASE WHEN ${isLarge} THEN length(value) ELSE -1 END`]
  const bytes = ['key', `CASE WHEN ${isLarge} THEN NULL ELSE value END`, 'headers']
  return [`group_concat(${numbers.join(" || ',' || ")})`, ...bytes.map((column) => `CAST(group_concat(${column}, '') AS BLOB)`)].join(', ')
}

/** The rows. Undefined when a number stands there that its text may not tell exactly; no producer of ours writes one. */
export function unpackRows(packed: unknown): readonly Row[] | undefined {
  const [numbers, keys, values, headers] = packed as readonly [string | null, Bytes, Bytes, Bytes]
  if (numbers === null) return []
  if (numbers.includes('.') || numbers.includes('e')) return undefined
  const parts = numbers.split(',')
  const rows: Row[] = []
  let keyAt = 0
  let valueAt = 0
  let headersAt = 0
  for (let at = 0; at < parts.length; at += NUMBERS) {
    const keyLength = Number(parts[at + 2])
    const valueLength = Number(parts[at + 3])
    const headersLength = Number(parts[at + 4])
    const largeBytes = Number(parts[at + 5])
    rows.push([Number(parts[at]), Number(parts[at + 1]), cut(keys, keyAt, keyLength), cut(values, valueAt, valueLength), cut(headers, headersAt, headersLength), largeBytes === -1 ? null : largeBytes])
    keyAt += Math.max(0, keyLength)
    valueAt += Math.max(0, valueLength)
    headersAt += Math.max(0, headersLength)
  }
  return rows
}

const EMPTY = new Uint8Array()

function cut(bytes: Bytes, from: number, length: number): Bytes {
  if (length === -1) return null
  return length === 0 || bytes === null ? EMPTY : bytes.subarray(from, from + length)
}
