// Parts: what preparing makes of a user's machine, for the interpreter and for the compiler. Refused, or an own copy whose guards are watched.
//
// Y1. The user's machine is not changed.
import { contextSeal } from '../../system/engine/context.ts'
import type { ContextSeal } from '../../system/engine/context.ts'
import type { GuardWatch } from '../../system/engine/failure.ts'
import { definitionHash } from './definition.ts'
import { watchGuards } from './guards.ts'
import { actionsOf } from './places.ts'
import { impurities } from './purity.ts'
import { Recorder } from './recorder.ts'
import { asMachine, isFunction, nodesOf } from './shapes.ts'
import type { XMachine, XNode } from './shapes.ts'
import { Tasks } from './tasks.ts'
import { visibleEffects } from './visible.ts'
import type { VisibleEffects } from './visible.ts'

export interface MachineParts {
  readonly kind: 'parts'
  readonly hash: string
  readonly visible: VisibleEffects
  /** Ids of all nodes, in document order. */
  readonly states: readonly string[]
  /** The user's own, as written. */
  readonly written: XMachine
  readonly machine: XMachine
  readonly nodes: readonly XNode[]
  readonly tasks: Tasks
  readonly watch: GuardWatch
  readonly recorder: Recorder
  readonly seal: ContextSeal
}

export type Refused = { readonly kind: 'refused'; readonly problems: readonly string[] }

export function partsOf(value: unknown, { version, strict }: { readonly version: number; readonly strict: boolean }): MachineParts | Refused {
  const users = asMachine(value)
  if (users === undefined) return { kind: 'refused', problems: ["the machine is no XState 5 machine. Make it with setup({ ... }).createMachine({ ... }) of 'xstate'."] }
  const problems = impurities(users)
  if (problems.length > 0) return { kind: 'refused', problems }
  const hash = definitionHash(users, version)
  const machine = users.provide({})
  const nodes = nodesOf(machine.root)
  const tasks = new Tasks(machine)
  nameSpawned(nodes, tasks)
  return {
    kind: 'parts', hash, visible: visibleEffects(users), states: nodes.map(({ id }) => id),
    written: users, machine, nodes, tasks, watch: watchGuards(machine), recorder: new Recorder(tasks), seal: contextSeal(strict),
  }
}

/** Inline tasks of visible `spawnChild` actions get their place as name. */
function nameSpawned(nodes: readonly XNode[], tasks: Tasks): void {
  for (const node of nodes) {
    for (const { place, actions } of actionsOf(node)) {
      for (const action of actions) if (isFunction(action) && action.type === 'xstate.spawnChild') tasks.name(place, action['src'])
    }
  }
}
