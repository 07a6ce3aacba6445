// Readable JSON: plain data for people and for programs that know JSON alone.

/** Loses nothing that its readers would miss: bytes, bigints and what is no finite number stand as text. */
export function readableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, one: unknown) => readable(one), indent) ?? 'undefined'
}

function readable(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value instanceof Map) return Object.fromEntries(value)
  if (value instanceof Float64Array) return [...value]
  return value instanceof Uint8Array ? `0x${[...value.subarray(0, 64)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}${value.length > 64 ? `... (${value.length} bytes)` : ''}` : value
}
