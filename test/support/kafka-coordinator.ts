// A coordinator of one transactional id, as brokers whose transactions are of version 1 have it: an initialisation that finds a transaction open aborts it under an
// epoch that nobody is told of. Source: Kafka's TransactionCoordinator and TransactionMetadata.
import { Reader } from '../../adapters/kafka/reader.ts'
import { Code, KEYS } from './kafka-broker.ts'

const PRODUCER = 7n

export class IdCoordinator {
  #epoch = -1
  /** Whoever had it before the last initialisation, and asks again because the answer was lost. */
  #lastEpoch = -1
  #state: 'empty' | 'open' | 'committed' | 'aborted' = 'empty'
  readonly ends: ('commit' | 'abort')[] = []

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
      case KEYS.addOffsets:
        this.#own(reader)
        this.#state = 'open'
        return {}
      case KEYS.endTxn:
        this.#own(reader)
        return this.#ended(reader.readBoolean() ? 'commit' : 'abort')
      case KEYS.describeTransactions:
        return { transactionStates: [{ transactionState: this.#state === 'open' ? 'Ongoing' : 'Empty', producerId: PRODUCER, producerEpoch: this.#epoch }] }
      default: return undefined
    }
  }

  #own(reader: Reader): void {
    reader.readString()
    reader.skip(8)
    if (reader.readInt16() !== this.#epoch) throw new Code('PRODUCER_FENCED')
  }

  #initialised(producerId: bigint, epoch: number): object {
    if (this.#state === 'open') {
      this.#fence()
      throw new Code('CONCURRENT_TRANSACTIONS')
    }
    if (producerId < 0n) this.#lastEpoch = -1
    else if (epoch === this.#epoch) this.#lastEpoch = epoch
    else if (epoch !== this.#lastEpoch) throw new Code('PRODUCER_FENCED')
    if (epoch < 0 || epoch === this.#epoch) this.#epoch += 1
    this.#state = 'empty'
    return { producerId: PRODUCER, producerEpoch: this.#epoch }
  }

  #fence(): void {
    this.#epoch += 1
    this.#lastEpoch = -1
    this.#state = 'aborted'
  }

  #ended(end: 'commit' | 'abort'): object {
    const state = end === 'commit' ? 'committed' : 'aborted'
    if (this.#state !== 'open' && this.#state !== state) throw new Code('INVALID_TXN_STATE')
    this.#state = state
    this.ends.push(end)
    return {}
  }
}
