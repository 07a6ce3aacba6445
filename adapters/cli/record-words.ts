// Record words: keys and values of records as people and programs read them.
import { parseEntityId } from '../../system/protocol/ids.ts'
import { utf8Decode } from '../../system/protocol/utf8.ts'
import { readableText } from '../../system/inspect/value-words.ts'
import type { LogRecord } from '../../system/protocol/record.ts'
import { cborCodec } from '../cbor/codec.ts'
import { jsonText, treeLines } from './entity-words.ts'
import type { Io } from './io.ts'
import { grouped, hexDump, line, printable } from './text.ts'

const SHOWN_BYTES_MAX = 2048

/** A value in full lines: text as it is, CBOR as data, and whatever is no text in hex. */
export function valueLines(value: Uint8Array | null, io: Io): readonly string[] {
  if (value === null) return ['the record has no value']
  const text = readableText(value)
  if (text !== undefined) {
    const cut = text.length > SHOWN_BYTES_MAX ? `${text.slice(0, SHOWN_BYTES_MAX)}… (${grouped(text.length - SHOWN_BYTES_MAX)} characters more; --json has what is kept)` : text
    return [io.paint('bold', 'value'), ...cut.split('\n').map((part) => `  ${printable(part)}`)]
  }
  const data = cborData(value)
  const lines = data === undefined ? [] : [io.paint('bold', 'value (CBOR)'), ...treeLines(data, Math.max(60, io.columns() - 2), 1), '']
  return [...lines, io.paint('bold', 'value (hex)'), ...hexDump(value, SHOWN_BYTES_MAX).map((part) => `  ${part}`)]
}

/** A value on one line: text as it is, CBOR as JSON, else its size. */
export function valueLine(value: Uint8Array | null, lengthMax: number): string {
  if (value === null) return '-'
  const text = readableText(value)
  if (text !== undefined) return line(text, lengthMax)
  const data = cborData(value)
  return data === undefined ? `${grouped(value.length)} bytes` : line(jsonText(data), lengthMax)
}

export function keyText({ key }: LogRecord): string {
  if (key === null) return 'none'
  const text = utf8Decode(key)
  return text === undefined ? jsonText(key) : parseEntityId(text) ?? line(text, 40)
}

function cborData(value: Uint8Array): object | undefined {
  const decoded = cborCodec.decode(value)
  return decoded.kind === 'ok' && typeof decoded.value === 'object' && decoded.value !== null ? decoded.value : undefined
}
