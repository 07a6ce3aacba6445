// Assertions of numbered invariants. A failed one is a defect of statelog, never of the user's data:
// the partition that meets it stops ("escalate") and says which invariant broke.

/** Thrown when a numbered invariant (I1..I12, or one named in a file's header) does not hold. */
export class InvariantBroken extends TypeError {
  override readonly name = 'InvariantBroken'
}

/** Throws `InvariantBroken` unless `condition` holds; `invariant` starts with the invariant's name. */
export function assert(condition: boolean, invariant: string): asserts condition {
  if (!condition) throw new InvariantBroken(invariant)
}

/** Marks a switch as complete: the compiler proves that `value` cannot exist. */
export function unreachable(value: never): never {
  throw new InvariantBroken(`unreachable: ${JSON.stringify(value)}`)
}
