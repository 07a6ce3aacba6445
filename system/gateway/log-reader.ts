// Log reader: what a gateway answers from the log, whoever owns the partitions.
//
// Owns: the turn of those who read. Long reads come one after the other: many at once would each take many times as long.
import { historyPage } from '../inspect/history-page.ts'
import type { HistoryAsked } from '../inspect/history-page.ts'
import { deadLetterTopics, letterAt, lettersPage } from '../inspect/letters.ts'
import type { Letter, LettersAsked } from '../inspect/letters.ts'
import { OutOfTime } from '../inspect/patient-log.ts'
import type { Patience } from '../inspect/patient-log.ts'
import { Shortages } from '../inspect/shortages.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { EntityId } from '../protocol/ids.ts'
import { within } from '../protocol/within.ts'
import { EntityTail } from '../inspect/entity-tail.ts'
import type { HistoryResult, LettersResult, Unread } from './gateway.ts'
import type { Tail } from './inspecting.ts'

interface ReaderPorts {
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
}

/** For a page to be made of what was read in time, ms. */
const GRACE_MS = 200

export class LogReader {
  readonly #ports: ReaderPorts
  readonly #plans: ReadonlyMap<string, TypePlan>
  readonly #shortages: Shortages
  #turn: Promise<unknown> = Promise.resolve()

  constructor(ports: ReaderPorts, plans: ReadonlyMap<string, TypePlan>) {
    this.#ports = ports
    this.#plans = plans
    this.#shortages = new Shortages(ports.clock)
  }

  history(plan: TypePlan, id: EntityId, asked: HistoryAsked): Promise<HistoryResult> {
    const { log, codec, clock } = this.#ports
    return this.#inTurn(asked, async (patience) => {
      const page = await historyPage(log, codec, clock, plan, id, { ...asked, ...patience })
      return page.at.life === '' ? { kind: 'unread', reason: `partition ${page.at.partition} of '${plan.definition.name}' has not run yet` } : { kind: 'history', page }
    })
  }

  /** What the entity takes, read on with each call. */
  tail(plan: TypePlan, id: EntityId): Tail {
    const tail = new EntityTail(this.#ports, plan, id)
    return { read: (asked, after) => this.#inTurn(asked, (patience) => tail.read(patience, after)), letGo: (upTo) => tail.letGo(upTo) }
  }

  letters(asked: LettersAsked): Promise<LettersResult> {
    const { log, clock } = this.#ports
    return this.#inTurn(asked, async (patience) => ({ kind: 'letters', page: await lettersPage(log, clock, this.#plans, { ...asked, ...patience, shortages: this.#shortages }) }))
  }

  async letter(topic: string, partition: number, offset: number): Promise<Letter | undefined> {
    const partitions = deadLetterTopics(this.#plans.values()).get(topic) ?? 0
    return partition < partitions ? letterAt(this.#ports.log, topic, partition, offset) : undefined
  }

  /** The time in which others are read is of the asker's own; what is read by then of its own is given as far as it came. */
  async #inTurn<T>({ deadlineMs, signal }: Patience, read: (patience: Patience) => Promise<T>): Promise<T | Unread> {
    const { clock } = this.#ports
    const untilMs = clock.monotonicMs() + deadlineMs
    const leftMs = (): number => Math.max(0, Math.round(untilMs - clock.monotonicMs()))
    const before = this.#turn
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#turn = before.then(() => promise)
    const over = new AbortController()
    const late = clock.sleep(deadlineMs, signal === undefined ? over.signal : AbortSignal.any([over.signal, signal])).then(() => false)
    const isNext = await Promise.race([before.then(() => true), late])
    over.abort()
    if (!isNext) {
      resolve()
      return { kind: 'unread', reason: `others are read first, and ${signal?.aborted === true ? 'whoever asked does not wait for it any more' : `${deadlineMs} ms are over`}` }
    }
    // The turn is over with the reading, whoever still waits for it.
    const reading = read({ deadlineMs: leftMs(), signal }).finally(resolve).catch((thrown: unknown): Unread => {
      if (thrown instanceof OutOfTime) return { kind: 'unread', reason: thrown.message }
      throw thrown
    })
    return within(clock, reading, leftMs() + GRACE_MS, (): Unread => ({ kind: 'unread', reason: `the log has not answered within ${deadlineMs} ms` }))
  }
}
