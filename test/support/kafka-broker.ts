// A Kafka broker that answers requests with objects: for what a real one does rarely, or never when it is asked to.
import type { Cluster } from '../../adapters/kafka/cluster.ts'
import type { Connection } from '../../adapters/kafka/connection.ts'

export const KEYS = { produce: 0, metadata: 3, joinGroup: 11, heartbeat: 12, leaveGroup: 13, syncGroup: 14, initProducerId: 22, addPartitions: 24, addOffsets: 25, endTxn: 26, txnOffsetCommit: 28, findCoordinator: 10, describeConfigs: 32, describeTransactions: 65 } as const

/** An answer, or what is thrown: an error of the protocol has an `apiId`. */
export type Answer = (key: number, request: Buffer) => unknown

/** A connection on which every request is answered so; one that answers with a promise keeps the others waiting no longer than itself. */
export function connectionTo(answer: Answer): Connection {
  const send = (key: number, _version: number, createPayload: () => { readonly buffer: Buffer }, _parse: unknown, _request: boolean, _response: boolean, callback: (error: unknown, answer: unknown) => void): void => {
    Promise.resolve().then(() => answer(key, createPayload().buffer)).then((response) => callback(null, response), (thrown: unknown) => callback(thrown, undefined))
  }
  return { send, isConnected: () => true, close: async () => {} } as unknown as Connection
}

/** As the protocol names it. */
export class Code extends TypeError {
  readonly apiId: string
  constructor(apiId: string) {
    super(`refused: ${apiId}`)
    this.apiId = apiId
  }
}

/** Every partition is led, and every group and id coordinated, by this one. */
export function clusterOf(cluster: Cluster, answer: Answer): Cluster {
  const connection = connectionTo(answer)
  cluster.connections.get = async () => connection
  cluster.connectionTo = async () => connection
  return cluster
}
