// Numbers: what of an entity's context can be compared with a number: its numbers and flags by their paths, and the features of its feature states as of
// their newest event.
//
// B1. At most NUMBERS_MAX, in the order in which they stand; nothing deeper than DEPTH_MAX, no lists.
import { knownSetOf } from '../features/known-sets.ts'

const NUMBERS_MAX = 100
export const DEPTH_MAX = 4
const NAME_LENGTH_MAX = 128

export function numbersOf(context: unknown): Readonly<Record<string, number>> {
  const found: [string, number][] = []
  collect(context, '', 0, found)
  return Object.fromEntries(found)
}

function collect(value: unknown, name: string, depth: number, found: [string, number][]): void {
  if (found.length >= NUMBERS_MAX || name.length > NAME_LENGTH_MAX) return
  if (typeof value === 'number' || typeof value === 'boolean') {
    if (name !== '' && Number.isFinite(Number(value))) found.push([name, Number(value)])
    return
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value) || depth >= DEPTH_MAX) return
  const features = knownSetOf(value)
  const entries = features === undefined ? Object.entries(value) : valuesOf(features)
  for (const [key, one] of entries) collect(one, name === '' ? key : `${name}.${key}`, depth + 1, found)
}

function valuesOf({ set, state }: NonNullable<ReturnType<typeof knownSetOf>>): readonly (readonly [string, number])[] {
  try {
    return set.values(state).map((value, at) => [set.names[at] ?? String(at), value] as const)
  } catch {
    // A feature that has no finite value now: the set tells of none.
    return []
  }
}
