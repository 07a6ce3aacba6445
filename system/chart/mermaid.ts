// Mermaid: a statechart as text of Mermaid's stateDiagram-v2, for pages that draw it themselves.
//
// M1. Names of the diagram are made here (`s3`, `f7`); names of the user stand as labels, in which every character that could be more than itself is an
//     entity: `namesOfMermaid` finds them again.
// M2. Each transition stands on one line with its text; one without a target in a note beside its state.
// M3. Lines between states stand behind the states: Mermaid puts a state where it is first spoken of.
// M4. Regions of a parallel state are parted by `--`. Mermaid knows no history states: they are states called H and H*.
import type { Outline, OutlineState, OutlineTransition } from '../ports/outline.ts'
import { actionsText, isForbidden, shown, transitionText } from './words.ts'

const INDENT = '  '

export function mermaidOf(outline: Outline): string {
  const { id, states, transitions } = outline
  return [
    'stateDiagram-v2',
    `%% ${encoded(shown(id))}`,
    ...(states.length === 0 ? [] : stateLines(outline, 0, INDENT)),
    ...states.flatMap(defaultLines),
    ...transitions.flatMap((transition, place) => transitionLines(transition, place)),
    ...states.flatMap((state, at) => noteLines(outline, state, at)),
    '',
  ].join('\n')
}

/** The label of each state as it was before it was written; by the name it has in the diagram. */
export function namesOfMermaid(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(/^ *state "(.*)" as (s\d+)/gm)].map(([, label = '', name = '']) => [name, decoded(label)]))
}

function stateLines(outline: Outline, at: number, indent: string): readonly string[] {
  const { states } = outline
  const state = states[at] as OutlineState
  const { kind, initial, history, parent } = state
  const children = states.flatMap((child, place) => (child.parent === at ? [place] : []))
  const label = kind === 'history' ? (history?.isDeep === true ? 'H*' : 'H') : shown(parent === undefined ? outline.id : state.key)
  const head = `${indent}state "${encoded(label)}" as s${at}`
  if (children.length === 0) return [head, ...(kind === 'final' ? [`${indent}s${at} --> [*]`] : [])]
  const inner = `${indent}${INDENT}`
  const blocks = children.map((child) => stateLines(outline, child, inner))
  // A history state of a parallel state is no region of its own.
  const regions = blocks.flatMap((block, place) => [...(kind === 'parallel' && place > 0 && states[children[place] ?? 0]?.kind !== 'history' ? [`${inner}--`] : []), ...block])
  return [
    `${head} {`,
    ...regions,
    ...(initial === undefined ? [] : [`${inner}[*] --> s${initial.target}${labelled(initial.actions.length === 0 ? '' : `/ ${actionsText(initial.actions)}`)}`]),
    `${indent}}`,
  ]
}

/** Where a history state leads with nothing to remember. */
function defaultLines({ history }: OutlineState, at: number): readonly string[] {
  return (history?.targets ?? []).map((target) => `${INDENT}s${at} --> s${target}`)
}

function transitionLines(transition: OutlineTransition, place: number): readonly string[] {
  const { source, targets, reenter } = transition
  const text = labelled(`${transitionText(transition)}${reenter ? ' · re-enters' : ''}`)
  const [target] = targets
  if (target === undefined) return []
  if (targets.length === 1) return [`${INDENT}s${source} --> s${target}${text}`]
  const fork = `f${place}`
  return [`${INDENT}state ${fork} <<fork>>`, `${INDENT}s${source} --> ${fork}${text}`, ...[...new Set(targets)].map((each) => `${INDENT}${fork} --> s${each}`)]
}

function noteLines({ transitions }: Outline, { entry, exit, tasks, description }: OutlineState, at: number): readonly string[] {
  const inner = transitions.filter(({ source, targets }) => source === at && targets.length === 0)
  const texts = [
    ...(description === undefined ? [] : [shown(description)]),
    ...(entry.length === 0 ? [] : [`entry / ${actionsText(entry)}`]),
    ...(exit.length === 0 ? [] : [`exit / ${actionsText(exit)}`]),
    ...tasks.map(({ id }) => `task ${shown(id)}`),
    ...inner.map((transition) => `${transitionText(transition)}${isForbidden(transition) ? ' · ignored' : ''}`),
  ]
  return texts.length === 0 ? [] : [`${INDENT}note right of s${at}`, ...texts.map((text) => `${INDENT}${INDENT}${encoded(text)}`), `${INDENT}end note`]
}

function labelled(text: string): string {
  return text === '' ? '' : ` : ${encoded(text)}`
}

/** Letters, digits and what no part of Mermaid takes for more; all else, and what would end a note, as `#<code point>;`. */
function encoded(text: string): string {
  return text.replace(/[^\p{L}\p{N} .,_/()·…-]|--|e(?=nd note)/giu, (found) => [...found].map((character) => `#${character.codePointAt(0)};`).join(''))
}

function decoded(text: string): string {
  return text.replace(/#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
}
