// How an owner takes its transactional id, and goes on with it under another epoch after a failure.
//
// N1. What is still open under the own epoch is taken back before the id is initialised under it: a broker whose transactions are of version 1 aborts what it
//     finds open under an epoch of nobody, and whoever asked is shut out as well.
// N2. Not while a batch may still come: behind that abort it would stand in no transaction, or in the next one. There the broker's own abort shuts it out.
// N3. Whether the id is still ours is told by the initialisation alone: of one whose answer was lost the abort hears that its epoch is over.
import { Unreachable } from '../../system/protocol/failures.ts'
import { patient } from './cluster.ts'
import type { Cluster, Effort } from './cluster.ts'
import { endTxnV3, initProducerIdV4 } from './transaction-requests.ts'

/** A transactional id, at its coordinator. */
export interface Identified {
  readonly cluster: Cluster
  readonly transactionalId: string
  /** Name of the connections that belong to it. */
  readonly use: string
  /** After this long without an end the broker aborts, ms. */
  readonly timeoutMs: number
}

export interface Producer {
  readonly producerId: bigint
  readonly producerEpoch: number
}

/** Who had the id before is shut out. */
export const NOBODY: Producer = { producerId: -1n, producerEpoch: -1 }

export async function initialised({ cluster, use, transactionalId, timeoutMs }: Identified, { producerId, producerEpoch }: Producer, effort: Effort): Promise<Producer> {
  return cluster.atCoordinator('transaction', transactionalId, use, (connection) => initProducerIdV4(connection, transactionalId, timeoutMs, producerId, producerEpoch), effort)
}

/** `mayCome`: a batch of the producer was not answered. Throws a fence when another one has the id since, and what kept the coordinator from answering. */
export async function renewed(id: Identified, producer: Producer, mayCome: boolean, effort: Effort): Promise<Producer> {
  if (!mayCome) await takenBack(id, producer, effort)
  return initialised(id, producer, effort)
}

/** N1. That nothing is open is an answer like others (N3). */
async function takenBack({ cluster, use, transactionalId }: Identified, { producerId, producerEpoch }: Producer, effort: Effort): Promise<void> {
  try {
    await cluster.atCoordinator('transaction', transactionalId, use, (connection) => endTxnV3(connection, transactionalId, producerId, producerEpoch, false), effort)
  } catch (thrown) {
    if (patient(thrown) instanceof Unreachable) throw thrown
  }
}
