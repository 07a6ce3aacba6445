// Bundle: what is said to another thread at one moment, as one message. A message costs both threads more than what is in it.
//
// B1. What is added keeps its order, and is posted as soon as `soon` runs what it is given.

/** Each head with its share of the bytes. */
export interface Bundle<Head> {
  readonly heads: readonly Head[]
  /** Where the bytes of each end. */
  readonly ends: readonly number[]
  readonly bytes: Uint8Array
}

const ROOM = 4096
/** More is not kept for the next. */
const ROOM_MAX = 1 << 20
const NONE = new Uint8Array(0)

export class Bundler<Head> {
  readonly #post: (bundle: Bundle<Head>) => void
  readonly #soon: (run: () => void) => void
  #heads: Head[] = []
  #ends: number[] = []
  #bytes = NONE
  #end = 0

  constructor(post: (bundle: Bundle<Head>) => void, soon: (run: () => void) => void) {
    this.#post = post
    this.#soon = soon
  }

  /** The bytes are copied. */
  add(head: Head, bytes: Uint8Array = NONE): void {
    if (this.#heads.length === 0) this.#soon(() => this.#flush())
    const end = this.#end + bytes.length
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(ROOM, 2 * end))
      larger.set(this.#bytes.subarray(0, this.#end))
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.#end)
    this.#end = end
    this.#heads.push(head)
    this.#ends.push(end)
  }

  #flush(): void {
    // What is posted is cloned with all of the memory behind it.
    const bundle = { heads: this.#heads, ends: this.#ends, bytes: this.#bytes.slice(0, this.#end) }
    this.#heads = []
    this.#ends = []
    this.#end = 0
    if (this.#bytes.length > ROOM_MAX) this.#bytes = NONE
    this.#post(bundle)
  }
}

export function unbundle<Head>({ heads, ends, bytes }: Bundle<Head>, take: (head: Head, bytes: Uint8Array) => void): void {
  for (const [at, head] of heads.entries()) take(head, bytes.subarray(ends[at - 1] ?? 0, ends[at]))
}
