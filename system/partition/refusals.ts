// Refusals: inputs that are not applied. Every one becomes a verdict in the journal and, live, a dead letter with its cause and bytes (I8).
//
// Owns: which verdicts a repeated batch already knows. `supervision.ts` decides; this file records.
import type { Directive, Failure } from '../protocol/failures.ts'
import type { Batch, Subject } from './batch.ts'
import type { Entity } from './entity.ts'
import type { InputRef, Verdict } from './journal.ts'
import type { Memory } from './memory.ts'
import type { FoldPlan } from './fold-context.ts'
import { Escalation } from './supervision.ts'
import type { TurnInput } from './turn-input.ts'

export class Refusals {
  readonly #memory: Memory
  readonly #batch: Batch
  readonly #forced: Map<InputRef, Failure>
  /** Verdicts of the record that is repeated; undefined when live. */
  readonly #known: ReadonlyMap<InputRef, Verdict> | undefined

  constructor(memory: Memory, batch: Batch, plan: FoldPlan) {
    this.#memory = memory
    this.#batch = batch
    this.#forced = new Map(plan.forced)
    this.#known = plan.journal === undefined ? undefined : new Map(plan.journal.verdicts.map((verdict) => [verdict.input, verdict]))
  }

  /** The input will fail with this when its turn comes. */
  force(ref: InputRef, failure: Failure): void {
    this.#forced.set(ref, failure)
  }

  /** True when the input is refused without a step, because the journal, the log or the fold said so; it has been dealt with then. */
  knows(input: TurnInput): boolean {
    const verdict = this.#known?.get(input.ref)
    const forced = this.#forced.get(input.ref)
    if (verdict === undefined && forced === undefined) return false
    this.refuse(input, forced ?? { class: verdict?.class ?? 'action', message: 'as journalled', stage: 'replay' })
    return true
  }

  /** True when a control record is refused, because the journal or its preparation said so; it has been dealt with then. */
  knowsRecord(ref: InputRef, subject: Subject): boolean {
    const verdict = this.#known?.get(ref)
    const forced = this.#forced.get(ref)
    if (verdict === undefined && forced === undefined) return false
    this.refuseRecord(ref, subject, forced ?? { class: verdict?.class ?? 'model', message: 'as journalled', stage: 'replay' })
    return true
  }

  /** An input with an entity failed. */
  refuse(input: TurnInput, failure: Failure): void {
    const directive = this.#settle(input.ref, input.subject, input.entity.id, failure)
    if (input.command !== undefined) this.#batch.replies.push({ command: input.command, value: null, refused: failure })
    if (directive === 'stop') this.#stop(input.entity)
  }

  /** A record failed before it had an entity. */
  refuseRecord(ref: InputRef, subject: Subject, failure: Failure): void {
    this.#settle(ref, subject, undefined, failure)
  }

  #settle(ref: InputRef, subject: Subject, entity: Entity['id'] | undefined, failure: Failure): Directive {
    const known = this.#known?.get(ref)
    const directive = known?.directive ?? this.#memory.plan.definition.onFailure[failure.class]
    if (this.#known === undefined && (directive === 'park' || directive === 'escalate')) throw new Escalation(directive, ref, entity, failure)
    this.#batch.verdicts.push({ input: ref, class: known?.class ?? failure.class, directive })
    this.#batch.deadLetters.push({ subject, entity, failure, directive })
    return directive
  }

  #stop(entity: Entity): void {
    const { entities, plan } = this.#memory
    for (const id of entity.timers.keys()) entities.disarm({ entity: entity.id, kind: 1, id })
    for (const id of entity.tasks.keys()) entities.disarm({ entity: entity.id, kind: 2, id })
    entity.timers = new Map()
    entity.tasks = new Map()
    entity.stopped = true
    entity.expireAtMs = this.#batch.nowMs + plan.definition.keepStoppedMs
    entities.arm({ dueMs: entity.expireAtMs, entity: entity.id, kind: 3, id: '' })
    entities.touch(entity, this.#batch.seq, this.#batch.nowMs)
  }
}
