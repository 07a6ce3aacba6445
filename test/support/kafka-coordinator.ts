// A coordinator of one transactional id, as brokers whose transactions are of version 1 or 2 have it, asked by a client of version 1: what an initialisation finds open, or
// is open for too long, is aborted under the next epoch, which nobody is told of. With version 2, who had it under the epoch before may still initialise it. Until the markers of what was ended have come its owner is told to come again.
// `test/services/kafka-coordinator.test.ts` compares it with brokers. Source: Kafka's TransactionCoordinator and TransactionMetadata.
import { Reader } from '../../adapters/kafka/reader.ts'
import { Code, KEYS } from './kafka-broker.ts'

const PRODUCER = 7n

/** As brokers name them; what has ended is as good as empty. */
const TOLD = { empty: 'Empty', open: 'Ongoing', committing: 'PrepareCommit', aborting: 'PrepareAbort', committed: 'Empty', aborted: 'Empty' } as const

/** The newest entry of its log. */
interface Entry {
  readonly epoch: number
  /** Whoever had it before, and asks again because the answer was lost. */
  readonly lastEpoch: number
  readonly state: keyof typeof TOLD
  /** Keys of requests. */
  readonly announced: readonly number[]
}

export class IdCoordinator {
  readonly #version: 1 | 2
  #entry: Entry = { epoch: -1, lastEpoch: -1, state: 'empty', announced: [] }
  /** Nothing that it appends is copied: it goes on answering what it remembers. */
  isCutOff = false
  /** They travel until `complete`; else they have come before it answers. */
  holdsMarkers = false
  readonly ends: ('commit' | 'abort')[] = []
  /** What the last transaction that was committed here consisted of. */
  committed: readonly number[] = []

  constructor(version: 1 | 2 = 1) {
    this.#version = version
  }

  /** Coordinates from here on, with the log of the one before. */
  load(before: IdCoordinator): void {
    this.#entry = before.#entry
    this.isCutOff = false
    before.isCutOff = true
    if (!this.holdsMarkers) this.complete()
  }

  get epoch(): number {
    return this.#entry.epoch
  }

  get isMarking(): boolean {
    return this.#entry.state === 'committing' || this.#entry.state === 'aborting'
  }

  /** The markers of what was ended have come. */
  complete(): void {
    if (this.isMarking && !this.isCutOff) this.#append({ state: this.#entry.state === 'committing' ? 'committed' : 'aborted' })
  }

  /** Gives up what has been open for too long. */
  giveUp(): void {
    if (this.#entry.state === 'open') this.#abort()
  }

  /** Of requests about transactions; undefined: it is not asked that. */
  answer(key: number, request: Buffer): object | undefined {
    const reader = Reader.from(request)
    switch (key) {
      case KEYS.findCoordinator: return { coordinators: [{ nodeId: 1, host: 'b', port: 1 }] }
      case KEYS.initProducerId:
        reader.readNullableString()
        reader.skip(4)
        return this.#initialised(reader.readInt64(), reader.readInt16())
      case KEYS.addPartitions:
      case KEYS.addOffsets: return this.#announced(key, epochOf(reader))
      case KEYS.endTxn: return this.#ended(epochOf(reader), reader.readBoolean() ? 'commit' : 'abort')
      case KEYS.describeTransactions:
        return { transactionStates: [{ transactionState: TOLD[this.#entry.state], producerId: PRODUCER, producerEpoch: this.#entry.epoch }] }
      default: return undefined
    }
  }

  #append(entry: Partial<Entry>): void {
    if (this.isCutOff) throw new Code('COORDINATOR_NOT_AVAILABLE')
    this.#entry = { ...this.#entry, ...entry }
  }

  #initialised(producerId: bigint, asked: number): object {
    const { epoch, lastEpoch, state } = this.#entry
    if (state === 'open') this.#abort()
    if (state === 'open' || this.isMarking) throw new Code('CONCURRENT_TRANSACTIONS')
    if (producerId < 0n) this.#append({ epoch: epoch + 1, lastEpoch: -1, state: 'empty' })
    else if (asked === epoch) this.#append({ epoch: epoch + 1, lastEpoch: epoch, state: 'empty' })
    else if (asked === lastEpoch) this.#append({ state: 'empty' })
    else throw new Code('PRODUCER_FENCED')
    return { producerId: PRODUCER, producerEpoch: this.#entry.epoch }
  }

  #abort(): void {
    const { epoch } = this.#entry
    this.#end({ epoch: epoch + 1, lastEpoch: this.#version === 2 ? epoch : -1, state: 'aborting' })
  }

  #end(entry: Partial<Entry>): void {
    this.#append(entry)
    if (!this.holdsMarkers) this.complete()
  }

  #assertOwn(asked: number): void {
    if (asked !== this.#entry.epoch) throw new Code('PRODUCER_FENCED')
  }

  #assertMarked(): void {
    if (this.isMarking) throw new Code('CONCURRENT_TRANSACTIONS')
  }

  /** What it remembers as announced is not appended once more. */
  #announced(key: number, asked: number): object {
    this.#assertMarked()
    this.#assertOwn(asked)
    const { state } = this.#entry
    const announced = state === 'open' ? this.#entry.announced : []
    if (!announced.includes(key)) this.#append({ state: 'open', announced: [...announced, key] })
    return {}
  }

  #ended(asked: number, end: 'commit' | 'abort'): object {
    this.#assertOwn(asked)
    this.#assertMarked()
    const { state, announced } = this.#entry
    const wanted = end === 'commit' ? 'committed' : 'aborted'
    if (state !== 'open') {
      if (state !== wanted) throw new Code('INVALID_TXN_STATE')
      return {}
    }
    this.#end({ state: end === 'commit' ? 'committing' : 'aborting' })
    this.ends.push(end)
    if (end === 'commit') this.committed = announced
    return {}
  }
}

function epochOf(reader: Reader): number {
  reader.readString()
  reader.skip(8)
  return reader.readInt16()
}
