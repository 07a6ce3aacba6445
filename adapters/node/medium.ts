// Medium: where a system's log stands: in a data folder, or on a Kafka cluster. Plain data, kept in the manifest and sent to threads.
//
// Owns: how each medium is opened. Everything above knows the log port only.
import { OperationError } from '../../system/protocol/failures.ts'
import type { Clock } from '../../system/ports/clock.ts'
import { clientSecurity, entryFailed } from './kafka-security.ts'
import type { KafkaSecurity } from './kafka-security.ts'
import type { CommittedLog } from './look.ts'
import { openSqliteLog } from '../sqlite/log.ts'

/** By which package a cluster is reached. What stands on the cluster is the same. */
export const KAFKA_CLIENTS = ['platformatic', 'kafkajs'] as const

export type KafkaClient = (typeof KAFKA_CLIENTS)[number]

export interface KafkaMedium {
  readonly kind: 'kafka'
  /** `host:port`, several with commas between. */
  readonly brokers: string
  /** Goes before the names of topics, groups and transactional ids; '' for none. */
  readonly namespace: string
  /** Default: platformatic. */
  readonly client?: KafkaClient
  /** Default: neither user nor TLS. */
  readonly security?: KafkaSecurity
  /** A member that is silent for longer loses its partitions, ms. Default: that of the driver. */
  readonly sessionMs?: number
}

export type Medium = { readonly kind: 'embedded' } | KafkaMedium

export const EMBEDDED: Medium = { kind: 'embedded' }

export interface ClusterRole {
  /** Names this process (and thread) across restarts: started again in time it gets back what it had. */
  readonly instance?: string
  /** A member that is silent for longer loses its partitions, ms. */
  readonly sessionMs?: number
  /** Appends to several partitions are made together under this name; another process that takes it shuts this one out. */
  readonly appendAs?: string
  readonly notice?: (message: string) => void
}

/** On a cluster. Throws OperationError with the cure. */
export async function openCluster(medium: KafkaMedium, clock: Clock, { instance, appendAs, notice, ...role }: ClusterRole = {}): Promise<CommittedLog> {
  const { brokers, namespace, client, security } = medium
  const sessionMs = role.sessionMs ?? medium.sessionMs
  const options = { brokers, namespace, clock, ...(sessionMs === undefined ? {} : { sessionMs }), ...(appendAs === undefined ? {} : { appendAs }), ...(notice === undefined ? {} : { notice }), ...(security === undefined ? {} : { security: clientSecurity(security, process.env) }), ...(instance === undefined ? {} : { instanceId: instance }) }
  if (client === 'kafkajs') {
    const { openKafkajsLog } = await import('../kafkajs/log.ts').catch((thrown: unknown) => missing(thrown, 'kafkajs', '2.2.4'))
    return openKafkajsLog(options).catch((thrown: unknown) => entryFailed(thrown, security))
  }
  const { openKafkaLog } = await import('../kafka/log.ts').catch((thrown: unknown) => missing(thrown, '@platformatic/kafka', '2.12.1'))
  return openKafkaLog(options).catch((thrown: unknown) => entryFailed(thrown, security))
}

function missing(thrown: unknown, name: string, version: string): never {
  if (!new RegExp(`Cannot find (package|module) '${name}`).test(String(thrown))) throw thrown
  throw new OperationError('kafka/package', `Kafka needs the package '${name}', which is not installed. Install it: npm install ${name}@${version}`)
}

/** For reading and appending beside whoever runs the system. */
export function openBeside(medium: Medium, folder: string, clock: Clock): Promise<CommittedLog> {
  return medium.kind === 'embedded' ? openSqliteLog({ folder, mode: 'client', clock }) : openCluster(medium, clock)
}

/** For people. */
export function whereOf(medium: Medium, folder: string): string {
  return medium.kind === 'embedded' ? `embedded in ${folder}` : `on Kafka at ${medium.brokers}${medium.namespace === '' ? '' : `, namespace '${medium.namespace}'`}`
}
