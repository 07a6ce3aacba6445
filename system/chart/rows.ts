// Rows: the texts of boxes and labels, broken into lines.
//
// R1. A row is at most as wide as it may be; what does not fit is cut, and `full` says all of it.
// R2. In a live drawing each state but history, and each transition, has a line of its own below its text, which is kept free.
import type { OutlineState, OutlineTransition } from '../ports/outline.ts'
import { DESCRIPTION_LINES_MAX, PART_LINES_MAX, ROOM_WIDTH, ROW_WIDTH_MAX, TEXT_FONT } from './metrics.ts'
import { firstWords, textWidth, wrapped } from './text-size.ts'
import { actionsText, isForbidden, shown, transitionText, triggerText } from './words.ts'

/** What a piece of text is, for its colour. */
export type Tone = 'event' | 'guard' | 'action' | 'word' | 'text'

export interface Span {
  readonly text: string
  readonly tone: Tone
}

export interface Row {
  /** The transition it speaks of, by its place in the outline. */
  readonly transition?: number
  readonly lines: readonly (readonly Span[])[]
  readonly width: number
  /** All of it, on one line. */
  readonly full: string
  /** A line is kept free below its text, for numbers. */
  readonly hasRoom?: true
}

/** Nothing but room. */
export const ROOM: Row = { lines: [], width: ROOM_WIDTH, full: '', hasRoom: true }

export function withRoom(row: Row): Row {
  return { ...row, width: Math.max(row.width, ROOM_WIDTH), hasRoom: true }
}

/** In lines of text. */
export function rowLines({ lines, hasRoom }: Row): number {
  return lines.length + (hasRoom === true ? 1 : 0)
}

const SPACE = textWidth(' ', TEXT_FONT)

/** What stands in a state's box below its name, but for its transitions. */
export function stateRows({ tags, description, entry, exit, tasks }: OutlineState): readonly Row[] {
  const row = (word: string, text: string): Row => rowOf([{ text: word, tone: 'word' }, { text, tone: 'action' }], ROW_WIDTH_MAX)
  return [
    ...(description === undefined || description.trim() === '' ? [] : [rowOf([{ text: shown(description), tone: 'text' }], ROW_WIDTH_MAX, DESCRIPTION_LINES_MAX)]),
    ...(tags.length === 0 ? [] : [row('tags', tags.map(shown).join(', '))]),
    ...(entry.length === 0 ? [] : [row('entry', actionsText(entry))]),
    ...(exit.length === 0 ? [] : [row('exit', actionsText(exit))]),
    ...tasks.map(({ id, src }) => row('task', src === 'inline' || src === id ? shown(id) : `${shown(id)} (${shown(src)})`)),
  ]
}

export function transitionRow(transition: OutlineTransition, place: number, widthMax: number): Row {
  const { trigger, guard, actions, targets, reenter, description } = transition
  const ends = isForbidden(transition) ? 'ignored' : reenter && targets.length > 0 ? 're-enters' : ''
  const parts: readonly Span[] = [
    { text: triggerText(trigger), tone: 'event' },
    ...(guard === undefined ? [] : [{ text: `[${shown(guard)}]`, tone: 'guard' } as const]),
    ...(actions.length === 0 ? [] : [{ text: `/ ${actionsText(actions)}`, tone: 'action' } as const]),
    ...(ends === '' ? [] : [{ text: `· ${ends}`, tone: 'word' } as const]),
  ]
  const full = `${transitionText(transition)}${description === undefined ? '' : ` · ${shown(description)}`}`
  return { ...rowOf(parts, widthMax), full, transition: place }
}

export function initialRow(actions: OutlineTransition['actions'], widthMax: number): Row {
  return rowOf([{ text: `/ ${actionsText(actions)}`, tone: 'action' }], widthMax)
}

/** Parts one behind the other where they fit, lists of actions as far as they do; else below each other. */
function rowOf(parts: readonly Span[], widthMax: number, linesMax = PART_LINES_MAX): Row {
  const lines: Span[][] = []
  let width = 0
  let left = 0
  const append = (span: Span, size: number): void => {
    lines.at(-1)?.push(span)
    left -= size
    width = Math.max(width, widthMax - left)
  }
  for (const { text, tone } of parts) {
    let rest = text
    const size = textWidth(text, TEXT_FONT)
    if (lines.length > 0 && size + SPACE <= left) {
      append({ text, tone }, size + SPACE)
      continue
    }
    const start = lines.length > 0 && tone === 'action' ? firstWords(text, left - SPACE, TEXT_FONT) : undefined
    // A lone slash says nothing.
    if (start !== undefined && start !== '/') {
      append({ text: start, tone }, textWidth(start, TEXT_FONT) + SPACE)
      rest = text.slice(start.length + 1)
    }
    for (const piece of wrapped(rest, widthMax, linesMax, TEXT_FONT)) {
      lines.push([])
      left = widthMax
      append({ text: piece, tone }, textWidth(piece, TEXT_FONT))
    }
  }
  return { lines, width, full: parts.map(({ text }) => text).join(' ') }
}
