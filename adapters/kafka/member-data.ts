// What members of a group tell each other through it, as the user data of their subscriptions and assignments.
//
// A member of another assigner, or of another version, leaves out what we say: it is read as nothing.
export interface SubscriptionData {
  readonly owner: string
  readonly manifest: Readonly<Record<string, number>>
  readonly generation: number
}

export interface AssignmentData {
  /** Owner and instance id of every member. */
  readonly living: readonly (readonly [string, string | null])[]
  /** What the member named as it joined; absent where the leader is of an earlier version. */
  readonly manifest?: Readonly<Record<string, number>>
  readonly reason: string | null
}

export const packed = (data: SubscriptionData | AssignmentData): Buffer => Buffer.from(JSON.stringify(data))

export function subscriptionData(bytes: Buffer | null | undefined, memberId: string): SubscriptionData {
  const { owner = memberId, manifest = {}, generation = -1 } = parsed<SubscriptionData>(bytes)
  return { owner, manifest, generation }
}

export function assignmentData(bytes: Buffer | null | undefined): AssignmentData {
  const { living = [], manifest, reason = null } = parsed<AssignmentData>(bytes)
  return { living, reason, ...(manifest === undefined ? {} : { manifest }) }
}

/** Of manifests: the same topics, each with as many partitions. */
export function isSame(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}

function parsed<T>(bytes: Buffer | null | undefined): Partial<T> {
  try {
    const value: unknown = JSON.parse(String(bytes ?? ''))
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
