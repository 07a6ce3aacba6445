// Effects: from what an action came to, the effect that the core is asked for, or the refusal. One form for both engines.
//
// Timer ids: an `after` has its event's type; a delayed raise or send has its own id, or without one `raise.<event type>`,
// so that raising the same type again re-arms the timer (XState would run both). Delays below 0 count as 0.
import type { Effect } from '../ports/engine.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { EffectAction } from '../authoring/effects.ts'
import { StepRefused } from './failure.ts'

export function sideEffect(name: string): string {
  return `the action '${name}' has a side effect; steps must be pure. Emit an event, or make it a task (invoke: fromPromise).`
}

export function emitOf(event: unknown): Effect {
  return { kind: 'emit', event: eventOf(event, 'emit') }
}

/** Undefined for an event that is raised at once: it is in the step's own queue. */
export function raiseOf(event: unknown, delay: unknown, id: unknown): Effect | undefined {
  const raised = eventOf(event, 'raise')
  if (delay !== undefined) return scheduleOf(raised, delay, id)
  if (raised.type.startsWith('xstate.after.')) throw new StepRefused(`the delay of '${raised.type}' is undefined. Return a number of milliseconds.`)
  return undefined
}

export function scheduleOf(event: MachineEvent, delay: unknown, id: unknown): Effect {
  if (typeof delay !== 'number' || !Number.isFinite(delay)) {
    throw new StepRefused(`the delay of '${event.type}' is ${String(delay)}. Return a finite number of milliseconds.`)
  }
  const timer = typeof id === 'string' ? id : `raise.${event.type}`
  return { kind: 'schedule', timer, delayMs: Math.max(0, delay), event }
}

export function cancelOf(id: unknown): Effect {
  return { kind: 'cancel', timer: textOf(id, 'cancel: the id of a timer') }
}

export function logOf(label: unknown, value: unknown): Effect {
  return { kind: 'log', label: typeof label === 'string' ? label : '', value }
}

/** `src`: the name of the implementation; undefined when it is no task. */
export function taskOf(id: unknown, src: string | undefined, input: unknown): Effect {
  if (typeof id !== 'string' || src === undefined) {
    throw new StepRefused("the action 'spawnChild' starts something other than a task. Give it a literal id and a fromPromise of setup({ actors }), or use another actor type.")
  }
  return { kind: 'task', task: id, src, input }
}

export function stopTaskOf(id: unknown): Effect {
  return { kind: 'stopTask', task: textOf(id, 'stopChild: the id of a task') }
}

/** What `tell`, `infer`, `lookup` and `reply` ask for with the context and event of this moment. */
export function effectOf(action: EffectAction, context: unknown, event: MachineEvent, params: unknown): Effect {
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

export function eventOf(value: unknown, what: string): MachineEvent {
  if (typeof value === 'object' && value !== null && typeof (value as { readonly type?: unknown }).type === 'string') return value as MachineEvent
  throw new StepRefused(`${what}: the event is not an object with a type.`)
}

function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw new StepRefused(`${what} is not a text but ${value === null ? 'null' : typeof value}.`)
}
