// How a topic is kept, from the settings that both Kafka drivers read.
import type { TopicKeeping } from '../ports/topic-keeping.ts'

export const KEEPING_SETTINGS = ['cleanup.policy', 'retention.ms', 'retention.bytes', 'min.insync.replicas', 'unclean.leader.election.enable']

/** Of a broker: it takes a batch of a transaction only where that is open. */
export const VERIFICATION = 'transaction.partition.verification.enable'

/** Undefined when the settings may not be seen. */
export function keepingOf(topic: string, replicas: number, value: (setting: string) => string | undefined): TopicKeeping | undefined {
  const [cleanup, retentionMs, retentionBytes] = [value('cleanup.policy'), value('retention.ms'), value('retention.bytes')]
  if (cleanup === undefined || retentionMs === undefined || retentionBytes === undefined) return undefined
  const policies = cleanup.split(',').map((policy) => policy.trim())
  return {
    topic, replicas, cleanup: new Set((['delete', 'compact'] as const).filter((policy) => policies.includes(policy))),
    retentionMs: boundOf(retentionMs), retentionBytes: boundOf(retentionBytes),
    insyncMin: Number(value('min.insync.replicas') ?? 1), isUnclean: value('unclean.leader.election.enable') === 'true',
  }
}

/** Below zero: none. */
const boundOf = (text: string): number => (Number(text) < 0 ? Infinity : Number(text))
