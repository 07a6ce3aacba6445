// Value words: what stands in a record, for programs that know text and JSON alone.
import { utf8Decode } from '../protocol/utf8.ts'

/** The value as text; undefined: it is none. */
export function readableText(value: Uint8Array): string | undefined {
  const text = utf8Decode(value)
  return text === undefined || /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text
}

export function hexText(value: Uint8Array): string {
  return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function valueObject(value: Uint8Array | null): { readonly text: string } | { readonly hex: string } | null {
  if (value === null) return null
  const text = readableText(value)
  return text === undefined ? { hex: hexText(value) } : { text }
}
