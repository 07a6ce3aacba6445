// Who an owner is at the coordinator of its transactional id: how it takes the id, and how it goes on under another epoch after a failure.
//
// Owns: producer id and epoch, and what of them has no answer yet.
//
// N1. What is still open under the own epoch is taken back before the id is initialised under it: brokers whose transactions are of version 1 abort what they
//     find open under an epoch of nobody, and whoever asked is shut out as well.
// N2. Not while a batch may still come: behind that abort it would stand in no transaction, or in the next one. There the broker's own abort shuts it out.
// N3. Who hears from it that its epoch is over has been shut out, and asks no more: an initialisation would end what the next owner has open, whose epoch no
//     broker compares then. Two others hear the same, and ask: whose own initialisation had no answer, and whose transaction was open for so long that the
//     broker may have given it up, which newer ones (transactions of version 2) do not take for another owner.
import type { Clock } from '../../system/ports/clock.ts'
import { Unreachable } from '../../system/protocol/failures.ts'
import { patient } from './cluster.ts'
import type { Cluster, Effort } from './cluster.ts'
import { codeOf, isFenced, isShutOut } from './codes.ts'
import { endTxnV3, initProducerIdV4 } from './transaction-requests.ts'

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
  fence(effort: Effort): Promise<void> {
    return this.#initialise(NOBODY, effort)
  }

  /** A transaction may be open from here on. */
  opening(): void {
    this.#openMs = this.#id.clock.monotonicMs()
  }

  /** Throws a fence when another one has the id since, and what kept the coordinator from answering. */
  async renew(effort: Effort): Promise<void> {
    if (!this.mayCome) await this.#takeBack(effort)
    await this.#initialise(this.#producer, effort)
  }

  async #initialise({ producerId, producerEpoch }: Producer, effort: Effort): Promise<void> {
    const { cluster, transactionalId, use, timeoutMs } = this.#id
    try {
      this.#producer = await cluster.atCoordinator('transaction', transactionalId, use, (connection) => initProducerIdV4(connection, transactionalId, timeoutMs, producerId, producerEpoch), effort)
    } catch (thrown) {
      this.#isAsked = !isFenced(codeOf(thrown))
      throw thrown
    }
    this.mayCome = false
    this.#isAsked = false
  }

  /** N1. That nothing is open, or nothing known of the id any more, is an answer like others. */
  async #takeBack(effort: Effort): Promise<void> {
    const { cluster, transactionalId, use } = this.#id
    try {
      await cluster.atCoordinator('transaction', transactionalId, use, (connection) => endTxnV3(connection, transactionalId, this.producerId, this.epoch, false), effort)
    } catch (thrown) {
      if (patient(thrown) instanceof Unreachable || (isShutOut(codeOf(thrown)) && !this.#isAsked && !this.#mayBeGivenUp())) throw thrown
    }
  }

  #mayBeGivenUp(): boolean {
    return this.#id.clock.monotonicMs() - this.#openMs >= this.#id.timeoutMs
  }
}
