// Text: numbers, times and tables as people read them. The same on every machine: no locale, UTC.

/** 1234567 -> 1,234,567. */
export function grouped(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 event`, `2,000 events`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

/** 1234567 -> 1.23 M. */
export function short(value: number): string {
  if (value >= 999_950_000) return `${(value / 1e9).toFixed(2)} G`
  if (value >= 999_950) return `${(value / 1e6).toFixed(2)} M`
  if (value >= 9_999.5) return `${(value / 1e3).toFixed(1)} k`
  return grouped(value)
}

export function bytes(value: number): string {
  if (value >= 1 << 30) return `${(value / (1 << 30)).toFixed(1)} GB`
  if (value >= 1 << 20) return `${Math.round(value / (1 << 20))} MB`
  return value >= 1 << 10 ? `${Math.round(value / (1 << 10))} KB` : `${value} B`
}

export function milliseconds(ms: number): string {
  return ms >= 10_000 ? `${Math.round(ms / 1000)} s` : ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`
}

export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** ISO 8601 in UTC, without what is zero at the end. */
export function time(ms: number): string {
  if (ms === Infinity) return 'the end'
  if (ms === -Infinity) return 'nothing yet'
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString().replace('.000Z', 'Z')
}

/** coolingOff -> cooling off; the configuration of a machine without states is '', and it runs. */
export function spaced(name: string): string {
  if (name === '') return 'running'
  return name.replace(/(?<=[a-z])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`)
}

/** Names with their counts, largest first: `normal 98,112 · blocked 241`. */
export function counts(entries: Iterable<readonly [string, number]>): string {
  return [...entries].filter(([, count]) => count !== 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name, count]) => `${name} ${grouped(count)}`).join(' · ')
}

/** Cells in columns, two spaces between them; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)))
  return rows.map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('  ').trimEnd())
}

/** One line, cut with an ellipsis. Control characters become dots, so that hostile text cannot steer a terminal. */
export function line(text: string, lengthMax: number): string {
  return cut(printable(text.replace(/\s+/g, ' ')), lengthMax)
}

/** At most so long, cut with an ellipsis; columns stay where they are. */
export function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, Math.max(1, lengthMax - 1))}…`
}

/** Control characters (line ends and tabs excepted) become dots. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '·')
}

/** JSON as it is, but what could steer a terminal stands as an escape, which JSON reads as the same character. */
export function exactJson(json: string): string {
  return json.replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Offset, hex and text, 16 bytes a line. */
export function hexDump(data: Uint8Array, bytesMax: number): readonly string[] {
  const lines: string[] = []
  for (let at = 0; at < Math.min(data.length, bytesMax); at += 16) {
    const some = data.subarray(at, Math.min(at + 16, bytesMax))
    const hex = [...some].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = [...some].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${text}`)
  }
  if (data.length > bytesMax) lines.push(`... ${grouped(data.length - bytesMax)} bytes more`)
  return lines
}
