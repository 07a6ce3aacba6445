// Which member of a group gets which partition indices. Pure; the group's leader computes it.
//
// A1. Index p of every topic or of none.
// A2. Every index has one member, as long as any member may have one.
// A3. Members keep what they had, up to their share; shares differ by at most one.
// A4. Members whose manifest (topics and their partitions) is not that of most get nothing, with the reason.

/** What a member tells the leader. */
export interface Candidate {
  readonly memberId: string
  /** Names the membership of a process; survives its member id. */
  readonly owner: string
  /** Partitions by topic, as the member sees them. */
  readonly manifest: Readonly<Record<string, number>>
  /** Indices it had, and in which generation it got them. */
  readonly owned: readonly number[]
  readonly generation: number
}

export interface Assigned {
  readonly indices: readonly number[]
  /** Why there are none. */
  readonly reason: string | undefined
}

export function assign(members: readonly Candidate[]): ReadonlyMap<string, Assigned> {
  const plan = new Map<string, Assigned>()
  const elected = electedManifest(members)
  const able = members.filter((member) => keyOf(member) === elected).sort((a, b) => (a.owner < b.owner ? -1 : 1))
  for (const member of members) if (keyOf(member) !== elected) plan.set(member.memberId, { indices: [], reason: `reads ${keyOf(member)}, most members of the group read ${elected ?? 'nothing'}` })
  const [first] = able
  if (first === undefined) return plan
  const counts = new Set(Object.values(first.manifest))
  if (counts.size !== 1) {
    for (const { memberId } of able) plan.set(memberId, { indices: [], reason: `all topics must have the same number of partitions: ${elected ?? ''}` })
    return plan
  }
  for (const [memberId, indices] of shares(able, [...counts][0] ?? 0)) plan.set(memberId, { indices, reason: undefined })
  return plan
}

/** That of most members; of as many, the one with more topics, then by name: every member would choose the same. */
function electedManifest(members: readonly Candidate[]): string | undefined {
  const votes = new Map<string, { count: number; readonly topics: number }>()
  for (const member of members) {
    const key = keyOf(member)
    const vote = votes.get(key) ?? { count: 0, topics: Object.keys(member.manifest).length }
    vote.count += 1
    votes.set(key, vote)
  }
  return [...votes].sort(([a, x], [b, y]) => y.count - x.count || y.topics - x.topics || (a < b ? -1 : 1))[0]?.[0]
}

function keyOf({ manifest }: Candidate): string {
  return Object.entries(manifest).map(([topic, partitions]) => `${topic} (${partitions})`).sort().join(', ')
}

function shares(members: readonly Candidate[], partitions: number): ReadonlyMap<string, readonly number[]> {
  const kept = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]))
  const free = new Set(Array.from({ length: partitions }, (_, index) => index))
  // Who got an index last has it: an older claim is of one that was away.
  for (const { memberId, owned } of [...members].sort((a, b) => b.generation - a.generation)) {
    for (const index of owned) if (free.delete(index)) kept.get(memberId)?.push(index)
  }
  const share = Math.floor(partitions / members.length)
  let larger = partitions % members.length
  const richestFirst = [...kept].sort((a, b) => b[1].length - a[1].length)
  const limits = richestFirst.map(([memberId, indices]) => {
    const limit = share + (larger > 0 ? 1 : 0)
    larger -= larger > 0 ? 1 : 0
    for (const index of indices.sort((a, b) => a - b).splice(limit)) free.add(index)
    return { memberId, indices, limit }
  })
  const left = [...free].sort((a, b) => a - b)
  for (const { indices, limit } of limits) indices.push(...left.splice(0, limit - indices.length))
  return new Map(limits.map(({ memberId, indices }) => [memberId, indices.sort((a, b) => a - b)]))
}
