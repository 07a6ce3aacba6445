// Macrostep: one event to the end, microstep by microstep, in XState's order: the event's transitions, then eventless ones as long as there are any,
// then raised events, each followed by eventless ones.
//
// Owns: where the machine stands while it steps. The moment has the rest.
//
// T1. A microstep whose plan leads nowhere whole fails the step, after its actions have run: whatever they throw comes first.
import type { Configuration, Plan } from './configuration.ts'
import { stopTaskOf } from './effects.ts'
import { notWhole } from './failure.ts'
import { Uncovered } from './moment.ts'
import type { Moment } from './moment.ts'
import type { Transition } from './nodes.ts'
import type { Planner } from './plan.ts'
import { selectionAt } from './selection.ts'
import type { EventKind, EventKinds, Selection } from './selection.ts'
import { NO_HISTORY } from './targets.ts'
import type { History } from './targets.ts'

const NONE: readonly Transition[] = []

/** What a guard threw, in XState's words; hides the class that the thrown error may name. */
export class GuardFailed extends TypeError {
  override readonly name = 'GuardFailed'
}

export class Macrostep {
  configuration: Configuration
  history: History = NO_HISTORY
  readonly #planner: Planner
  readonly #kinds: EventKinds
  readonly #moment: Moment
  #wantTaken = false

  constructor(start: Configuration, planner: Planner, kinds: EventKinds, moment: Moment) {
    this.configuration = start
    this.#planner = planner
    this.#kinds = kinds
    this.#moment = moment
  }

  begin(configuration: Configuration, history: History, wantTaken: boolean): void {
    this.configuration = configuration
    this.history = history
    this.#moment.standing = configuration
    this.#wantTaken = wantTaken
  }

  /** By the plan that enters everything; it is no microstep. */
  enter(plan: Plan): void {
    this.#run(plan)
    this.#reach(plan)
    this.#settle()
  }

  /** Takes the moment's event. */
  take(): void {
    const moment = this.#moment
    const kind = this.#kinds.of(moment.event.type)
    if (kind.isUncovered) throw new Uncovered()
    const enabled = this.#enabledBy(kind)
    if (kind.isTaskError && enabled.length === 0) {
      moment.status = 'error'
      this.#stopTasks()
      moment.countMicrostep()
      return
    }
    this.#microstep(enabled, false)
    this.#settle()
  }

  #settle(): void {
    const moment = this.#moment
    let mayBeEventless = true
    while (moment.status === 'active') {
      const eventless = mayBeEventless ? this.#eventless() : NONE
      if (eventless.length > 0) {
        this.#microstep(eventless, true)
        // Those that changed nothing are not asked again before something else happens.
        mayBeEventless = moment.isTouched
        continue
      }
      const raised = moment.nextRaised()
      if (raised === undefined) return
      moment.event = raised
      this.#microstep(this.#enabledBy(this.#kinds.of(raised.type)), false)
      mayBeEventless = true
    }
    this.#stopTasks()
  }

  #microstep(enabled: readonly Transition[], isEventless: boolean): void {
    const moment = this.#moment
    if (enabled.length === 0) return moment.countMicrostep()
    const plan = this.#planner.plan(this.configuration, enabled, this.history)
    this.#run(plan)
    moment.countMicrostep()
    if (plan.broken !== undefined) throw notWhole(plan.broken.place)
    if (this.#wantTaken) for (const { numbers } of isEventless ? plan.transitions : enabled) moment.took(numbers)
    this.#reach(plan)
  }

  #run({ actions }: Plan): void {
    const moment = this.#moment
    moment.isTouched = false
    for (let at = 0; at < actions.length; at += 1) (actions[at] as Plan['actions'][0])(moment)
  }

  #reach({ to, remembered }: Plan): void {
    const moment = this.#moment
    if (remembered.length > 0) {
      this.history = { ...this.history, ...Object.fromEntries(remembered) }
      moment.isTouched = true
    }
    if (to === this.configuration) return
    this.configuration = to
    moment.standing = to
    moment.isTouched = true
  }

  #enabledBy({ number, type }: EventKind): readonly Transition[] {
    const { selections, nodes } = this.configuration
    const selection = (selections[number] ??= selectionAt(nodes, type))
    return selection.regions.length === 0 ? this.#firstOf(selection.own) : this.#chosen(selection)
  }

  #chosen({ regions, own }: Selection): readonly Transition[] {
    let inner = NONE
    for (let at = 0; at < regions.length; at += 1) {
      const found = this.#chosen(regions[at] as Selection)
      if (found.length > 0) inner = inner.length === 0 ? found : [...inner, ...found]
    }
    return inner.length > 0 ? inner : this.#firstOf(own)
  }

  #firstOf(own: readonly Transition[]): readonly Transition[] {
    for (let at = 0; at < own.length; at += 1) {
      const transition = own[at] as Transition
      if (transition.guard === undefined || this.#passes(transition)) return transition.alone
    }
    return NONE
  }

  #passes({ guard, guardName, source }: Transition): boolean {
    try {
      return Boolean(guard?.(this.#moment))
    } catch (error) {
      const named = guardName === undefined ? '' : `'${guardName}' `
      throw new GuardFailed(`Unable to evaluate guard ${named}in transition for event '${this.#moment.event.type}' in state node '${source.id}':\n${(error as Error).message}`)
    }
  }

  /** Each leaf enables one eventless transition at most. */
  #eventless(): readonly Transition[] {
    const { always } = this.configuration
    if (always.length === 0) return NONE
    const enabled: Transition[] = []
    for (const chain of always) {
      const first = chain.find(({ guard }) => guard === undefined || Boolean(guard(this.#moment)))
      if (first !== undefined && !enabled.includes(first)) enabled.push(first)
    }
    return enabled
  }

  #stopTasks(): void {
    for (const { id } of Object.values(this.#moment.tasks)) this.#moment.ask(stopTaskOf(id))
  }
}
