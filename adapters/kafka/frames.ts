// Frames: what a broker sends, cut into answers. Source: the Kafka protocol guide, "a 4 byte length, then that many bytes".
//
// Owns: the bytes of the answer that is not whole yet.
//
// F1. An answer that came whole is shown where it stands; one that came in pieces is put together once.
// F2. A length that no answer has ends the stream: nothing behind it can be understood.

const LENGTH_BYTES = 4
/** An answer begins with the number of its request. */
const ANSWER_BYTES_MIN = 4

export class FrameLength extends TypeError {
  override readonly name = 'FrameLength'
}

export class Frames {
  readonly #bytesMax: number
  #pieces: Buffer[] = []
  #heldBytes = 0
  /** Of the answer whose pieces are held; undefined while its length is not whole. */
  #bytes: number | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Whether an answer has begun that is not whole. */
  get isWithin(): boolean {
    return this.#heldBytes > 0 || this.#bytes !== undefined
  }

  /** Shows every answer that is whole with this chunk, oldest first, without its length. Throws FrameLength (F2). */
  take(chunk: Buffer, show: (answer: Buffer) => void): void {
    let at = this.isWithin ? this.#goOn(chunk, show) : 0
    while (chunk.length - at >= LENGTH_BYTES) {
      const bytes = this.#checked(chunk.readInt32BE(at))
      const end = at + LENGTH_BYTES + bytes
      if (end > chunk.length) {
        this.#bytes = bytes
        at += LENGTH_BYTES
        break
      }
      show(chunk.subarray(at + LENGTH_BYTES, end))
      at = end
    }
    if (at < chunk.length) this.#hold(chunk.subarray(at))
  }

  /** Adds to the answer that has begun; answers how much of the chunk that took. */
  #goOn(chunk: Buffer, show: (answer: Buffer) => void): number {
    let at = 0
    if (this.#bytes === undefined) {
      at = Math.min(LENGTH_BYTES - this.#heldBytes, chunk.length)
      this.#hold(chunk.subarray(0, at))
      if (this.#heldBytes < LENGTH_BYTES) return at
      this.#bytes = this.#checked(this.#taken().readInt32BE(0))
    }
    const end = Math.min(at + this.#bytes - this.#heldBytes, chunk.length)
    this.#hold(chunk.subarray(at, end))
    if (this.#heldBytes === this.#bytes) {
      this.#bytes = undefined
      show(this.#taken())
    }
    return end
  }

  #hold(piece: Buffer): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#heldBytes += piece.length
  }

  #taken(): Buffer {
    const [first, ...more] = this.#pieces
    const whole = first !== undefined && more.length === 0 ? first : Buffer.concat(this.#pieces, this.#heldBytes)
    this.#pieces = []
    this.#heldBytes = 0
    return whole
  }

  #checked(bytes: number): number {
    if (bytes < ANSWER_BYTES_MIN || bytes > this.#bytesMax) throw new FrameLength(`an answer of ${bytes} bytes; expected ${ANSWER_BYTES_MIN} to ${this.#bytesMax}`)
    return bytes
  }
}
