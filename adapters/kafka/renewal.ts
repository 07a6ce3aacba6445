// Who an owner is at the coordinator of its transactional id: how it takes the id, and how it goes on under another epoch after a failure.
//
// Owns: producer id and epoch, and what of them has no answer yet.
//
// N1. What is still open under the own epoch is taken back before the id is initialised under it: brokers whose transactions are of version 1 abort what they
//     find open under an epoch of nobody, and whoever asked is shut out as well.
// N2. Not while a batch may still come: behind that abort it would stand in no transaction, or in the next one. There the broker's own abort shuts it out.
// N3. Who hears from it that its epoch is over has been shut out, and asks no more: an initialisation would end what the next owner has open, whose epoch no
//     broker compares then. Two others hear the same: whose own initialisation had no answer, and whose transaction was open for so long that the broker may
//     have given it up, which newer ones (transactions of version 2) do not take for another owner.
// N4. These two, and who takes nothing back (N2), look first whether another one has a transaction open, each time they ask.
// N5. An owner has been shut out when who is found anew says so again: a coordinator that has been replaced and does not know it may know an older epoch only.
//     Who takes the id from whoever has it is told no more than once: two of them would take turns.
import type { Clock } from '../../system/ports/clock.ts'
import { Unreachable } from '../../system/protocol/failures.ts'
import type { Touched } from '../kafka-rights/rights.ts'
import { patient } from './cluster.ts'
import type { Cluster, Effort } from './cluster.ts'
import { codeOf, isFenced, isShutOut } from './codes.ts'
import type { Connection } from './connection.ts'
import { describeTransactionsV0, endTxnV3, initProducerIdV4 } from './transaction-requests.ts'

/** A transactional id, at its coordinator. */
export interface Identified {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly transactionalId: string
  /** Name of the connections that belong to it. */
  readonly use: string
  /** After this long without an end the broker aborts, ms. */
  readonly timeoutMs: number
}

interface Producer {
  readonly producerId: bigint
  readonly producerEpoch: number
}

/** Takes the id from whoever has it. */
const NOBODY: Producer = { producerId: -1n, producerEpoch: -1 }

/** Under the epoch that asks. */
const NONE_OPEN = 'INVALID_TXN_STATE'
const UNKNOWN = 'TRANSACTIONAL_ID_NOT_FOUND'
/** A state of transactions, as brokers name it. */
const OPEN = 'Ongoing'

/** N4. */
class OpenElsewhere extends TypeError {
  readonly apiId = 'PRODUCER_FENCED'
}

export class Identity {
  readonly #id: Identified
  #producer = NOBODY
  /** N2. A batch had no answer. */
  mayCome = false
  /** N3. */
  #isAsked = false
  /** Of the last transaction. */
  #openMs = -Infinity

  constructor(id: Identified) {
    this.#id = id
  }

  get producerId(): bigint {
    return this.#producer.producerId
  }

  get epoch(): number {
    return this.#producer.producerEpoch
  }

  /** Shuts out every earlier owner, and ends what it left open. */
  async fence(effort: Effort): Promise<void> {
    const { cluster, transactionalId, use } = this.#id
    this.#become(await cluster.atCoordinator('transaction', transactionalId, use, (connection) => this.#initialised(connection, NOBODY), effort))
  }

  /** Asks the coordinator as an owner (N5). */
  async ask<T>(ask: (connection: Connection) => Promise<T>, effort: Effort, touched: Touched = {}): Promise<T> {
    const { cluster, transactionalId, use } = this.#id
    let asked = -1
    const once = (): Promise<T> => cluster.atCoordinator('transaction', transactionalId, use, (connection, node) => {
      asked = node
      return ask(connection)
    }, effort, touched)
    return once().catch((thrown: unknown) => {
      const code = codeOf(thrown)
      if (!isFenced(code)) throw thrown
      cluster.forgetCoordinator('transaction', transactionalId, code, asked)
      return once()
    })
  }

  /** A transaction may be open from here on. */
  opening(): void {
    this.#openMs = this.#id.clock.monotonicMs()
  }

  /** Throws a fence when another one has the id since, and what kept the coordinator from answering. */
  async renew(effort: Effort): Promise<void> {
    // All of it once more where a part is to be asked again: the next owner may have come meanwhile.
    this.#become(await this.ask(async (connection) => {
      const isOwn = !this.mayCome && await this.#isTakenBack(connection)
      if (!isOwn) await this.#assertNoneOpen(connection)
      return this.#initialised(connection, this.#producer)
    }, effort))
  }

  #become(producer: Producer): void {
    this.#producer = producer
    this.mayCome = false
  }

  async #initialised(connection: Connection, { producerId, producerEpoch }: Producer): Promise<Producer> {
    const { transactionalId, timeoutMs } = this.#id
    const wasAsked = this.#isAsked
    this.#isAsked = true
    try {
      const producer = await initProducerIdV4(connection, transactionalId, timeoutMs, producerId, producerEpoch)
      this.#isAsked = false
      return producer
    } catch (thrown) {
      if (isFenced(codeOf(thrown))) this.#isAsked = wasAsked
      throw thrown
    }
  }

  /** N1. That nothing is open is an answer like others. False: it did not say whose the id is. */
  async #isTakenBack(connection: Connection): Promise<boolean> {
    try {
      await endTxnV3(connection, this.#id.transactionalId, this.producerId, this.epoch, false)
    } catch (thrown) {
      const code = codeOf(thrown)
      if (patient(thrown) instanceof Unreachable || (isShutOut(code) && !this.#isAsked && !this.#mayBeGivenUp())) throw thrown
      return code === NONE_OPEN
    }
    return true
  }

  /** N4. What is being ended already is not hurt by whoever asks: it is told to come again. */
  async #assertNoneOpen(connection: Connection): Promise<void> {
    const { transactionalId } = this.#id
    const { transactionStates: [found] } = await describeTransactionsV0(connection, [transactionalId]).catch((thrown: unknown) => {
      if (codeOf(thrown) !== UNKNOWN) throw thrown
      return { transactionStates: [] }
    })
    if (found?.transactionState === OPEN && (found.producerId !== this.producerId || found.producerEpoch !== this.epoch)) throw new OpenElsewhere(`PRODUCER_FENCED: another process has a transaction open as ${transactionalId}`)
  }

  #mayBeGivenUp(): boolean {
    return this.#id.clock.monotonicMs() - this.#openMs >= this.#id.timeoutMs
  }
}
