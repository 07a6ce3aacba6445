// Actions of a chart: XState's references resolved to their implementations, and what each asks for.
import type { ActionWork, ChartAction } from '../../system/engine/chart.ts'
import { effectActionOf } from '../../system/authoring/effects.ts'
import { paramsOf } from './chart-guards.ts'
import { isFunction } from './shapes.ts'
import type { XFunction, XMachine, XReference } from './shapes.ts'

const UNCOVERED: ChartAction = { work: { kind: 'uncovered' }, params: undefined }

/** Of a name, a name with params, or a function. What cannot be read is left to the interpreter when it runs. */
export function readAction(machine: XMachine, written: unknown): ChartAction {
  if (isFunction(written)) return { work: workOf(written, written.name || '(anonymous)'), params: undefined }
  const name = typeof written === 'string' ? written : typeof written === 'object' && written !== null && 'type' in written ? written.type : undefined
  // A name of XState's own is taken for what XState does.
  if (typeof name !== 'string' || name.startsWith('xstate.')) return UNCOVERED
  const implementation = Object.hasOwn(machine.implementations.actions, name) ? machine.implementations.actions[name] : undefined
  const params = paramsOf(written as XReference)
  if (implementation === undefined) return { work: { kind: 'sideEffect', name: name || '(anonymous)' }, params }
  return isFunction(implementation) ? { work: workOf(implementation, name), params } : UNCOVERED
}

function workOf(action: XFunction, name: string): ActionWork {
  const effect = effectActionOf(action)
  if (action.resolve === undefined) return effect === undefined ? { kind: 'sideEffect', name } : { kind: 'effect', effect }
  switch (action.type) {
    case 'xstate.assign':
      return typeof action['assignment'] === 'object' && action['assignment'] !== null || isFunction(action['assignment']) ? { kind: 'assign', assignment: action['assignment'] } : UNCOVERED.work
    case 'xstate.raise':
      return { kind: 'raise', event: action['event'], id: action['id'], delay: action['delay'] }
    case 'xstate.sendTo':
      return { kind: 'send', to: action['to'], event: action['event'], id: action['id'], delay: action['delay'] }
    case 'xstate.emit':
      return { kind: 'emit', event: action['event'] }
    case 'xstate.cancel':
      return { kind: 'cancel', timer: action['sendId'] }
    case 'xstate.log':
      return { kind: 'log', label: action['label'], value: action['value'] }
    case 'xstate.spawnChild':
      return action['systemId'] === undefined ? { kind: 'spawn', task: action['id'], src: action['src'], input: action['input'] } : UNCOVERED.work
    case 'xstate.stopChild':
      return { kind: 'stop', task: action['actorRef'] }
    case 'xstate.enqueueActions':
      return isFunction(action['collect']) ? { kind: 'enqueue', collect: action['collect'] as never } : UNCOVERED.work
    default:
      return UNCOVERED.work
  }
}
