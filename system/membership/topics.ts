// What a group may read: topics that exist and are cut alike.
import { OperationError } from '../protocol/failures.ts'
import type { TopicSpec } from '../protocol/record.ts'
import type { Membership } from '../ports/log.ts'

/** Why an existing topic is not the wanted one; undefined when it is. */
export function topicMismatch(existing: TopicSpec, wanted: TopicSpec): string | undefined {
  if (existing.partitions !== wanted.partitions) return `has ${existing.partitions} partitions, not ${wanted.partitions}: each key would belong to another partition than before. The number stays for the life of an actor type; make the topic anew with ${wanted.partitions}, or begin anew under another app name`
  if (existing.cleanup !== wanted.cleanup) return `has cleanup ${existing.cleanup}, not ${wanted.cleanup}`
  return undefined
}

/** The number of partitions that all topics of a membership have. Throws `topic/unknown` or `topic/partitions`. */
export function partitionsOf(membership: Membership, specOf: (topic: string) => TopicSpec | undefined): number {
  let partitions: number | undefined
  for (const topic of membership.topics) {
    const count = specOf(topic)?.partitions
    if (count === undefined) throw new OperationError('topic/unknown', `${membership.group} cannot read ${topic}: there is no such topic; create it first`)
    partitions ??= count
    if (count === partitions) continue
    throw new OperationError('topic/partitions', `${membership.group} cannot read ${topic}: it has ${count} partitions, ${membership.topics[0] ?? ''} has ${partitions}; all must have the same number`)
  }
  if (partitions === undefined) throw new OperationError('topic/unknown', `${membership.group} reads no topic: name at least its inbox`)
  return partitions
}
