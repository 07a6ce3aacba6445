// What members of a group tell each other through it: plain data, as the user data of their subscriptions and assignments.
import { utf8Decode, utf8Encode } from '../protocol/utf8.ts'

export const packed = (data: object): Uint8Array => utf8Encode(JSON.stringify(data))

/** A member of another assigner, or of another version, leaves out what we say: it is read as nothing. */
export function unpacked<T extends object>(bytes: Uint8Array | null | undefined): Partial<T> {
  try {
    const value: unknown = JSON.parse(utf8Decode(bytes ?? new Uint8Array()) ?? '')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
