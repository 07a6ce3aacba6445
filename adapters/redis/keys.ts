// Keys and fields: where a bucket stands in Redis.
//
// A bucket is one hash: the fields `life` and `mark`, and one field `+<id>` for each snapshot. Both names begin with no sign, so no id meets them.
// The hash tag keeps a bucket and what is staged for it in one slot of a Cluster; buckets spread over all of it.
import type { BucketAddress } from '../../system/ports/cache.ts'
import type { EntityId } from '../../system/protocol/ids.ts'
import { parseEntityId } from '../../system/protocol/ids.ts'
import { percentEncode } from '../../system/protocol/percent.ts'

export const LIFE_FIELD = 'life'
export const MARK_FIELD = 'mark'

/** `<prefix>{<group>/<partition>/<bucket>}`, the group percent-encoded: no brace and no slash of its own. */
export function bucketKey(prefix: string, at: BucketAddress): string {
  return `${prefix}{${percentEncode(at.group)}/${at.partition}/${at.bucket}}`
}

/** Where one attempt gathers what does not fit into one request. */
export function stagingKey(bucket: string, attempt: string): string {
  return `${bucket}/staging/${attempt}`
}

export function snapshotField(id: EntityId): string {
  return `+${id}`
}

/** In a staging key alone: the snapshot is to be removed. */
export function removalField(id: EntityId): string {
  return `-${id}`
}

/** The id of a snapshot's field, undefined for any other field. */
export function idOfField(field: string): EntityId | undefined {
  return field.startsWith('+') ? parseEntityId(field.slice(1)) : undefined
}
