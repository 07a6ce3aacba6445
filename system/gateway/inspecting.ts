// Inspecting: an entity as it changes, told as inspection events (`../inspect/inspection.ts`): what it took before from its history, and what it takes from the
// tail of that (`../inspect/entity-tail.ts`), which is read on each time a look shows that there is more.
//
// Owns: how many entities are inspected through each gateway, and what each of them was told last.
//
// P1. An input is told once, in order; one that is not told leaves a mark on what comes next. A new life of the partition begins with the actor anew.
// P2. Reading takes at most a part of the time: the next begins as long after it as it took, EVERY_MS at least and PAUSE_MS_MAX at most. Nothing is read while nothing changes.
// P3. Where it cannot be read in time, what was seen is told in its place.
// P4. At most INSPECTED_MAX are inspected at a time.
import type { Clock } from '../ports/clock.ts'
import { INSPECTED_MAX } from '../protocol/limits.ts'
import { OperationError } from '../protocol/failures.ts'
import { recorded, seenActor, seenEvent, takenEvents } from '../inspect/inspection.ts'
import type { InspectionEvent } from '../inspect/inspection.ts'
import type { HistoryPlace } from '../inspect/history.ts'
import type { Taken } from '../inspect/entity-tail.ts'
import type { EntityAnswer } from '../partition/view.ts'
import type { Waiting } from '../node/query-client.ts'
import type { Gateway, InspectAsked, Unavailable, Unread } from './gateway.ts'
import { unreadReason } from './unread.ts'

const EVERY_MS = 500
const PAUSE_MS_MAX = 2000
/** For what it took before, and for what came since. */
const FIRST_MS_MAX = 5000
const NEXT_MS_MAX = 1000
/** Reads that may come to less than what was seen: the log may show a commit later than its owner, or hold more than is read in time. */
const READS_MAX = 5

type Gatewayed = Pick<Gateway, 'follow' | 'history'>

export interface Tail {
  /** What came after the place, oldest first, as far as it can be read in time; undefined: the partition has not run yet. */
  read(waiting: Waiting, after: HistoryPlace | undefined): Promise<Taken | Unread | undefined>
  /** What is no later than this is not asked for. */
  letGo(upTo: HistoryPlace): void
}

const inspected = new WeakMap<Gatewayed, number>()

/** Until `signal` aborts. Throws OperationError when too many are inspected. */
export function inspect(gateway: Gatewayed, openTail: () => Tail, clock: Clock, asked: InspectAsked, signal: AbortSignal): AsyncIterable<InspectionEvent | Unavailable> {
  roomFor(gateway)
  return told(gateway, openTail, clock, asked, signal)
}

/** P4. How many there are with one more. */
function roomFor(gateway: Gatewayed): number {
  const count = (inspected.get(gateway) ?? 0) + 1
  if (count > INSPECTED_MAX) throw new OperationError('gateway/inspected', `${INSPECTED_MAX} entities are inspected already`)
  return count
}

async function* told(gateway: Gatewayed, openTail: () => Tail, clock: Clock, asked: InspectAsked, signal: AbortSignal): AsyncGenerator<InspectionEvent | Unavailable, void> {
  inspected.set(gateway, roomFor(gateway))
  try {
    const inspection = new Inspection(gateway, openTail, clock, asked, signal)
    for await (const look of gateway.follow(asked.type, asked.id, signal)) {
      if (look.kind === 'unavailable') yield look
      else {
        yield* inspection.seen(look.answer)
        await inspection.rest()
      }
    }
  } finally {
    inspected.set(gateway, (inspected.get(gateway) ?? 1) - 1)
  }
}

/** What was told last. */
interface Told extends HistoryPlace {
  readonly life: string
  /** The entity is not there. */
  readonly isGone: boolean
}

class Inspection {
  readonly #gateway: Gatewayed
  readonly #openTail: () => Tail
  readonly #clock: Clock
  readonly #asked: InspectAsked
  readonly #signal: AbortSignal
  #told: Told | undefined
  /** Up to this commit all was told. */
  #upTo = -1
  #tookMs = 0
  #tail: Tail | undefined

  constructor(gateway: Gatewayed, openTail: () => Tail, clock: Clock, asked: InspectAsked, signal: AbortSignal) {
    this.#gateway = gateway
    this.#openTail = openTail
    this.#clock = clock
    this.#asked = asked
    this.#signal = signal
  }

