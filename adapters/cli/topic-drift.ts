// Topic drift: where the topics of a system are kept otherwise than they should be, or its brokers set so, and the command that mends it. Pure.
import { VERIFICATION } from '../../system/membership/keeping.ts'
import type { Keeping, TopicKeeping } from '../../system/ports/topic-keeping.ts'
import type { TopicNeed } from '../../system/partition/topic-kinds.ts'

export interface Drift {
  readonly topic: string
  /** As the cluster calls it. */
  readonly setting: string
  readonly is: string
  readonly should: string
  readonly command: string
}

export interface DriftedCluster {
  readonly brokers: string
  readonly namespace: string
}

const REPLICAS = 3
const FOREVER = '-1'

/** One for each topic and setting; none where everything is as it should be. */
export function topicDrift(needs: readonly TopicNeed[], { brokers, topics }: Keeping, cluster: DriftedCluster): readonly Drift[] {
  const kept = new Map(topics.map((keeping) => [keeping.topic, keeping]))
  return needs.flatMap((need) => {
    const keeping = kept.get(need.topic)
    if (keeping === undefined) return []
    const onCluster = `${cluster.namespace}${need.topic}`
    const settings = [...retentionDrift(need, keeping), ...safetyDrift(keeping)]
    return [
      ...settings.map(({ setting, is, should }) => ({ topic: need.topic, setting, is, should, command: alter(cluster.brokers, onCluster, setting, should) })),
      ...replicaDrift(keeping, Math.min(REPLICAS, brokers), cluster.brokers, onCluster),
    ]
  })
}

interface Difference {
  readonly setting: string
  readonly is: string
  readonly should: string
}

function retentionDrift({ kind, cleanup, keptMsMin, keptBytesMin }: TopicNeed, keeping: TopicKeeping): readonly Difference[] {
  const found: Difference[] = []
  const is = [...keeping.cleanup].join(',')
  if (is !== cleanup) found.push({ setting: 'cleanup.policy', is, should: cleanup })
  // Compacted only: nothing expires.
  if (cleanup === 'compact') return found
  // How long a source is kept beyond what recovery needs is its owner's choice.
  const [msMin, bytesMin] = kind === 'source' ? [keptMsMin, keptBytesMin] : [Infinity, Infinity]
  if (keeping.retentionMs < msMin) found.push({ setting: 'retention.ms', is: textOf(keeping.retentionMs), should: textOf(msMin) })
  if (keeping.retentionBytes < bytesMin) found.push({ setting: 'retention.bytes', is: textOf(keeping.retentionBytes), should: textOf(bytesMin) })
  return found
}

function safetyDrift({ replicas, insyncMin, isUnclean }: TopicKeeping): readonly Difference[] {
  // One copy may be away, and no confirmed record is on one copy only. With fewer copies a write would wait for all of them.
  const should = replicas >= REPLICAS ? 2 : 1
  return [
    ...(insyncMin === should ? [] : [{ setting: 'min.insync.replicas', is: String(insyncMin), should: String(should) }]),
    ...(isUnclean ? [{ setting: 'unclean.leader.election.enable', is: 'true', should: 'false' }] : []),
  ]
}

function replicaDrift({ topic, replicas }: TopicKeeping, should: number, brokers: string, onCluster: string): readonly Drift[] {
  if (replicas >= should) return []
  const command = `kafka-reassign-partitions --bootstrap-server ${brokers} --execute --reassignment-json-file <file> (kafka-configs cannot; the file names ${should} brokers for each partition of ${onCluster})`
  return [{ topic, setting: 'replication', is: String(replicas), should: String(should), command }]
}

const textOf = (bound: number): string => (bound === Infinity ? FOREVER : String(bound))

function alter(brokers: string, onCluster: string, setting: string, value: string): string {
  return `kafka-configs --bootstrap-server ${brokers} --alter --entity-type topics --entity-name ${onCluster} --add-config ${setting}=${value}`
}

/** Of a broker that does not verify what transactions write. */
export function unverifyingLine(broker: number, { brokers }: DriftedCluster): string {
  return `broker ${broker}: ${VERIFICATION} is false, should be true: what comes late could stand outside of any transaction, and hold up all who read. Mend it: kafka-configs --bootstrap-server ${brokers} --alter --entity-type brokers --entity-default --add-config ${VERIFICATION}=true`
}

/** A line for people. */
export function driftLine({ topic, setting, is, should, command }: Drift): string {
  return `topic ${topic}: ${setting} is ${is}, should be ${should}. Mend it: ${command}`
}
