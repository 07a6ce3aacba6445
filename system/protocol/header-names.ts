// Header names as bytes. The same few stand in every record.
import { utf8Encode } from './utf8.ts'

/** Names of foreign records beyond this are encoded anew each time. */
const NAMES_MAX = 256
const names = new Map<string, Uint8Array>()

/** The name in UTF-8; not to be changed. */
export function headerNameBytes(name: string): Uint8Array {
  const known = names.get(name)
  if (known !== undefined) return known
  const bytes = utf8Encode(name)
  if (names.size < NAMES_MAX) names.set(name, bytes)
  return bytes
}
