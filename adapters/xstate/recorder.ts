// Recorder: the surroundings XState runs a step in, and what the step asked for.
//
// Owns: the effects, events to self, transitions and microsteps of the step under way. One per machine, begun anew by each step.
// Does not know clock, chance or other actors: none is there to be reached.
//
// R1. A step ends after at most MICROSTEPS_MAX microsteps, by a throw if need be.
// R2. Every child that appears was asked for by a task effect.
import { MICROSTEPS_MAX } from '../../system/protocol/limits.ts'
import type { Effect } from '../../system/ports/engine.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import { askedBy } from './effects.ts'
import { MicrostepsExceeded, StepRefused } from '../../system/engine/failure.ts'
import { takeWhole } from './snapshot.ts'
import type { XAction, XInspection, XScope, XTransition } from './shapes.ts'
import type { Tasks } from './tasks.ts'

const nothing = (): void => {}

export class Recorder {
  readonly scope: XScope
  #effects: Effect[] = []
  #selfEvents: MachineEvent[] = []
  #taken: XTransition[] = []
  #children: string[] = []
  #microsteps = 0
  readonly #tasks: Tasks
  readonly #act = (action: XAction): void => this.#onAction(action)

  constructor(tasks: Tasks) {
    this.#tasks = tasks
    const system = new SystemStandIn((inspection) => this.#onInspection(inspection))
    const self = new SelfStandIn(system)
    this.scope = { self, system, id: '', sessionId: '', logger: nothing, defer: nothing, emit: nothing, stopChild: nothing, actionExecutor: this.#act }
  }

  begin(): void {
    this.#effects = []
    this.#selfEvents = []
    this.#taken = []
    this.#children = []
    this.#microsteps = 0
    this.scope.actionExecutor = this.#act
  }

  get effects(): readonly Effect[] {
    return this.#effects
  }

  get taken(): readonly XTransition[] {
    return this.#taken
  }

  nextSelfEvent(): MachineEvent | undefined {
    return this.#selfEvents.shift()
  }

  /** To be called when nothing is left to step. */
  end(): void {
    const [child] = this.#children
    if (child !== undefined) throw new StepRefused(`something is spawned in an assign or in the context ('${child}'). Use another actor type, or a task (invoke: fromPromise).`)
  }

  #onAction(action: XAction): void {
    // XState creates the child just before it hands out the action.
    if (action.type === 'xstate.spawnChild') this.#children.pop()
    const asked = askedBy(action, this.scope.self, this.#tasks)
    if (asked?.kind === 'effect') this.#effects.push(asked.effect)
    if (asked?.kind === 'self') this.#selfEvents.push(asked.event)
  }

  #onInspection(inspection: XInspection): void {
    if (inspection.type === '@xstate.actor') this.#children.push(inspection.actorRef.id)
    if (inspection.type !== '@xstate.microstep') return
    this.#microsteps += 1
    if (this.#microsteps > MICROSTEPS_MAX) throw new MicrostepsExceeded()
    if (inspection.snapshot !== undefined) takeWhole(inspection.snapshot)
    for (const transition of inspection._transitions ?? []) this.#taken.push(transition)
  }
}

/** Stands where XState expects the actor system. */
class SystemStandIn {
  readonly _sendInspectionEvent: (inspection: XInspection) => void
  readonly _logger = nothing
  readonly _clock = {}

  constructor(onInspection: (inspection: XInspection) => void) {
    this._sendInspectionEvent = onInspection
  }

  _bookId(): string {
    return 'child'
  }

  _set(systemId: string): void {
    throw new StepRefused(`the systemId '${systemId}' registers an actor. Address entities by type and id: tell(type, id, event).`)
  }

  get(): undefined {
    return undefined
  }
}

/** Stands where XState expects the running actor. A class instance, so that one kept in the context is refused as such. */
class SelfStandIn {
  readonly system: SystemStandIn
  readonly id = 'self'

  constructor(system: SystemStandIn) {
    this.system = system
  }

  send(): never {
    throw new StepRefused("'self.send' is called inside a step. Use raise(event).")
  }

  getSnapshot(): never {
    throw new StepRefused("'self.getSnapshot' is called inside a step. Use the context that the function is given.")
  }
}
