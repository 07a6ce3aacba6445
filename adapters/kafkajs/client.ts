// The kafkajs client: its settings, and clusters of connections of it.
//
// Owns: how patient each part of the client is. It writes no log: what matters comes as an error or an event.
import kafkajs from 'kafkajs'
import type { Admin, Consumer, Kafka, PartitionAssigner, Producer, SASLOptions } from 'kafkajs'
import { OperationError } from '../../system/protocol/failures.ts'
import { mend } from './internals.ts'
import type { Cluster } from './internals.ts'

const CONNECT_MS_MAX = 3000
const REQUEST_MS_MAX = 10_000
/** Leaders and topics that grew are noticed after so long. */
const METADATA_MS_MAX = 30_000
/** A transaction whose predecessor's markers are still on their way is taken a few ms later. */
const AT_ONCE = { initialRetryTime: 2, maxRetryTime: 20, factor: 0.2, multiplier: 1.2, retries: 250 }
/** Of looks at the cluster: a broker that is gone is not asked for long, and one that takes over is seen soon. */
const BRISK = { initialRetryTime: 10, maxRetryTime: 100, factor: 0.2, multiplier: 1.6, retries: 8 }
const PATIENT = { initialRetryTime: 50, maxRetryTime: 500, factor: 0.2, multiplier: 2, retries: 8 }

export interface GroupSettings {
  readonly groupId: string
  readonly sessionMs: number
  readonly rebalanceMs: number
  readonly heartbeatMs: number
  readonly assigner: PartitionAssigner
  /** False: a membership that crashed is not tried again by the client. */
  mayRestart(): boolean
}

/** Plain data: TLS with the certificates of authorities (PEM; default: the runtime's), and a user. */
export interface Security {
  readonly sasl?: { readonly mechanism: 'SCRAM-SHA-512' | 'SCRAM-SHA-256' | 'PLAIN'; readonly username: string; readonly password: string }
  readonly tls?: { readonly ca?: string }
}

const byRecord = () => ({ message }: { readonly message: { readonly partition?: number } }): number => message.partition ?? 0

/** Of `host:port`, several with commas between. */
function parseBrokers(text: string): string[] {
  const brokers = text.split(',').map((each) => each.trim()).filter((each) => each !== '')
  for (const broker of brokers) if (!/^(\[[^\]]+\]|[^:[\]]+):\d+$/.test(broker)) throw new OperationError('kafka/brokers', `'${broker}' is no broker: expected host:port, several with commas between`)
  if (brokers.length === 0) throw new OperationError('kafka/brokers', 'no broker is named: expected host:port, several with commas between')
  return brokers
}

export class Client {
  readonly #kafka: Kafka

  constructor(brokers: string, clientId: string, { sasl, tls }: Security = {}) {
    mend()
    this.#kafka = new kafkajs.Kafka({
      brokers: parseBrokers(brokers), clientId, logLevel: kafkajs.logLevel.NOTHING, connectionTimeout: CONNECT_MS_MAX, requestTimeout: REQUEST_MS_MAX, enforceRequestTimeout: true,
      retry: BRISK,
      ...(tls === undefined ? {} : { ssl: tls }),
      // One type for each mechanism: the compiler cannot tell which.
      ...(sasl === undefined ? {} : { sasl: { ...sasl, mechanism: sasl.mechanism.toLowerCase() } as SASLOptions }),
    })
  }

  admin(): Admin {
    return this.#kafka.admin({ retry: PATIENT })
  }

  /** Connections that show committed records only. */
  cluster(): Cluster {
    let found: Cluster | undefined
    this.#kafka.consumer({
      groupId: 'none', allowAutoTopicCreation: false, metadataMaxAge: METADATA_MS_MAX,
      partitionAssigners: [({ cluster }) => {
        found = cluster as unknown as Cluster
        return { name: 'none', version: 0, assign: async () => [], protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }) }
      }],
    })
    if (found === undefined) throw new OperationError('kafka/client', 'kafkajs made a consumer without asking its assigner')
    return found
  }

  /** Of one transactional id. Its connections take one request after the other. */
  transactional(transactionalId: string, transactionTimeout: number): Producer {
    return this.#kafka.producer({ transactionalId, transactionTimeout, idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, metadataMaxAge: METADATA_MS_MAX, createPartitioner: byRecord, retry: AT_ONCE })
  }

  idempotent(): Producer {
    return this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, metadataMaxAge: METADATA_MS_MAX, createPartitioner: byRecord, retry: { ...PATIENT, retries: 20 } })
  }

  /** Joins a group and stays in it. Between heartbeats it sleeps for a part of their interval. */
  member({ groupId, sessionMs, rebalanceMs, heartbeatMs, assigner, mayRestart }: GroupSettings): Consumer {
    return this.#kafka.consumer({
      groupId, partitionAssigners: [assigner], sessionTimeout: sessionMs, rebalanceTimeout: rebalanceMs, heartbeatInterval: heartbeatMs, maxWaitTimeInMs: Math.max(10, Math.min(100, Math.floor(heartbeatMs / 4))),
      metadataMaxAge: METADATA_MS_MAX, allowAutoTopicCreation: false, retry: { ...PATIENT, retries: 60, restartOnFailure: async () => mayRestart() },
    })
  }
}
