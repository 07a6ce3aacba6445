// Suspicion: what is named in the journal before it runs, so that the owner after a crash knows what ran. Live: one input; in recovery: one record,
// then one entity of it.
//
// Owns: who was named, and with whom owners died. Commits nothing by itself.
//
// C1. A suspect is committed before anything of it runs. That an owner died with it is carried on by every record until a batch that ran it was
//     committed, whatever else is named or goes well before: timers fire at every start.
// C2. It is blamed when SUSPECT_TIMES_MAX owners died with it (an entity in recovery, already narrowed down: once less). Once may be chance, such as
//     an operator's `kill -9`; an owner that lives and only lost the partition says nothing.
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

/** What a journal record says about suspects. */
export interface Suspects {
  /** Named by the record; in others the one with which an owner died last. */
  readonly suspect: Suspect | undefined
  readonly alsoSuspect: readonly Suspect[]
}

export const NO_SUSPECTS: Suspects = { suspect: undefined, alsoSuspect: [] }

/** Only one can be added by each death. */
const SUSPECTS_MAX = 16

export class Suspicion {
  /** With which causes owners died, and how many; the newest last. */
  readonly #deaths = new Map<string, number>()
  #named: string | undefined

  /** `isInnocent`: the owner that named the suspect last lives; that time does not count. */
  constructor({ suspect, alsoSuspect }: Suspects, isInnocent: boolean) {
    for (const { cause, times } of alsoSuspect.slice(1 - SUSPECTS_MAX)) this.#deaths.set(cause, times)
    const times = (suspect?.times ?? 0) - (isInnocent ? 1 : 0)
    if (suspect !== undefined && times >= 1) this.#deaths.set(suspect.cause, times)
  }

  /** What a record carries on that names nobody. */
  get carried(): Suspects {
    const all = [...this.#deaths].map(([cause, times]) => ({ cause, times }))
    return { suspect: all.at(-1), alsoSuspect: all.slice(0, -1) }
  }

  /** What the record carries on that commits what was named: that has gone well. */
  get carriedAfter(): Suspects {
    const all = [...this.#deaths].filter(([cause]) => cause !== this.#named).map(([cause, times]) => ({ cause, times }))
    return { suspect: all.at(-1), alsoSuspect: all.slice(0, -1) }
  }

  /** What the record says that names `cause`. */
  next(cause: string): Suspects {
    this.#named = cause
    const others = [...this.#deaths].filter(([other]) => other !== cause)
    return { suspect: { cause, times: (this.#deaths.get(cause) ?? 0) + 1 }, alsoSuspect: others.map(([other, times]) => ({ cause: other, times })) }
  }

  /** It runs no code of the user any more: it is not named. */
  pass(cause: string): void {
    this.#named = cause
  }

  /** What was named has been committed. */
  resolve(): void {
    if (this.#named !== undefined) this.#deaths.delete(this.#named)
    this.#named = undefined
  }

  /** Everything was folded. */
  recovered(): void {
    for (const cause of this.#deaths.keys()) if (foldOf(cause) !== undefined) this.#deaths.delete(cause)
    this.#named = undefined
  }

  /** Inputs that are blamed (C2). */
  get blamed(): readonly string[] {
    return [...this.#deaths].filter(([cause, deaths]) => deaths >= SUSPECT_TIMES_MAX && foldOf(cause) === undefined).map(([cause]) => cause)
  }

  /** What recovery was folding when an owner died last, and whether it is blamed. */
  get folding(): (FoldSuspect & { readonly isBlamed: boolean }) | undefined {
    const [cause, deaths] = [...this.#deaths].at(-1) ?? ['', 0]
    const fold = foldOf(cause)
    return fold === undefined ? undefined : { ...fold, isBlamed: deaths >= SUSPECT_TIMES_MAX - 1 }
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
