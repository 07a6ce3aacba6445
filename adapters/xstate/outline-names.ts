// Outline names: what actions and guards are called where nothing but names is kept.
import { effectActionOf } from '../../system/authoring/effects.ts'
import type { EffectAction } from '../../system/authoring/effects.ts'
import type { OutlineAction } from '../../system/ports/outline.ts'
import { guardKind } from './chart-guards.ts'
import { isFunction } from './shapes.ts'
import type { XFunction, XReference } from './shapes.ts'

/** How deep guards are named that stand in guards. */
const DEPTH_MAX = 4
const INLINE = 'inline'
/** What JavaScript calls a function that stands right after one of these words, and one without a name. */
const WORDS = new Set(['', 'guard', 'actions', 'entry', 'exit', 'cond'])

export function actionName(action: XReference): OutlineAction {
  if (typeof action === 'string') return { kind: 'named', name: action }
  if (!isFunction(action)) return { kind: 'named', name: action.type }
  const effect = effectActionOf(action)
  return effect === undefined ? builtinName(action) : effectName(effect)
}

function effectName(effect: EffectAction): OutlineAction {
  switch (effect.kind) {
    case 'tell': return { kind: 'tell', name: effect.target }
    case 'infer': return { kind: 'infer', name: effect.model }
    case 'lookup': return { kind: 'lookup', name: effect.table }
    case 'reply': return { kind: 'reply' }
  }
}

function builtinName(action: XFunction): OutlineAction {
  switch (action.type) {
    case 'xstate.assign': return { kind: 'assign', ...named(keysOf(action['assignment'])) }
    case 'xstate.raise': return { kind: 'raise', ...named(typeOf(action['event'])) }
    case 'xstate.sendTo': return { kind: 'send', ...named(typeOf(action['event'])) }
    case 'xstate.emit': return { kind: 'emit', ...named(typeOf(action['event'])) }
    case 'xstate.cancel': return { kind: 'cancel', ...named(action['sendId']) }
    case 'xstate.log': return { kind: 'log', ...named(action['label']) }
    case 'xstate.spawnChild': return { kind: 'start', ...named(action['id']) }
    case 'xstate.stopChild': return { kind: 'stop', ...named(action['actorRef']) }
    case 'xstate.enqueueActions': return { kind: 'enqueue' }
    default: return { kind: 'named', name: WORDS.has(action.name) ? INLINE : action.name }
  }
}

export function guardName(guard: XReference, depth = 0): string {
  if (typeof guard === 'string') return guard
  if (!isFunction(guard)) return guard.type
  if (guard.check === undefined || depth > DEPTH_MAX) return WORDS.has(guard.name) ? INLINE : guard.name
  if ('stateValue' in guard) return `in ${stateText(guard['stateValue'])}`
  const kind = guardKind(guard)
  const names = (guard.guards ?? []).map((each) => guardName(each, depth + 1))
  if (kind === undefined) return INLINE
  if (kind === 'not') return `not ${names[0] ?? INLINE}`
  const text = names.join(` ${kind} `)
  return depth === 0 || names.length < 2 ? text : `(${text})`
}

function stateText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? INLINE
}

function named(name: unknown): { readonly name?: string } {
  return typeof name === 'string' ? { name } : {}
}

function typeOf(event: unknown): unknown {
  return typeof event === 'object' && event !== null && 'type' in event ? event.type : undefined
}

/** The fields of the context that an assignment by fields sets. */
function keysOf(assignment: unknown): string | undefined {
  return typeof assignment === 'object' && assignment !== null ? Object.keys(assignment).join(', ') : undefined
}
