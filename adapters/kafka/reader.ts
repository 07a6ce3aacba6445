// Reads the primitive types of Kafka's protocol, where they stand. Source: the protocol guide, Protocol Primitive Types.
//
// R1. Nothing is read behind the end: a RangeError instead, also for a length that no answer can have.

const VARINT_BYTES_MAX = 5
const UUID_BYTES = 16
const EMPTY = Buffer.alloc(0)

export class Reader {
  readonly #bytes: Buffer
  #at = 0

  static from(bytes: Buffer): Reader {
    return new Reader(bytes)
  }

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  skip(bytes: number): this {
    this.#take(bytes)
    return this
  }

  /** The next bytes, not copied. */
  read(bytes: number): Buffer {
    const at = this.#take(bytes)
    return this.#bytes.subarray(at, at + bytes)
  }

  readInt8(): number {
    return this.#bytes.readInt8(this.#take(1))
  }

  readInt16(): number {
    return this.#bytes.readInt16BE(this.#take(2))
  }

  readInt32(): number {
    return this.#bytes.readInt32BE(this.#take(4))
  }

  readInt64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8))
  }

  readBoolean(): boolean {
    return this.readInt8() !== 0
  }

  readUnsignedVarInt(): number {
    let value = 0
    for (let read = 0; read < VARINT_BYTES_MAX; read += 1) {
      const byte = this.#bytes[this.#take(1)] as number
      value |= (byte & 0x7f) << (7 * read)
      if (byte < 0x80) return value >>> 0
    }
    throw new RangeError('a number of more than five bytes')
  }

  readNullableString(compact = true): string | null {
    const length = compact ? this.readUnsignedVarInt() - 1 : this.readInt16()
    if (length < 0) return null
    const at = this.#take(length)
    return this.#bytes.toString('utf8', at, at + length)
  }

  /** None is empty. */
  readString(compact = true): string {
    return this.readNullableString(compact) ?? ''
  }

  /** None is empty. */
  readBytes(compact = true): Buffer {
    const length = compact ? this.readUnsignedVarInt() - 1 : this.readInt32()
    return length <= 0 ? EMPTY : this.read(length)
  }

  readUuid(): string {
    const hex = this.read(UUID_BYTES).toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  /** Of structs, which end with tagged fields; `readItems` for what has none. None is empty. */
  readArray<T>(readEach: (reader: this) => T): T[] {
    return this.readItems((reader) => {
      const item = readEach(reader)
      this.readTaggedFields()
      return item
    })
  }

  readItems<T>(readEach: (reader: this) => T, compact = true): T[] {
    const length = compact ? this.readUnsignedVarInt() - 1 : this.readInt32()
    // Each takes a byte at least (R1).
    if (length > this.remaining) throw new RangeError(`${length} items in ${this.remaining} bytes`)
    const items: T[] = []
    for (let index = 0; index < length; index += 1) items.push(readEach(this))
    return items
  }

  /** Passes over them. */
  readTaggedFields(): void {
    for (let left = this.readUnsignedVarInt(); left > 0; left -= 1) {
      this.readUnsignedVarInt()
      this.skip(this.readUnsignedVarInt())
    }
  }

  /** Where the next bytes stand (R1). */
  #take(bytes: number): number {
    if (bytes > this.remaining) throw new RangeError(`${bytes} bytes where ${this.remaining} are left`)
    const at = this.#at
    this.#at += bytes
    return at
  }
}
