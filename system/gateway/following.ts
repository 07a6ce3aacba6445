// Following: one look after another at each entity that somebody follows; what is new of it goes to all who do.
//
// Owns: who follows which entity, and what was seen of it last. With nobody following nothing is asked, and nothing kept.
//
// L1. Looks at an entity are FOLLOW_EVERY_MS apart, or as far as it is told, however many follow it; one that is not answered holds up no other entity.
// L2. A follower is given the newest when it asks: whoever is slow misses what was between, and makes no queue (I9).
// L3. What is given never goes back in (epoch, seq) within a life. An entity is given when the place of its last change has moved on, or what is put aside
//     for it; and anew after it could not be seen.
// L4. That nobody answers is told once for each state that its partition is in then, and the looks go on.
// L5. What a follower is given first was looked for after it came (G1): also where nothing has changed, never from the look that was under way.
import { FOLLOWED_MAX, FOLLOW_EVERY_MS } from '../protocol/limits.ts'
import { OperationError } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { EntityAnswer } from '../partition/view.ts'
import type { EntityResult } from './gateway.ts'

/** How long an owner may take before its partition counts as moving. */
const ANSWER_MS_MAX = 1000

type Look = (type: string, id: EntityId, waiting: { readonly deadlineMs: number; readonly signal: AbortSignal }) => Promise<EntityResult>

interface Followed {
  readonly type: string
  readonly id: EntityId
  /** Aborts when nobody follows it any more. */
  readonly over: AbortController
  readonly waiting: Set<() => void>
  followers: number
  /** Looks begun, and the last of them that told something. */
  begun: number
  answered: number
  /** What that told; undefined before. */
  newest: EntityResult | undefined
  /** How often it was another than before. */
  changes: number
  /** The newest that was seen, whatever came after. */
  entity: EntityAnswer | undefined
}

export class Following {
  readonly #look: Look
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #followed = new Map<string, Followed>()

  constructor(look: Look, clock: Clock, everyMs = FOLLOW_EVERY_MS) {
    this.#look = look
    this.#clock = clock
    this.#everyMs = everyMs
  }

  /** As it is, then one whenever it has changed. Ends when `signal` aborts. Throws OperationError when too many are followed. */
  async *follow(type: string, id: EntityId, signal: AbortSignal): AsyncGenerator<EntityResult, void> {
    const followed = this.#join(type, id)
    const joined = followed.begun
    try {
      for (let given = 0; !signal.aborted;) {
        const { answered, newest, changes } = followed
        if (newest === undefined || answered <= joined || changes === given) await answerOf(followed, signal)
        else {
          given = changes
          yield newest
        }
      }
    } finally {
      this.#leave(followed)
    }
  }

  #join(type: string, id: EntityId): Followed {
    const name = nameOf(type, id)
    let followed = this.#followed.get(name)
    if (followed === undefined) {
      if (this.#followed.size >= FOLLOWED_MAX) throw new OperationError('gateway/followers', `${FOLLOWED_MAX} entities are followed already`)
      followed = { type, id, over: new AbortController(), waiting: new Set(), followers: 0, begun: 0, answered: 0, newest: undefined, changes: 0, entity: undefined }
      this.#followed.set(name, followed)
      void this.#run(followed)
    }
    followed.followers += 1
    return followed
  }

  #leave(followed: Followed): void {
    followed.followers -= 1
    if (followed.followers > 0) return
    this.#followed.delete(nameOf(followed.type, followed.id))
    followed.over.abort()
  }

  async #run(followed: Followed): Promise<void> {
    const { type, id, over: { signal } } = followed
    // Those who come in the same turn share the first look.
    await Promise.resolve()
    while (!signal.aborted) {
      followed.begun += 1
      const dueMs = this.#clock.monotonicMs() + this.#everyMs
      try {
        take(followed, await this.#look(type, id, { deadlineMs: ANSWER_MS_MAX, signal }))
      } catch (thrown) {
        take(followed, { kind: 'unavailable', type, partition: followed.entity?.partition ?? 0, state: 'unknown', reason: thrown instanceof Error ? thrown.message : String(thrown) })
      }
      await this.#clock.sleep(Math.max(0, dueMs - this.#clock.monotonicMs()), signal)
    }
  }
}

const nameOf = (type: string, id: EntityId): string => `${type}/${id}`

/** L3, L4. */
function take(followed: Followed, result: EntityResult): void {
  if (followed.over.signal.aborted) return
  const { newest, entity } = followed
  if (result.kind === 'unavailable') {
    // Whoever is live was only too busy to tell.
    if (result.state === 'live') return
    if (newest?.kind !== 'unavailable' || newest.state !== result.state) followed.changes += 1
  } else {
    const { answer } = result
    if (entity !== undefined && entity.life === answer.life && isBefore(answer, entity)) return
    followed.entity = answer
    if (entity === undefined || newest?.kind !== 'entity' || changeName(entity) !== changeName(answer)) followed.changes += 1
  }
  followed.newest = result
  followed.answered = followed.begun
  for (const tell of [...followed.waiting]) tell()
}

const isBefore = (a: EntityAnswer, b: EntityAnswer): boolean => a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq)

function changeName({ life, code, entity }: EntityAnswer): string {
  return entity === undefined ? `${life} ${code} none` : `${life} ${code} ${entity.changedSeq} ${entity.status} ${entity.parked?.events ?? '-'}`
}

/** After the next look that tells something, or when `signal` aborts. */
async function answerOf({ waiting }: Followed, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const tell = (): void => resolve()
  waiting.add(tell)
  signal.addEventListener('abort', tell)
  await promise
  signal.removeEventListener('abort', tell)
  waiting.delete(tell)
}
