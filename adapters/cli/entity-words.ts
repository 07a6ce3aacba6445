// Entity words: `<type> <id>` of a command line, checked against the system of a folder; and values as people read them.
import type { ParkedView } from '../../system/partition/view.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import { readableJson } from '../../system/protocol/readable-json.ts'
import { UsageError } from './exit-codes.ts'
import { didYouMean } from './suggestion.ts'
import { counted, line, printable } from './text.ts'

/** Throws UsageError when a word is missing. */
export function entityWords(command: string, words: readonly string[]): readonly [type: string, id: string] {
  const [type, id] = words
  if (type === undefined || id === undefined) throw new UsageError(`${command} which entity? statelog ${command} <type> <id>`)
  return [type, id]
}

/** Throws UsageError for a type that the system does not have. */
export function planOf(plans: ReadonlyMap<string, TypePlan>, type: string): TypePlan {
  const plan = plans.get(type)
  if (plan === undefined) throw new UsageError(`there is no actor type '${type}'${didYouMean(type, plans.keys())}\nTypes: ${[...plans.keys()].join(', ')}.`)
  return plan
}

/** Of an entity that stands still. */
export function parkedText(type: string, id: string, parked: ParkedView): string {
  const { events, sinceSeq, unfolded } = parked
  const lacking = unfolded === undefined ? '' : `, its inputs of seq ${unfolded[0]} to ${unfolded[1]} among them`
  return `${parked.class}, ${counted(events, 'event')} put aside since seq ${sinceSeq}${lacking} (see: statelog parked show ${type} ${line(id, 80)})`
}

/** `readableJson` for a terminal. */
export function jsonText(value: unknown, indent?: number): string {
  return printable(readableJson(value, indent))
}

/** Data as indented lines `name: value`; small things on one line, long ones cut, empty ones left out. */
export function treeLines(value: unknown, width: number, depth = 0): readonly string[] {
  const indent = '  '.repeat(depth)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Array.isArray(value)) return [`${indent}${fitted(value, width - indent.length)}`]
  return Object.entries(value).filter(([, one]) => !isEmpty(one)).flatMap(([name, one]) => {
    const text = jsonText(one)
    const isSmall = typeof one !== 'object' || one === null || Array.isArray(one) || ArrayBuffer.isView(one) || text.length <= width - indent.length - name.length - 2
    if (isSmall || depth > 4) return [`${indent}${name}: ${fitted(one, width - indent.length - name.length - 2)}`]
    return [`${indent}${name}:`, ...treeLines(one, width, depth + 1)]
  })
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && !(value instanceof Map) && Object.keys(value).length === 0)
}

function fitted(value: unknown, width: number): string {
  const text = typeof value === 'string' ? printable(value) : jsonText(value)
  return text.length <= Math.max(20, width) ? text : `${text.slice(0, Math.max(20, width) - 1)}…`
}
