// Medium: where a system's log stands: in a data folder, or on a Kafka cluster. Plain data, kept in the manifest and sent to threads.
//
// Owns: how each medium is opened. Everything above knows the log port only.
import { OperationError } from '../../system/protocol/failures.ts'
import type { Clock } from '../../system/ports/clock.ts'
import type { CommittedLog } from './look.ts'
import { openSqliteLog } from '../sqlite/log.ts'

export interface KafkaMedium {
  readonly kind: 'kafka'
  /** `host:port`, several with commas between. */
  readonly brokers: string
  /** Goes before the names of topics, groups and transactional ids; '' for none. */
  readonly namespace: string
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
export async function openCluster({ brokers, namespace }: KafkaMedium, clock: Clock, { instance, sessionMs, appendAs, notice }: ClusterRole = {}): Promise<CommittedLog> {
  const { openKafkaLog } = await import('../kafka/log.ts').catch((thrown: unknown) => {
    if (!/Cannot find (package|module) '@platformatic\/kafka'/.test(String(thrown))) throw thrown
    throw new OperationError('kafka/package', `Kafka needs the package '@platformatic/kafka', which is not installed. Install it: npm install @platformatic/kafka@2.12.1`)
  })
  return openKafkaLog({
    brokers, namespace, clock, ...(instance === undefined ? {} : { instanceId: instance }), ...(sessionMs === undefined ? {} : { sessionMs }), ...(appendAs === undefined ? {} : { appendAs }), ...(notice === undefined ? {} : { notice }),
  })
}

/** For reading and appending beside whoever runs the system. */
export function openBeside(medium: Medium, folder: string, clock: Clock): Promise<CommittedLog> {
  return medium.kind === 'embedded' ? openSqliteLog({ folder, mode: 'client', clock }) : openCluster(medium, clock)
}

/** For people. */
export function whereOf(medium: Medium, folder: string): string {
  return medium.kind === 'embedded' ? `embedded in ${folder}` : `on Kafka at ${medium.brokers}${medium.namespace === '' ? '' : `, namespace '${medium.namespace}'`}`
}
