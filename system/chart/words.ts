// Words: what a diagram says of triggers, guards, actions and delays.
//
// W1. Every text can be shown as it is: no control characters, nothing that turns the direction of writing, never nothing at all.
import type { OutlineAction, OutlineTransition, OutlineTrigger } from '../ports/outline.ts'

/** A name as people see it; the name itself is kept where programs look. */
export function shown(name: string): string {
  const text = name.replace(HIDDEN, '·').replace(/\s+/g, ' ')
  return /^[\s\u200b-\u200d\u2060\ufeff\u00ad\u3164]*$/.test(text) ? '(empty)' : text.trim()
}

/** Control characters, lone surrogates, non-characters, marks of direction. */
const HIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

export function triggerText(trigger: OutlineTrigger): string {
  switch (trigger.kind) {
    case 'event': return shown(trigger.descriptor)
    case 'after': return afterText(trigger.delay, trigger.ms)
    case 'always': return 'always'
    case 'done': return 'done'
    case 'taskDone': return `${shown(trigger.task)} done`
    case 'taskError': return `${shown(trigger.task)} failed`
  }
}

function afterText(delay: string, ms: number | undefined): string {
  if (ms === undefined) return `after ${shown(delay)}`
  return Number(delay) === ms ? `after ${durationText(ms)}` : `after ${shown(delay)} (${durationText(ms)})`
}

const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1000], ['ms', 1]] as const

/** In its two largest units where they say it exactly; else the number of milliseconds. */
export function durationText(ms: number): string {
  const at = UNITS.findIndex(([, size]) => ms >= size)
  const [unit, size] = UNITS[at] ?? ['ms', 1]
  const [smaller, smallerSize] = UNITS[at + 1] ?? ['ms', 1]
  const rest = ms % size
  if (rest === 0) return `${ms / size} ${unit}`
  return rest % smallerSize === 0 && at !== -1 ? `${Math.floor(ms / size)} ${unit} ${rest / smallerSize} ${smaller}` : `${ms} ms`
}

export function actionText({ kind, name }: OutlineAction): string {
  if (kind === 'named') return shown(name ?? '')
  return name === undefined ? kind : `${kind} ${shown(name)}`
}

export function actionsText(actions: readonly OutlineAction[]): string {
  return actions.map(actionText).join(', ')
}

/** `event [guard]`. */
export function headText({ trigger, guard }: OutlineTransition): string {
  return `${triggerText(trigger)}${guard === undefined ? '' : ` [${shown(guard)}]`}`
}

/** `event [guard] / actions`. */
export function transitionText(transition: OutlineTransition): string {
  return `${headText(transition)}${transition.actions.length === 0 ? '' : ` / ${actionsText(transition.actions)}`}`
}

/** An event that is taken and does nothing: states above do not get it. */
export function isForbidden({ targets, actions }: OutlineTransition): boolean {
  return targets.length === 0 && actions.length === 0
}
