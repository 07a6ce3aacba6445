// The flags of `statelog run` that place a system on a cluster, and what they mean together.
import { MECHANISMS, PASSWORD_VARIABLE } from '../node/kafka-security.ts'
import type { KafkaSecurity } from '../node/kafka-security.ts'
import { EMBEDDED, KAFKA_CLIENTS } from '../node/medium.ts'
import type { KafkaClient, Medium } from '../node/medium.ts'
import type { StateCache } from '../node/state-cache.ts'
import type { Flags, FlagValues } from './arguments.ts'
import { UsageError } from './exit-codes.ts'

export const CLUSTER_FLAGS: Flags = {
  kafka: { value: 'brokers', help: 'run on a Kafka cluster instead of in the folder: host:port, several with commas between' },
  namespace: { value: 'prefix', help: 'with --kafka: goes before the names of topics, groups and transactional ids' },
  'kafka-client': { value: KAFKA_CLIENTS.join('|'), values: KAFKA_CLIENTS, help: 'with --kafka: the package by which the cluster is reached (default: platformatic)' },
  'kafka-user': { value: 'name', help: `with --kafka: the user of this app; its password is expected in ${PASSWORD_VARIABLE}` },
  'kafka-mechanism': { value: MECHANISMS.join('|'), values: MECHANISMS, help: 'with --kafka-user (default: SCRAM-SHA-512)' },
  'kafka-tls': { help: 'with --kafka: the listener speaks TLS' },
  'kafka-ca': { value: 'file', help: 'with --kafka: TLS, with the certificates of these authorities (PEM)' },
  redis: { value: 'url', help: 'with --kafka: keeps states for reading, redis://host:6379 (default: the memory of this process)' },
}

export function mediumFrom(flags: FlagValues): Medium {
  const brokers = flags.text('kafka')
  const namespace = flags.text('namespace')
  const client = flags.text('kafka-client')
  const security = securityFrom(flags)
  if (brokers !== undefined) return { kind: 'kafka', brokers, namespace: namespace ?? '', ...(security === undefined ? {} : { security }), ...(client === undefined ? {} : { client: client as KafkaClient }) }
  if (client !== undefined) throw new UsageError('--kafka-client goes with --kafka')
  if (security !== undefined) throw new UsageError('users and TLS are of a cluster: name it with --kafka host:port')
  if (namespace !== undefined) throw new UsageError('--namespace is of a cluster: name it with --kafka host:port')
  return EMBEDDED
}

function securityFrom(flags: FlagValues): KafkaSecurity | undefined {
  const [user, mechanism, ca] = [flags.text('kafka-user'), flags.text('kafka-mechanism'), flags.text('kafka-ca')]
  if (user === undefined && mechanism !== undefined) throw new UsageError('--kafka-mechanism goes with --kafka-user')
  if (user === undefined && ca === undefined && !flags.has('kafka-tls')) return undefined
  return { ...(user === undefined ? {} : { user }), ...(mechanism === undefined ? {} : { mechanism: mechanism as (typeof MECHANISMS)[number] }), ...(flags.has('kafka-tls') ? { tls: true } : {}), ...(ca === undefined ? {} : { ca }) }
}

export function stateCacheOf(flags: FlagValues, medium: Medium): StateCache | undefined {
  const url = flags.text('redis')
  if (url === undefined) return undefined
  if (medium.kind === 'embedded') throw new UsageError('--redis goes with --kafka: a data folder is read by key and needs no cache')
  return { url, prefix: `statelog:${medium.namespace}` }
}
