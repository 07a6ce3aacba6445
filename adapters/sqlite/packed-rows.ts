// Packed rows: many rows of a topic partition as one row, because each value handed out of SQLite costs more than its bytes.
//
// Numbers are joined as text, a text for each column; bytes are laid end to end. Gluing reads bytes as text and back, which changes nothing: the
// database is in UTF-8 and SQLite does not look at what it glues.
type Bytes = Uint8Array | null
export type Row = readonly [offset: number, timestampMs: number, key: Bytes, value: Bytes, headers: Bytes, largeBytes: number | null]

/** Columns of a query over rows in offset order. Values of more than `inlineMax` bytes are left out. */
export function packedColumns(inlineMax: number): string {
  const numbers = ['offset', 'timestamp', ...['key', 'value', 'headers'].map((column) => `ifnull(length(${column}), -1)`)]
  const bytes = ['key', `CASE WHEN length(value) > ${inlineMax} THEN NULL ELSE value END`, 'headers']
  return [...numbers.map((column) => `group_concat(${column})`), ...bytes.map((column) => `CAST(group_concat(${column}, '') AS BLOB)`)].join(', ')
}

type Packed = readonly [offsets: string | null, timestamps: string, keyLengths: string, valueLengths: string, headersLengths: string, keys: Bytes, values: Bytes, headers: Bytes]

/** The rows. Undefined when a time stands there that its text may not tell exactly; no producer of ours writes one. */
export function unpackRows(packed: unknown, inlineMax: number): readonly Row[] | undefined {
  const [offsets, timestamps, keyLengths, valueLengths, headersLengths, keys, values, headers] = packed as Packed
  if (offsets === null) return []
  if (timestamps.includes('.') || timestamps.includes('e')) return undefined
  const times = timestamps.split(',')
  const ofKeys = keyLengths.split(',')
  const ofValues = valueLengths.split(',')
  const ofHeaders = headersLengths.split(',')
  const rows: Row[] = []
  let keyAt = 0
  let valueAt = 0
  let headersAt = 0
  let index = 0
  for (const offset of offsets.split(',')) {
    const keyLength = Number(ofKeys[index])
    const valueLength = Number(ofValues[index])
    const headersLength = Number(ofHeaders[index])
    const isLarge = valueLength > inlineMax
    rows.push([
      Number(offset), Number(times[index]), cut(keys, keyAt, keyLength), isLarge ? null : cut(values, valueAt, valueLength), cut(headers, headersAt, headersLength),
      isLarge ? valueLength : null,
    ])
    keyAt += Math.max(0, keyLength)
    if (!isLarge) valueAt += Math.max(0, valueLength)
    headersAt += Math.max(0, headersLength)
    index += 1
  }
  return rows
}

const EMPTY = new Uint8Array()

function cut(bytes: Bytes, from: number, length: number): Bytes {
  if (length === -1) return null
  return length === 0 || bytes === null ? EMPTY : bytes.subarray(from, from + length)
}