  async *seen(answer: EntityAnswer): AsyncGenerator<InspectionEvent, void> {
    const told = this.#told?.life === answer.life ? this.#told : undefined
    const { entity } = answer
    if (entity === undefined) {
      // One that there never was is no actor yet, and one that took something since was there again.
      if (told !== undefined && !told.isGone && answer.seq >= told.seq) yield this.#seenOnly(answer, true)
    } else {
      if (told === undefined) {
        yield* await this.#first(answer)
        if (entity.changedSeq > this.#upTo) await this.rest()
      }
      if (this.#told?.isGone === true || entity.changedSeq > this.#upTo) yield* this.#next(answer)
    }
  }

  /** P2. */
  rest(): Promise<void> {
    return this.#clock.sleep(Math.min(PAUSE_MS_MAX, Math.max(EVERY_MS, this.#tookMs)), this.#signal)
  }

  async #first(answer: EntityAnswer): Promise<readonly InspectionEvent[]> {
    const { type, id, definition, entriesMax } = this.#asked
    // The tail begins before the history is read: what is in neither does not exist.
    const tail = (this.#tail = this.#openTail())
    const page = await this.#timed(async () => {
      await tail.read({ deadlineMs: FIRST_MS_MAX, signal: this.#signal }, undefined)
      const result = await this.#gateway.history(type, id, { entriesMax: entriesMax + 1, deadlineMs: FIRST_MS_MAX, signal: this.#signal })
      return result.kind === 'history' && result.page.at.life === answer.life ? result.page : undefined
    })
    const events = page === undefined ? [] : recorded(page, definition, entriesMax)
    const [newest] = page?.entries ?? []
    if (page === undefined || newest === undefined) return [this.#seenOnly(answer, false, seenActor(answer, definition, this.#clock.nowMs()))]
    tail.letGo(newest)
    this.#keep(page.at.life, newest, page.at.seq)
    return events
  }

  async *#next(answer: EntityAnswer): AsyncGenerator<InspectionEvent, void> {
    const { type, id } = this.#asked
    for (let reads = 1; ; reads += 1) {
      const [told, upTo] = [this.#told as Told, this.#upTo]
      const tail = (this.#tail ??= this.#openTail())
      const taken = await this.#timed(async () => tail.read({ deadlineMs: NEXT_MS_MAX, signal: this.#signal }, told))
      if (this.#signal.aborted) return
      const isUnread = taken !== undefined && 'kind' in taken
      const isSame = taken !== undefined && !isUnread && taken.life === answer.life
      if (isSame) {
        const place = { partition: answer.partition, life: taken.life }
        const hasGap = taken.fromSeq > upTo
        // What it took stands in its stored state alone.
        if (hasGap && taken.entries.length === 0) return yield this.#seenOnly(answer, false)
        for (const [nth, entry] of taken.entries.entries()) {
          yield* takenEvents(type, id, place, entry, nth === 0 && hasGap)
          this.#keep(taken.life, entry, Math.max(upTo, entry.seq))
        }
        if (taken.seq >= (answer.entity?.changedSeq ?? 0)) return this.#keep(taken.life, this.#told ?? told, taken.seq)
      }
      // Where others are read first it is only later.
      if (!(isSame || isUnread) || reads === READS_MAX) {
        // From a stored state on it is sooner there.
        this.#tail = undefined
        return yield this.#seenOnly(answer, false)
      }
      await this.rest()
    }
  }

  /** Undefined: it cannot be read. */
  async #timed<T>(read: () => Promise<T>): Promise<T | undefined> {
    const beganMs = this.#clock.monotonicMs()
    try {
      return await read()
    } catch (thrown) {
      unreadReason(thrown)
      return undefined
    } finally {
      this.#tookMs = this.#clock.monotonicMs() - beganMs
    }
  }

  #keep(life: string, { seq, n }: HistoryPlace, upTo: number): void {
    this.#told = { life, seq, n, isGone: false }
    this.#upTo = upTo
  }

  /** P3: what was between is not told later. */
  #seenOnly(answer: EntityAnswer, isGone: boolean, event = seenEvent(answer, this.#clock.nowMs())): InspectionEvent {
    this.#told = { life: answer.life, seq: answer.seq, n: Infinity, isGone }
    this.#upTo = answer.seq
    return event
  }
}
