// From an XState action, as handed out in the middle of a step, to the effects it asks for.
//
// Timer ids: an `after` has its event's type; a delayed raise or sendTo has its own id, or without one `raise.<event type>`,
// so that raising the same type again re-arms the timer (XState would run both). Delays below 0 count as 0.
import type { Effect } from '../../system/ports/engine.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import { effectActionOf } from '../../system/authoring/effects.ts'
import type { EffectAction } from '../../system/authoring/effects.ts'
import { StepRefused } from './failure.ts'
import type { XAction, XArgs } from './shapes.ts'
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
      return effect({ kind: 'emit', event: eventOf(options.event, 'emit') })
    case 'xstate.raise':
      return raised(options)
    case 'xstate.sendTo':
      return sent(options, self)
    case 'xstate.cancel':
      return effect({ kind: 'cancel', timer: textOf(options.sendId, 'cancel: the id of a timer') })
    case 'xstate.log':
      return effect({ kind: 'log', label: typeof options.label === 'string' ? options.label : '', value: options.value })
    case 'xstate.spawnChild':
      return effect(task(options, tasks))
    case 'xstate.stopChild':
      // A child that has finished already is not there to be stopped.
      return action.params === undefined ? undefined : effect({ kind: 'stopTask', task: textOf(options.id, 'stopChild: the id of a task') })
  }
  const described = effectActionOf(action.exec)
  if (described !== undefined) return effect(resolved(described, action.info, action.params))
  throw new StepRefused(sideEffect(action.type === '' ? '(anonymous)' : action.type))
}

export function sideEffect(name: string): string {
  return `the action '${name}' has a side effect; steps must be pure. Emit an event, or make it a task (invoke: fromPromise).`
}

const effect = (asked: Effect): Asked => ({ kind: 'effect', effect: asked })

function raised({ event, delay, id }: Options): Asked {
  const raise = eventOf(event, 'raise')
  if (delay !== undefined) return effect(schedule(raise, delay, id))
  if (raise.type.startsWith('xstate.after.')) throw new StepRefused(`the delay of '${raise.type}' is undefined. Return a number of milliseconds.`)
  // XState has put it into its own queue already.
  return undefined
}

function sent({ to, event, delay, id }: Options, self: unknown): Asked {
  if (to !== self) throw new StepRefused("the action 'sendTo' has a target other than the machine itself. Use tell(type, id, event) to reach another entity.")
  const own = eventOf(event, 'sendTo')
  return delay === undefined ? { kind: 'self', event: own } : effect(schedule(own, delay, id))
}

function schedule(event: MachineEvent, delay: unknown, id: unknown): Effect {
  if (typeof delay !== 'number' || !Number.isFinite(delay)) {
    throw new StepRefused(`the delay of '${event.type}' is ${String(delay)}. Return a finite number of milliseconds.`)
  }
  const timer = typeof id === 'string' ? id : `raise.${event.type}`
  return { kind: 'schedule', timer, delayMs: Math.max(0, delay), event }
}

function task({ id, src, input }: Options, tasks: Tasks): Effect {
  const name = tasks.nameOf(src)
  if (typeof id !== 'string' || name === undefined) {
    throw new StepRefused("the action 'spawnChild' starts something other than a task. Give it a literal id and a fromPromise of setup({ actors }), or use another actor type.")
  }
  return { kind: 'task', task: id, src: name, input }
}

function resolved(action: EffectAction, { context, event }: XArgs, params: unknown): Effect {
  const valueOf = (value: unknown): unknown => (typeof value === 'function' ? (value({ context, event }, params) as unknown) : value)
  switch (action.kind) {
    case 'tell':
      return { kind: 'tell', target: action.target, id: textOf(valueOf(action.id), `tell '${action.target}': the id`), event: eventOf(valueOf(action.event), `tell '${action.target}'`) }
    case 'infer':
      return { kind: 'infer', model: action.model, vector: vectorOf(valueOf(action.vector), action.model) }
    case 'lookup':
      return { kind: 'lookup', table: action.table, key: textOf(valueOf(action.key), `lookup '${action.table}': the key`) }
    case 'reply':
      return { kind: 'reply', value: valueOf(action.value) }
  }
}

function vectorOf(value: unknown, model: string): readonly number[] {
  const numbers = typeof value === 'object' && value !== null && !Array.isArray(value) && 'values' in value ? value.values : value
  if (Array.isArray(numbers) && numbers.every((each) => typeof each === 'number')) return numbers as readonly number[]
  throw new StepRefused(`infer '${model}': the vector is not a list of numbers.`)
}

function eventOf(value: unknown, what: string): MachineEvent {
  if (typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string') return value as MachineEvent
  throw new StepRefused(`${what}: the event is not an object with a type.`)
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw new StepRefused(`${what} is not a text but ${value === null ? 'null' : typeof value}.`)
}
