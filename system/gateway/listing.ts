// Listing: entities by id, of those in a state or with certain numbers, from an index that is brought up to date when it is asked.
//
// T1. Entities are shown as they were stored last, which is committed; how far that may be behind is told with them.
// T2. An answer takes no longer than its deadline, and looks at EXAMINED_MAX entities at most: a page may hold fewer than its limit and not be the last.
// T3. While the index is built for the first time there is no answer: what it lacks cannot be told.
import { within } from '../protocol/within.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { EntityIndex, IndexedEntity } from '../ports/entity-index.ts'
import type { IndexFeeder } from '../inspect/index-feeder.ts'
import { isIn } from '../node/in-state.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { EntitiesResult, ListAsked, ListedEntity } from './gateway.ts'
import { fits } from './where.ts'

const EXAMINED_MAX = 20_000
const ROWS_MAX = 500
/** Work between two turns of others, ms. */
const SLICE_MS = 4
/** Of the deadline, for making the index for the first time; and how long bringing it up to date is waited for at the most, ms: what it lacks then shows as lag. */
const BUILD_SHARE = 0.8
const ROUND_MS_MAX = 1000

export class Listing {
  readonly #clock: Clock
  readonly #index: EntityIndex
  readonly #feeder: IndexFeeder

  constructor(clock: Clock, index: EntityIndex, feeder: IndexFeeder) {
    this.#clock = clock
    this.#index = index
    this.#feeder = feeder
  }

  async list(plan: TypePlan, asked: ListAsked): Promise<EntitiesResult> {
    const askedMs = this.#clock.nowMs()
    const untilMs = this.#clock.monotonicMs() + asked.deadlineMs
    const waitMs = asked.deadlineMs * BUILD_SHARE
    const isBuilt = await this.#shown(plan, askedMs) !== undefined
    await within(this.#clock, this.#feeder.round(plan), isBuilt ? Math.min(ROUND_MS_MAX, waitMs) : waitMs, () => {})
    const shown = await this.#shown(plan, askedMs)
    if (shown === undefined) return { kind: 'building', reason: `the index of '${plan.definition.name}' is made from its stored states, which takes longer than ${asked.deadlineMs} ms` }
    return { kind: 'entities', page: { ...await this.#page(plan, asked, untilMs), index: shown } }
  }

  /** Undefined: some partition has not been read to its end yet. */
  async #shown({ group, partitions }: TypePlan, askedMs: number) {
    const nowMs = this.#clock.nowMs()
    let lagMs = 0
    const at = []
    for (let partition = 0; partition < partitions; partition += 1) {
      const place = await this.#index.place(group, partition)
      if (place?.seq === undefined) return undefined
      const { life, epoch, seq, behindMs, readMs } = place
      // One that never ran has nothing to show.
      if (seq >= 0) at.push({ partition, life, epoch, seq })
      lagMs = Math.max(lagMs, behindMs !== undefined ? nowMs - behindMs : readMs >= askedMs ? 0 : nowMs - readMs)
    }
    return { lagMs, at }
  }

  async #page({ group }: TypePlan, { state, conditions, limit, after, signal }: ListAsked, untilMs: number): Promise<{ readonly entities: readonly ListedEntity[]; readonly next: EntityId | undefined }> {
    const configurations = state === undefined ? undefined : (await this.#index.configurations(group)).filter((one) => isIn(one, state))
    const entities: ListedEntity[] = []
    let last = after
    let restedMs = this.#clock.monotonicMs()
    for (let examined = 0; examined < EXAMINED_MAX;) {
      const rowsMax = conditions.length === 0 ? Math.min(ROWS_MAX, limit - entities.length) : ROWS_MAX
      const rows = await this.#index.rows({ group, configurations, after: last, rowsMax })
      for (const row of rows) {
        last = row.id
        if (fits(row.numbers, conditions)) entities.push(listed(row, conditions.map(({ name }) => name)))
        if (entities.length === limit) break
      }
      const isLast = rows.length < rowsMax && rows.at(-1)?.id === last
      if (rows.length === 0 || isLast) return { entities, next: undefined }
      if (entities.length === limit || this.#clock.monotonicMs() > untilMs || signal?.aborted === true) break
      examined += rows.length
      if (this.#clock.monotonicMs() - restedMs < SLICE_MS) continue
      await this.#clock.sleep(1, signal)
      restedMs = this.#clock.monotonicMs()
    }
    return { entities, next: last }
  }
}

function listed({ id, configuration, seq, storedMs, numbers }: IndexedEntity, names: readonly string[]): ListedEntity {
  const shown = names.length === 0 ? {} : { numbers: Object.fromEntries(names.map((name) => [name, numbers[name] ?? 0])) }
  return { id, configuration, changedSeq: seq, changedMs: storedMs, ...shown }
}
