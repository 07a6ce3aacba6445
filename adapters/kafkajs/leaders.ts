// Asks the leader of a partition, and again when another one leads.
//
// Owns: connections for requests that are answered at once. Repeats what is safe to repeat: reading.
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { Client } from './client.ts'
import { codeOf, isForbidden, isMoved, isTransport, messageOf, refusal } from './codes.ts'
import type { Broker, Cluster } from './internals.ts'

const AGAIN_MS = 25

/** The leaders of partitions as these connections know them; topics that they do not know yet are looked up. */
export async function leaderOf(cluster: Cluster, topic: string, partition: number): Promise<string> {
  await cluster.connect()
  await cluster.addMultipleTargetTopics([topic])
  const [leader] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
  if (leader === undefined || leader === '-1') throw new Unreachable('kafka/no-leader', `partition ${partition} of ${topic} has no leader`)
  return leader
}

/** A look at the metadata may: nobody leads, or another one does. What cannot be read stays so. */
export const mayHeal = (thrown: unknown): boolean => isTransport(codeOf(thrown)) || isMoved(codeOf(thrown)) || thrown instanceof Unreachable

export class Leaders {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #askMsMax: number
  #isClosed = false

  constructor(client: Client, clock: Clock, askMsMax: number) {
    this.#cluster = client.cluster()
    this.#clock = clock
    this.#askMsMax = askMsMax
  }

  get cluster(): Cluster {
    return this.#cluster
  }

  /** Throws `kafka/unreachable` when the time is over. */
  async ask<T>(topic: string, partition: number, request: (broker: Broker) => Promise<T>): Promise<T> {
    const untilMs = this.#clock.monotonicMs() + this.#askMsMax
    for (;;) {
      if (this.#isClosed) throw new OperationError('kafka/closed', 'the log is closed')
      try {
        return await request(await this.#cluster.findBroker({ nodeId: await leaderOf(this.#cluster, topic, partition) }))
      } catch (thrown) {
        if (isForbidden(codeOf(thrown))) throw refusal(thrown, { topics: [topic], operation: 'READ' })
        if (this.#isClosed || !mayHeal(thrown)) throw thrown
        if (this.#clock.monotonicMs() > untilMs) throw new Unreachable('kafka/unreachable', `partition ${partition} of ${topic} could not be asked: ${messageOf(thrown)}`)
        await this.#clock.sleep(AGAIN_MS)
        if (!this.#isClosed) await this.#cluster.refreshMetadata().catch(() => undefined)
      } finally {
        // It may have connected again meanwhile.
        if (this.#isClosed) this.close()
      }
    }
  }

  close(): void {
    this.#isClosed = true
    void this.#cluster.disconnect().catch(() => undefined)
  }
}
