// Looks: those who want to see memory as it was committed, and wait while a batch is in hand.
//
// Owns: whether memory is what was committed last, and who waits until it is again.
//
// K1. A look runs on committed state alone. One that waits for a batch which is not committed is refused.
// K2. So many wait and no more (LOOKS_WAITING_MAX); none once nothing will come to rest any more.
// K3. While somebody looks at entities they are seen at once, as they were committed last: a batch then keeps copies of those that it uses (`befores.ts`).
//     Not where there is a backlog, which goes first, nor those that are parked, before it or by now, whose count of events is in no copy.
import { LOOKS_WAITING_MAX } from '../protocol/limits.ts'
import type { EntityId } from '../protocol/ids.ts'
import { Befores } from './befores.ts'
import type { Entity } from './entity.ts'
import type { Memory } from './memory.ts'

/** Nobody has looked for so long: no copies. */
const LOOKED_MS = 2000

/** Thrown to those who wanted to look while the partition lost its footing, or so many wait that it cannot keep one more. */
export class Unsettled extends TypeError {
  override readonly name = 'Unsettled'
}

export class Looks {
  readonly #memory: Memory
  #state: 'resting' | 'moving' | 'over' = 'resting'
  #lookedMs = -Infinity
  #movingSeq = -1
  readonly #waiting: ((isCommitted: boolean) => void)[] = []

  constructor(memory: Memory) {
    this.#memory = memory
  }

  /** Of the newest commit. */
  get seq(): number {
    return this.#state === 'moving' ? this.#movingSeq : this.#memory.seq
  }

  /** Sees an entity as it was committed last, with the seq of the newest commit; undefined: it is not in memory. Rejects as `atRest` does. */
  at<T>(id: EntityId, nowMs: number, look: (entity: Entity | undefined, seq: number) => T): Promise<T> {
    const { entities, parked } = this.#memory
    this.#lookedMs = nowMs
    const entity = entities.peek(id)
    const { befores } = entities
    const before = entity === undefined ? undefined : befores?.of(entity)
    if (befores === undefined || entity?.parked !== undefined || before?.parked !== undefined || parked.has(id)) return this.atRest(() => look(entities.peek(id), this.#memory.seq))
    return new Promise((resolve) => resolve(look(before, befores.seq)))
  }

  /** Runs `look` now when memory rests, else right after the batch in hand. Rejects when that is not committed, or too many wait for it. */
  atRest<T>(look: () => T): Promise<T> {
    if (this.#state === 'over') return Promise.reject(new Unsettled('the partition has stopped, or is being acquired again'))
    if (this.#state === 'resting') return new Promise((resolve) => resolve(look()))
    if (this.#waiting.length >= LOOKS_WAITING_MAX) return Promise.reject(new Unsettled(`${LOOKS_WAITING_MAX} questions wait for the end of its batch already`))
    return new Promise((resolve, reject) => this.#waiting.push((isCommitted) => {
      if (!isCommitted) return reject(new Unsettled('the partition is being acquired again'))
      try {
        resolve(look())
      } catch (thrown) {
        reject(thrown as TypeError)
      }
    }))
  }

  /** A batch is in hand from here on. True: others are to have their turn while it is folded. `nowMs`: of the monotonic clock. */
  move(nowMs: number, hasBacklog: boolean): boolean {
    this.#state = 'moving'
    this.#movingSeq = this.#memory.seq
    const isLooked = nowMs - this.#lookedMs < LOOKED_MS
    this.#memory.entities.befores = isLooked && !hasBacklog ? new Befores(this.#memory.seq, this.#memory.watermarks?.committedMs) : undefined
    return isLooked && !hasBacklog
  }

  /** It is committed, or will never be. */
  rest(isCommitted: boolean): void {
    // Before the looks are told: whoever asks again at once would wait for ever.
    this.#state = isCommitted ? 'resting' : 'over'
    this.#memory.entities.befores = undefined
    for (const look of this.#waiting.splice(0)) look(isCommitted)
  }

  /** The loop is over. */
  end(): void {
    this.rest(false)
  }
}
