// Purity: what about a machine cannot run as pure steps, found by reading its definition. Each problem names place, thing and cure.
//
// What the definition does not show (inside enqueueActions, spawn in an assign) fails the first step that does it: see recorder.ts.
import { notPlain } from '../../system/protocol/plain.ts'
import { effectActionOf } from '../../system/authoring/effects.ts'
import { sideEffect } from '../../system/engine/effects.ts'
import { actionsOf, machinePlace, nameOf, nodePlace, transitionsOf } from './places.ts'
import { isFunction, nodesOf } from './shapes.ts'
import type { XFunction, XMachine, XNode, XReference } from './shapes.ts'
import { asPromiseLogic, inlineInvokes } from './tasks.ts'

const TASK_CURE = 'Use another actor type and tell(), or a task (fromPromise).'

/** All problems, in document order; empty when every visible action is pure. */
export function impurities(machine: XMachine): readonly string[] {
  const problems: string[] = []
  const context = machine.config.context
  const bad = isFunction(context) ? undefined : notPlain(context, machinePlace(machine, 'context'))
  if (bad !== undefined) problems.push(`${bad.path}: it is ${bad.reason}; a context holds plain data only. Keep numbers, texts, lists and objects.`)
  for (const node of nodesOf(machine.root)) {
    for (const { place, actions } of actionsOf(node)) for (const action of actions) problems.push(...actionProblems(machine, place, action))
    for (const { place, transition } of transitionsOf(node)) problems.push(...guardProblems(machine, place, transition.guard))
    problems.push(...delayProblems(machine, node), ...invokeProblems(machine, node))
  }
  for (const [name, action] of Object.entries(machine.implementations.actions)) {
    const place = machinePlace(machine, `actions.${name}`)
    if (!problems.some((each) => each.includes(`the action '${name}'`))) problems.push(...actionProblems(machine, place, action, name))
  }
  return [...new Set(problems)]
}

function actionProblems(machine: XMachine, place: string, action: XReference, calledAs?: string): readonly string[] {
  const name = calledAs ?? nameOf(action)
  const implementation = isFunction(action) ? action : machine.implementations.actions[name]
  if (implementation === undefined) return [`${place}: the action '${name}' has no implementation. Give it one in setup({ actions }): ours or XState's, since steps must be pure.`]
  if (effectActionOf(implementation) !== undefined) return []
  if (!isFunction(implementation) || implementation.resolve === undefined) return [`${place}: ${sideEffect(name)}`]
  return builtinProblems(machine, place, implementation)
}

function builtinProblems(machine: XMachine, place: string, action: XFunction): readonly string[] {
  const problems: string[] = []
  if (typeof action['delay'] === 'string' && machine.implementations.delays[action['delay']] === undefined) problems.push(missingDelay(place, action['delay']))
  if (action.type === 'xstate.sendTo') {
    const to = action['to']
    if (to === '#_parent') problems.push(`${place}: the action 'sendParent' needs a parent; entities have none. Use tell(type, id, event) or emit an event.`)
    // Of a function the target is only known in the step.
    else if (!isFunction(to) && to !== '#_internal') problems.push(`${place}: the action 'sendTo' has the target ${typeof to === 'string' ? `'${to}'` : 'of another actor'}. Use tell(type, id, event) to reach another entity.`)
  }
  if (action.type === 'xstate.spawnChild') {
    if (typeof action['id'] !== 'string') problems.push(`${place}: the action 'spawnChild' has no literal id, so that its result could not be told from others. Write { id: 'name' }.`)
    problems.push(...logicProblems(machine, place, "the action 'spawnChild'", action['src'], action['systemId']))
  }
  return problems
}

function guardProblems(machine: XMachine, place: string, guard: XReference | undefined): readonly string[] {
  if (guard === undefined) return []
  if (isFunction(guard)) return (guard.guards ?? []).flatMap((each) => guardProblems(machine, place, each))
  const name = nameOf(guard)
  return machine.implementations.guards[name] === undefined ? [`${place}: the guard '${name}' has no implementation. Give it one in setup({ guards }).`] : []
}

function delayProblems(machine: XMachine, node: XNode): readonly string[] {
  const names = Object.keys(node.config.after ?? {}).filter((delay) => Number.isNaN(Number(delay)))
  return names.filter((name) => machine.implementations.delays[name] === undefined).map((name) => missingDelay(`${nodePlace(node)}.after.${name}`, name))
}

function missingDelay(place: string, name: string): string {
  return `${place}: the delay '${name}' has no value. Give it one in setup({ delays }), in milliseconds.`
}

function invokeProblems(machine: XMachine, node: XNode): readonly string[] {
  return inlineInvokes(node).flatMap(({ invoke, src }) => {
    const place = `${nodePlace(node)}.invoke.${invoke.id}`
    const snapshots = invoke.onSnapshot === undefined ? [] : [`${place}.onSnapshot: a task has no snapshots. Use onDone and onError.`]
    return [...logicProblems(machine, place, 'the invoke', src, invoke.systemId), ...snapshots]
  })
}

function logicProblems(machine: XMachine, place: string, what: string, src: unknown, systemId: unknown): readonly string[] {
  const problems: string[] = []
  const logic = typeof src === 'string' ? machine.implementations.actors[src] : src
  if (logic === undefined) problems.push(`${place}: ${what} of '${String(src)}' has no implementation. Give it one in setup({ actors }): a fromPromise.`)
  else if (asPromiseLogic(logic) === undefined) problems.push(`${place}: ${what} runs a machine, callback, observable or transition logic, which lives outside the log. ${TASK_CURE}`)
  if (systemId !== undefined) problems.push(`${place}: ${what} has a systemId. Address entities by type and id: tell(type, id, event).`)
  return problems
}
