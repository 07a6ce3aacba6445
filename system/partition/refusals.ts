// Refusals: inputs that are not applied. Every one becomes a verdict in the journal and, live, a dead letter with its cause and bytes (I8), or is put
// aside for an entity that is parked (K1 of `parking.ts`).
//
// Owns: which verdicts a repeated batch already knows. `supervision.ts` decides; this file records.
import type { Directive, Failure } from '../protocol/failures.ts'
import { PARKED_ENTITIES_MAX } from '../protocol/limits.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Batch, Subject } from './batch.ts'
import { duesOf } from './dues.ts'
import type { Entity } from './entity.ts'
import type { InputRef, Verdict } from './journal.ts'
import type { Memory } from './memory.ts'
import type { FoldPlan } from './fold-context.ts'
import { hasRoom, tooManyParked } from './parking.ts'
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
    if (this.#known === undefined && this.#forced.size === 0) return false
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

  /** What becomes of a failed input. */
  directiveOf(ref: InputRef, failure: Failure): Directive {
    return this.#known?.get(ref)?.directive ?? this.#memory.plan.definition.onFailure[failure.class]
  }

  /** An input with an entity failed. */
  refuse(input: TurnInput, failure: Failure): void {
    const directive = this.#settle(input.ref, input.subject, input.entity.id, failure, input.entity)
    if (input.command !== undefined) this.#batch.replies.push({ entity: input.entity.id, command: input.command, value: null, refused: failure })
    if (directive === 'stop') this.#stop(input.entity)
    if (directive === 'park') this.#park(input.entity, failure)
  }

  /** An event for a parked entity: put aside, or over the bound dead-lettered. `bytes`: of its record. */
  setAside(input: TurnInput, bytes: number): void {
    const { entity, subject } = input
    const refused = this.#known?.get(input.ref) ?? this.#forced.get(input.ref)
    if (input.command !== undefined) this.#batch.replies.push({ entity: entity.id, command: input.command, value: null, refused: { class: entity.parked?.class ?? 'crash', message: `'${entity.id}' is parked; the command waits with its other events`, stage: 'park' } })
    if (refused !== undefined || (this.#known === undefined && !hasRoom(this.#held(entity.id), bytes))) {
      this.#settle(input.ref, subject, undefined, { class: 'size', message: `no more room for events of the parked entity '${entity.id}'`, stage: 'park' }, entity)
      return
    }
    // A timer stays in the entity, and is armed again with it.
    if (subject.kind === 'timer') return
    this.#batch.parked.push({ subject, entity: entity.id })
    this.#note(entity.id, 1, bytes)
  }

  /** With what this batch has added. */
  #held(entity: EntityId): { readonly count: number; readonly bytes: number } {
    const [known, more] = [this.#memory.parked.get(entity), this.#batch.parkedChanges.get(entity)]
    return { count: (known?.count ?? 0) + (more?.count ?? 0), bytes: (known?.bytes ?? 0) + (more?.bytes ?? 0) }
  }

  #note(entity: EntityId, count: number, bytes: number): void {
    const change = this.#batch.parkedChanges.get(entity)
    if (change === undefined) this.#batch.parkedChanges.set(entity, { count, bytes })
    else Object.assign(change, { count: change.count + count, bytes: change.bytes + bytes })
  }

  #park(entity: Entity, failure: Failure): void {
    const { entities } = this.#memory
    for (const due of duesOf(entity)) entities.disarm(due)
    entity.parked = { class: failure.class }
    this.#note(entity.id, 0, 0)
    entities.touch(entity, this.#batch.seq, this.#batch.nowMs)
  }

  /** A record failed before it had an entity; `named`: whom its key names. */
  refuseRecord(ref: InputRef, subject: Subject, failure: Failure, named?: EntityId): void {
    this.#settle(ref, subject, named, failure, named === undefined ? undefined : this.#memory.entities.peek(named))
  }

  #settle(ref: InputRef, subject: Subject, entity: Entity['id'] | undefined, failure: Failure, at: Entity | undefined): Directive {
    const known = this.#known?.get(ref)
    const directive = known?.directive ?? this.#directiveFor(failure, ref, entity)
    this.#batch.verdicts.push({ input: ref, class: known?.class ?? failure.class, directive })
    const { machine } = this.#memory.plan.definition
    this.#batch.deadLetters.push({ subject, entity, failure, directive, configuration: at?.machine === undefined ? '' : machine.configuration(at.machine) })
    return directive
  }

  #directiveFor(failure: Failure, ref: InputRef, entity: EntityId | undefined): Directive {
    const directive = this.#memory.plan.definition.onFailure[failure.class]
    if (directive === 'escalate') throw new Escalation(directive, ref, entity, failure)
    if (entity !== undefined && this.#isParked(entity)) return 'skip'
    if (directive !== 'park') return directive
    // A record that names no entity can only be put aside itself.
    if (entity === undefined) return 'skip'
    let parked = this.#memory.parked.size
    for (const id of this.#batch.parkedChanges.keys()) if (!this.#memory.parked.has(id)) parked += 1
    if (parked < PARKED_ENTITIES_MAX) return directive
    throw tooManyParked(ref, failure, entity)
  }

  #isParked(entity: EntityId): boolean {
    return this.#memory.parked.has(entity) || this.#batch.parkedChanges.has(entity)
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
