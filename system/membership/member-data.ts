// What members of a group say to each other in their user data.
import { unpacked } from './user-data.ts'

export interface SubscriptionData {
  readonly owner: string
  readonly manifest: Readonly<Record<string, number>>
  readonly generation: number
  /** Indices that it had in that generation; empty where the protocol says so itself. */
  readonly owned: readonly number[]
}

export interface AssignmentData {
  /** Owner and instance id of every member. */
  readonly living: readonly (readonly [string, string | null])[]
  /** What the member named as it joined; absent where the leader is of an earlier version. */
  readonly manifest?: Readonly<Record<string, number>>
  readonly reason: string | null
}

export function subscriptionData(bytes: Buffer | null | undefined, memberId: string): SubscriptionData {
  const { owner = memberId, manifest = {}, generation = -1, owned = [] } = unpacked<SubscriptionData>(bytes)
  return { owner, manifest, generation, owned }
}

export function assignmentData(bytes: Buffer | null | undefined): AssignmentData {
  const { living = [], manifest, reason = null } = unpacked<AssignmentData>(bytes)
  return { living, reason, ...(manifest === undefined ? {} : { manifest }) }
}

/** Of manifests: the same topics, each with as many partitions. */
export function isSame(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
