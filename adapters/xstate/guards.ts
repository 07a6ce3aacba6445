// Guards watched: XState wraps what a guard throws in an error of its own, so each guard notes the original and its place first.
//
// G1. A watched guard answers and throws exactly as the user's own.
import { isFunction, nodesOf } from './shapes.ts'
import type { XArgs, XFunction, XMachine, XReference } from './shapes.ts'
import { machinePlace, transitionsOf } from './places.ts'
import type { GuardWatch } from '../../system/engine/failure.ts'

/** Changes `machine`, which must be the adapter's own copy. */
export function watchGuards(machine: XMachine): GuardWatch {
  const watch: GuardWatch = { thrown: undefined }
  for (const [name, guard] of Object.entries(machine.implementations.guards)) {
    machine.implementations.guards[name] = watched(guard, machinePlace(machine, `guards.${name}`), watch)
  }
  for (const node of nodesOf(machine.root)) {
    for (const { place, transition } of transitionsOf(node)) {
      if (transition.guard !== undefined) transition.guard = watched(transition.guard, place, watch)
    }
  }
  return watch
}

function watched(guard: XReference, place: string, watch: GuardWatch): XReference {
  if (typeof guard === 'string') return guard
  if (!isFunction(guard)) return isFunction(guard.params) ? { ...guard, params: noting(guard.params, place, watch) } : guard
  if (guard.check === undefined) return noting(guard, place, watch)
  // and, or, not: their own function never runs, only `check` over the guards they hold.
  if (guard.guards === undefined) return guard
  const inner = guard.guards.map((each) => watched(each, place, watch))
  return Object.assign(() => false, guard, { guards: inner })
}

function noting(run: XFunction, place: string, watch: GuardWatch): XFunction {
  // Params that are a method look at the guard they stand in.
  function note(this: unknown, args: XArgs, params: unknown): unknown {
    try {
      return run.call(this, args, params)
    } catch (error) {
      watch.thrown = { place, error }
      throw error
    }
  }
  return note as unknown as XFunction
}
