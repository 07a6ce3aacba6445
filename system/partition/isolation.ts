// Isolation: how a partition goes on after crashes: one firing, release or arrival at a time, alone in its process, each named in the journal before it
// runs. Ends by itself after a clean run.
//
// Owns: the suspicion while the partition is live. `cycle.ts` runs the batches.
//
// C1. A suspect is committed before anything of it runs.
// C3. Inputs that are blamed are not named again: they run no code any more.
import { CLEAN_COMMITS } from '../protocol/limits.ts'
import { timerCause } from '../protocol/ids.ts'
import type { RecordRange } from '../protocol/record.ts'
import { inputRef } from './arrivals.ts'
import type { Arrival } from './arrivals.ts'
import type { CommitResult } from './commit.ts'
import type { PartitionParts } from './parts.ts'
import type { PartitionDeps } from './deps.ts'
import type { Due } from './due-index.ts'
import { loadEntities, watermarkAfter } from './loading.ts'
import type { Suspects, Suspicion } from './suspicion.ts'

export class Isolation {
  readonly #deps: PartitionDeps
  readonly #parts: PartitionParts
  readonly #suspicion: Suspicion

  constructor(deps: PartitionDeps, parts: PartitionParts, suspicion: Suspicion) {
    this.#deps = deps
    this.#parts = parts
    this.#suspicion = suspicion
  }

  /** A batch was committed: what was named has gone well. True: the run was clean, and isolation is over. */
  settled(): boolean {
    this.#suspicion.resolve()
    if (this.#parts.committer.batches < CLEAN_COMMITS) return false
    const { plan, telemetry } = this.#deps
    // As loud as its beginning: whoever heard of the one waits for the other.
    telemetry.log('warn', `${plan.group}/${this.#parts.memory.partition}: isolation is over: ${CLEAN_COMMITS} batches have gone well`)
    return true
  }

  /** Names what runs next, unless it is blamed already or runs no code of the user. Answers an outcome that is not `done`. */
  async name(cause: string | undefined, nowMs: number): Promise<Exclude<CommitResult, { readonly kind: 'done' }> | undefined> {
    const { memory, committer, forced } = this.#parts
    if (cause === undefined) return undefined
    if (forced.has(cause)) {
      this.#suspicion.pass(cause)
      return undefined
    }
    const suspects = this.#suspicion.next(cause)
    const result = await committer.commit({ kind: 'suspect', seq: memory.seq + 1, nowMs, batch: undefined, inputs: [], watermarks: memory.watermarks?.save() ?? [], models: memory.models, idle: false, pace: 'steady', suspects })
    return result.kind === 'done' ? undefined : result
  }

  /** What the commit of the batch in hand carries on. */
  get carried(): Suspects {
    return this.#suspicion.carriedAfter
  }

  /** What is due already, before any input. Loads its entity. */
  async due(nowMs: number): Promise<{ readonly cause: string | undefined } | undefined> {
    const { entities, watermarks } = this.#parts.memory
    const [clockDue] = entities.clockDues.due(nowMs + 1, 1)
    const eventDue = entities.eventDues.peek()
    const due = clockDue ?? (eventDue !== undefined && watermarks !== undefined && eventDue.dueMs < watermarks.currentMs ? eventDue : undefined)
    return due === undefined ? undefined : { cause: await this.#causeOf(due) }
  }

  /** What the arrival makes due before it is applied itself. */
  async dueAfter(arrivals: readonly Arrival[]): Promise<string | undefined> {
    const due = this.#parts.memory.entities.eventDues.peek()
    return due !== undefined && due.dueMs < watermarkAfter(this.#parts.memory, arrivals) ? this.#causeOf(due) : undefined
  }

  /** Of the one record that was polled. */
  arrivalCause(ranges: readonly RecordRange[]): string | undefined {
    const [range] = ranges
    const record = range?.records[0]
    return range === undefined || record === undefined ? undefined : inputRef(this.#deps.plan.inputs, range.topic, record.offset)
  }

  async #causeOf(due: Due): Promise<string | undefined> {
    const { memory, states } = this.#parts
    if (!memory.entities.has(due.entity)) await loadEntities(memory, this.#deps.codec, states, new Set([due.entity]), false)
    const entity = memory.entities.peek(due.entity)
    const held = due.kind === 0 ? entity?.holds[0] : undefined
    if (held !== undefined) return inputRef(this.#deps.plan.inputs, held.topic, held.offset)
    const timer = due.kind === 1 ? entity?.timers.get(due.id) : undefined
    return timer === undefined ? undefined : timerCause(due.entity, due.id, timer.generation)
  }
}
