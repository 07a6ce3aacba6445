// Suspicion: what is named in the journal before it runs, so that the owner after a crash knows what ran. Live: one input; in recovery: one record,
// then one entity of it.
//
// Owns: the pending suspect. Commits nothing by itself.
//
// C1. A suspect is committed before anything of it runs, and stays pending until a batch was committed after it.
// C2. It is blamed when its owners died SUSPECT_TIMES_MAX times in a row while it was pending (an entity in recovery, already narrowed down: once less).
//     Once may be chance, such as an operator's `kill -9`; an owner that lives and only lost the partition says nothing.
import { SUSPECT_TIMES_MAX } from '../protocol/limits.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Suspect } from './journal.ts'

/** What recovery was folding when nothing more was heard. */
export interface FoldSuspect {
  readonly seq: number
  /** Undefined: the record as a whole. */
  readonly entity: EntityId | undefined
  /** Its inputs were decoded, nothing more. */
  readonly isDecoding: boolean
}

export class Suspicion {
  #pending: Suspect | undefined

  /** `isInnocent`: the owner that named the pending suspect last lives; that time does not count. */
  constructor(pending: Suspect | undefined, isInnocent: boolean) {
    const times = (pending?.times ?? 0) - (isInnocent ? 1 : 0)
    this.#pending = pending === undefined || times < 1 ? undefined : { cause: pending.cause, times }
  }

  get pending(): Suspect | undefined {
    return this.#pending
  }

  /** The suspect record that names `cause`. */
  next(cause: string): Suspect {
    this.#pending = { cause, times: this.#pending?.cause === cause ? this.#pending.times + 1 : 1 }
    return this.#pending
  }

  resolve(): void {
    this.#pending = undefined
  }

  /** The input that is blamed (C2); undefined: none. */
  get blamed(): string | undefined {
    const pending = this.#pending
    return pending !== undefined && pending.times >= SUSPECT_TIMES_MAX && foldOf(pending.cause) === undefined ? pending.cause : undefined
  }

  /** What recovery was folding last, and whether it is blamed. */
  get folding(): (FoldSuspect & { readonly isBlamed: boolean }) | undefined {
    const fold = this.#pending === undefined ? undefined : foldOf(this.#pending.cause)
    return fold === undefined ? undefined : { ...fold, isBlamed: (this.#pending?.times ?? 0) >= SUSPECT_TIMES_MAX - 1 }
  }
}

export function foldCause({ seq, entity, isDecoding }: FoldSuspect): string {
  return entity === undefined ? `fold ${seq}` : `${isDecoding ? 'decode' : 'fold'} ${seq} ${entity}`
}

/** Causes of inputs hold no space. */
function foldOf(cause: string): FoldSuspect | undefined {
  const [, what, seq, id] = /^(fold|decode) (\d+)(?: ([^]+))?$/.exec(cause) ?? []
  if (seq === undefined) return undefined
  return { seq: Number(seq), entity: id === undefined ? undefined : parseEntityId(id), isDecoding: what === 'decode' }
}
