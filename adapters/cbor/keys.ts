// Keys seen before: objects of one kind repeat theirs, and finding a text is cheaper than making it again.
//
// K1. A find compares every byte; a wrong guess costs time only. The table never grows.

const SLOTS = 1024
const KEY_BYTES_MAX = 32

export class KeyCache {
  readonly #texts: (string | undefined)[] = Array.from({ length: SLOTS })

  /** The key that these bytes are, if it is kept. */
  find(bytes: Uint8Array, at: number, length: number): string | undefined {
    if (length > KEY_BYTES_MAX) return undefined
    const text = this.#texts[slotOf(bytes, at, length)]
    if (text === undefined || text.length !== length) return undefined
    for (let index = 0; index < length; index += 1) if (text.charCodeAt(index) !== bytes[at + index]) return undefined
    return text
  }

  /** Keeps `text` if its bytes are ASCII, and returns it. */
  kept(bytes: Uint8Array, at: number, length: number, text: string): string {
    if (length <= KEY_BYTES_MAX && text.length === length) this.#texts[slotOf(bytes, at, length)] = text
    return text
  }
}

function slotOf(bytes: Uint8Array, at: number, length: number): number {
  let hash = length
  for (let index = at; index < at + length; index += 1) hash = (Math.imul(hash, 31) + (bytes[index] as number)) | 0
  return (hash ^ (hash >>> 10)) & (SLOTS - 1)
}
