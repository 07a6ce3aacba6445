// Writes the primitive types of Kafka's protocol. Source: the protocol guide, Protocol Primitive Types; `compact` and tagged fields are of flexible versions.

const CHUNK_BYTES = 256
/** Larger ones are taken as they are, not copied: batches of records. */
const COPIED_BYTES_MAX = 1024
const UUID_BYTES = 16

export class Writer {
  #pieces: Buffer[] = []
  #open = Buffer.allocUnsafe(CHUNK_BYTES)
  #at = 0

  static create(): Writer {
    return new Writer()
  }

  /** What was written, in order. */
  get buffers(): readonly Buffer[] {
    return [...this.#pieces, this.#open.subarray(0, this.#at)]
  }

  get buffer(): Buffer {
    return Buffer.concat(this.buffers)
  }

  append(bytes: Buffer): this {
    if (bytes.length > COPIED_BYTES_MAX) {
      this.#pieces.push(this.#open.subarray(0, this.#at), bytes)
      this.#open = Buffer.allocUnsafe(CHUNK_BYTES)
      this.#at = 0
      return this
    }
    const at = this.#take(bytes.length)
    bytes.copy(this.#open, at)
    return this
  }

  appendInt8(value: number): this {
    const at = this.#take(1)
    this.#open.writeInt8(value, at)
    return this
  }

  appendInt16(value: number): this {
    const at = this.#take(2)
    this.#open.writeInt16BE(value, at)
    return this
  }

  appendInt32(value: number): this {
    const at = this.#take(4)
    this.#open.writeInt32BE(value, at)
    return this
  }

  appendInt64(value: bigint): this {
    const at = this.#take(8)
    this.#open.writeBigInt64BE(value, at)
    return this
  }

  appendBoolean(value: boolean): this {
    return this.appendInt8(value ? 1 : 0)
  }

  /** Up to 2^32 - 1. */
  appendUnsignedVarInt(value: number): this {
    let left = value >>> 0
    for (; left >= 0x80; left >>>= 7) {
      const at = this.#take(1)
      this.#open[at] = (left & 0x7f) | 0x80
    }
    const at = this.#take(1)
    this.#open[at] = left
    return this
  }

  appendString(value: string | null, compact = true): this {
    if (value === null) return compact ? this.appendUnsignedVarInt(0) : this.appendInt16(-1)
    const bytes = Buffer.from(value)
    return (compact ? this.appendUnsignedVarInt(bytes.length + 1) : this.appendInt16(bytes.length)).append(bytes)
  }

  appendBytes(value: Buffer | null, compact = true): this {
    if (value === null) return compact ? this.appendUnsignedVarInt(0) : this.appendInt32(-1)
    return (compact ? this.appendUnsignedVarInt(value.length + 1) : this.appendInt32(value.length)).append(value)
  }

  /** Null: none. Throws RangeError for what is no UUID. */
  appendUuid(value: string | null): this {
    if (value === null) return this.append(Buffer.alloc(UUID_BYTES))
    const bytes = Buffer.from(value.replaceAll('-', ''), 'hex')
    if (bytes.length !== UUID_BYTES) throw new RangeError(`'${value}' is no UUID`)
    return this.append(bytes)
  }

  /** Of structs, which end with tagged fields; `appendItems` for what has none. */
  appendArray<T>(values: readonly T[] | null, appendEach: (writer: this, value: T) => unknown): this {
    return this.appendItems(values, (writer, value) => {
      appendEach(writer, value)
      this.appendTaggedFields()
    })
  }

  appendItems<T>(values: readonly T[] | null, appendEach: (writer: this, value: T) => unknown, compact = true): this {
    if (values === null) return compact ? this.appendUnsignedVarInt(0) : this.appendInt32(-1)
    if (compact) this.appendUnsignedVarInt(values.length + 1)
    else this.appendInt32(values.length)
    for (const value of values) appendEach(this, value)
    return this
  }

  /** None: this client has nothing to say in them. */
  appendTaggedFields(): this {
    return this.appendUnsignedVarInt(0)
  }

  /** Room for some bytes, and where it is. */
  #take(bytes: number): number {
    if (this.#at + bytes > this.#open.length) {
      this.#pieces.push(this.#open.subarray(0, this.#at))
      this.#open = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, bytes))
      this.#at = 0
    }
    const at = this.#at
    this.#at += bytes
    return at
  }
}
