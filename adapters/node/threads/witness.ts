// Witness in shared memory: what a thread runs, readable from outside while it is blocked.
//
// Owns: one page of memory per thread. Written without locks: the reader wants to know where a thread has stood still for long.
import type { Witness } from '../../../system/ports/witness.ts'

/** Int32: beats of the event loop, inputs begun, 1 while one runs, bytes of the name. Then the offset as a double, then the name. */
const BEAT = 0
const COUNT = 1
const BUSY = 2
const LENGTH = 3
const OFFSET_AT = 16
const NAME_AT = 24
const BYTES = 1024

export const witnessMemory = (): SharedArrayBuffer => new SharedArrayBuffer(BYTES)

export class SharedWitness implements Witness {
  readonly #cells: Int32Array
  readonly #offset: Float64Array
  readonly #name: Uint8Array
  readonly #encoder = new TextEncoder()
  #group = ''
  #partition = -1
  #topic = ''

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory, 0, 4)
    this.#offset = new Float64Array(memory, OFFSET_AT, 1)
    this.#name = new Uint8Array(memory, NAME_AT)
  }

  running(group: string, partition: number, topic: string, offset: number): void {
    if (topic !== this.#topic || partition !== this.#partition || group !== this.#group) this.#rename(group, partition, topic)
    this.#offset[0] = offset
    this.#cells[BUSY] = 1
    this.#cells[COUNT] = ((this.#cells[COUNT] ?? 0) + 1) | 0
  }

  resting(): void {
    this.#cells[BUSY] = 0
  }

  /** The event loop turns. */
  beat(): void {
    this.#cells[BEAT] = ((this.#cells[BEAT] ?? 0) + 1) | 0
  }

  #rename(group: string, partition: number, topic: string): void {
    this.#group = group
    this.#partition = partition
    this.#topic = topic
    // A name that does not fit is cut: it is for people.
    const bytes = this.#encoder.encode(`${group}/${partition} ${topic}`).subarray(0, this.#name.length)
    this.#name.set(bytes)
    this.#cells[LENGTH] = bytes.length
  }
}

/** Where a thread stands. */
export interface Standing {
  readonly beat: number
  readonly count: number
  /** The input that runs, as `<group>/<partition> <topic> offset <n>`; undefined: none. */
  readonly running: string | undefined
}

export function standingOf(memory: SharedArrayBuffer): Standing {
  const cells = new Int32Array(memory, 0, 4)
  const [offset = -1] = new Float64Array(memory, OFFSET_AT, 1)
  const bytes = new Uint8Array(memory, NAME_AT, Math.min(cells[LENGTH] ?? 0, BYTES - NAME_AT)).slice()
  const name = new TextDecoder().decode(bytes)
  return { beat: cells[BEAT] ?? 0, count: cells[COUNT] ?? 0, running: cells[BUSY] === 1 ? `${name}${offset < 0 ? '' : ` offset ${offset}`}` : undefined }
}

/** Counts how long a thread has stood still, in looks of the one who watches: a watcher that is slow itself blames nobody. */
export class StallMeter {
  readonly #looksMax: number
  #last: Standing | undefined
  #looks = 0

  constructor(looksMax: number) {
    this.#looksMax = looksMax
  }

  /** `inTime`: this look came when it was due. True when the thread is blocked: its event loop and its inputs have stood still for all looks. */
  isStalled(now: Standing, inTime: boolean): boolean {
    const isSame = this.#last?.beat === now.beat && this.#last.count === now.count
    this.#looks = isSame && inTime ? this.#looks + 1 : 0
    this.#last = now
    return this.#looks >= this.#looksMax
  }
}
