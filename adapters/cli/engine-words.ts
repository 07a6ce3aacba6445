// Which machines run compiled and which on XState's interpreter, in words.
import type { SystemDefinition } from '../../system/authoring/system.ts'
import { counted } from './text.ts'

/** One line for each actor type that runs on the interpreter, with the reason. */
export function interpretedLines({ actors }: SystemDefinition): readonly string[] {
  return actors.flatMap(({ name, machine: { interpreted } }) => (interpreted === undefined ? [] : [`${name} runs on XState's interpreter, which is slower: ${interpreted}`]))
}

/** All of a system in one line. */
export function engineText(system: SystemDefinition): string {
  const interpreted = interpretedLines(system)
  // An ingress is no statechart.
  const statecharts = system.actors.filter(({ entityOfAll }) => entityOfAll === undefined)
  return [`${counted(statecharts.length - interpreted.length, 'statechart')} compiled`, ...interpreted].join('; ')
}
