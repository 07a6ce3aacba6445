// What the definition shows of a machine's effects: whom it tells, what it emits, which models and tables it asks.
import { effectActionOf } from '../../system/authoring/effects.ts'
import { actionsOf } from './places.ts'
import { isFunction, nodesOf } from './shapes.ts'
import type { XFunction, XMachine } from './shapes.ts'

export interface VisibleEffects {
  readonly tells: readonly string[]
  readonly emits: readonly string[]
  readonly infers: readonly string[]
  readonly lookups: readonly string[]
}

/** Named actions count even where no state names them: `enqueueActions` may. */
export function visibleEffects(machine: XMachine): VisibleEffects {
  const inline = nodesOf(machine.root).flatMap((node) => actionsOf(node).flatMap(({ actions }) => actions))
  const functions = [...inline, ...Object.values(machine.implementations.actions)].filter(isFunction)
  const tells = new Set<string>()
  const emits = new Set<string>()
  const infers = new Set<string>()
  const lookups = new Set<string>()
  for (const action of functions) {
    const effect = effectActionOf(action)
    if (effect?.kind === 'tell') tells.add(effect.target)
    if (effect?.kind === 'infer') infers.add(effect.model)
    if (effect?.kind === 'lookup') lookups.add(effect.table)
    const type = emittedType(action)
    if (type !== undefined) emits.add(type)
  }
  return { tells: [...tells].sort(), emits: [...emits].sort(), infers: [...infers].sort(), lookups: [...lookups].sort() }
}

function emittedType(action: XFunction): string | undefined {
  const event = action.type === 'xstate.emit' ? action['event'] : undefined
  return typeof event === 'object' && event !== null && 'type' in event && typeof event.type === 'string' ? event.type : undefined
}
