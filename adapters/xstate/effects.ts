// From an XState action, as handed out in the middle of a step, to what it asks for.
import type { Effect } from '../../system/ports/engine.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import { effectActionOf } from '../../system/authoring/effects.ts'
import { cancelOf, effectOf, emitOf, eventOf, logOf, raiseOf, scheduleOf, sideEffect, stopTaskOf, taskOf } from '../../system/engine/effects.ts'
import { StepRefused } from '../../system/engine/failure.ts'
import type { XAction } from './shapes.ts'
import type { Tasks } from './tasks.ts'

/** What XState's own actions carry as `params`, all of them together. */
interface Options {
  readonly event?: unknown
  readonly delay?: unknown
  readonly id?: unknown
  readonly sendId?: unknown
  readonly to?: unknown
  readonly src?: unknown
  readonly input?: unknown
  readonly label?: unknown
  readonly value?: unknown
}

/** What one action comes to: an effect, an event of the machine to itself after this step, or nothing. */
export type Asked = { readonly kind: 'effect'; readonly effect: Effect } | { readonly kind: 'self'; readonly event: MachineEvent } | undefined

export function askedBy(action: XAction, self: unknown, tasks: Tasks): Asked {
  const options = (action.params ?? {}) as Options
  switch (action.type) {
    case 'xstate.emit':
      return effect(emitOf(options.event))
    case 'xstate.raise':
      return effect(raiseOf(options.event, options.delay, options.id))
    case 'xstate.sendTo':
      return sent(options, self)
    case 'xstate.cancel':
      return effect(cancelOf(options.sendId))
    case 'xstate.log':
      return effect(logOf(options.label, options.value))
    case 'xstate.spawnChild':
      return effect(taskOf(options.id, tasks.nameOf(options.src), options.input))
    case 'xstate.stopChild':
      // A child that has finished already is not there to be stopped.
      return action.params === undefined ? undefined : effect(stopTaskOf(options.id))
  }
  const described = effectActionOf(action.exec)
  if (described !== undefined) return effect(effectOf(described, action.info.context, action.info.event, action.params))
  throw new StepRefused(sideEffect(action.type === '' ? '(anonymous)' : action.type))
}

const effect = (asked: Effect | undefined): Asked => (asked === undefined ? undefined : { kind: 'effect', effect: asked })

function sent({ to, event, delay, id }: Options, self: unknown): Asked {
  if (to !== self) throw new StepRefused("the action 'sendTo' has a target other than the machine itself. Use tell(type, id, event) to reach another entity.")
  const own = eventOf(event, 'sendTo')
  return delay === undefined ? { kind: 'self', event: own } : effect(scheduleOf(own, delay, id))
}
