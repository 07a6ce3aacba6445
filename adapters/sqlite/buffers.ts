// Buffers that travel to the writer thread and back: making one anew costs more than filling it.

/** What lies idle here at most; the rest is given back to the runtime. */
const IDLE_BYTES_MAX = 8 << 20
const LEAST_BYTES = 64 * 1024

export class Buffers {
  readonly #idle: ArrayBuffer[] = []
  #idleBytes = 0

  /** A buffer of at least so many bytes; whatever it held is still in it. */
  take(bytes: number): ArrayBuffer {
    const at = this.#idle.findIndex((buffer) => buffer.byteLength >= bytes)
    const [known] = at === -1 ? [] : this.#idle.splice(at, 1)
    if (known === undefined) return new ArrayBuffer(roundedUp(bytes))
    this.#idleBytes -= known.byteLength
    return known
  }

  give(buffer: ArrayBuffer): void {
    if (this.#idleBytes + buffer.byteLength > IDLE_BYTES_MAX) return
    this.#idle.push(buffer)
    this.#idleBytes += buffer.byteLength
  }
}

/** To a power of two, so that batches of about the same size can share. */
function roundedUp(bytes: number): number {
  let rounded = LEAST_BYTES
  while (rounded < bytes) rounded *= 2
  return rounded
}
