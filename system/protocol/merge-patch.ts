// Merge patches of JSON documents (RFC 7396): what makes one out of another. Documents hold no null: in a patch it takes a member away.

type Members = Readonly<Record<string, unknown>>

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)
/** Whatever the member is called. */
const memberOf = (value: Members, name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined)

/** Undefined: they are the same. Members that are undefined count as missing. */
export function patchBetween(from: Members, to: Members): Members | undefined {
  const changes: (readonly [name: string, change: unknown])[] = []
  for (const name of Object.keys(to)) {
    const [before, after] = [memberOf(from, name), memberOf(to, name)]
    if (after === undefined || before === after) continue
    const change = isMembers(before) && isMembers(after) ? patchBetween(before, after) : isSame(before, after) ? undefined : after
    if (change !== undefined) changes.push([name, change])
  }
  for (const name of Object.keys(from)) if (memberOf(to, name) === undefined && memberOf(from, name) !== undefined) changes.push([name, null])
  return changes.length === 0 ? undefined : Object.fromEntries(changes)
}

/** The document that a patch makes out of another. */
export function patched(from: unknown, patch: unknown): unknown {
  if (!isMembers(patch)) return patch
  const members = new Map(isMembers(from) ? Object.entries(from) : [])
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) members.delete(name)
    else members.set(name, patched(members.get(name), change))
  }
  return Object.fromEntries(members)
}

/** Lists are compared as a whole. */
function isSame(one: unknown, other: unknown): boolean {
  return Object.is(one, other) || (Array.isArray(one) && Array.isArray(other) && JSON.stringify(one) === JSON.stringify(other))
}
