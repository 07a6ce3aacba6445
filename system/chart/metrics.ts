// Metrics: every size of a diagram, in CSS pixels at its natural scale.
import type { Font } from './text-size.ts'

export const TITLE_FONT: Font = { size: 14, isBold: true }
export const TEXT_FONT: Font = { size: 12 }
export const TITLE_HEIGHT = 20
export const LINE_HEIGHT = 16
/** From a line's top to where its letters stand. */
export const TITLE_BASELINE = 15
export const LINE_BASELINE = 12

export const BOX_PADDING = { x: 12, y: 8 } as const
export const BOX_WIDTH_MIN = 84
/** Between the title and what stands below it. */
export const RULE_GAP = 4
/** Kept free behind a title, for a count. */
export const COUNT_SLOT = 34
export const TITLE_WIDTH_MAX = 230
export const ROW_WIDTH_MAX = 250
export const LABEL_WIDTH_MAX = 190
export const LABEL_PADDING = { x: 5, y: 2 } as const
/** Between transitions that share a line. */
export const LABEL_GAP = 3
/** What a live drawing keeps free for the numbers of a state or a transition; one line high. */
export const ROOM_WIDTH = 124
export const DESCRIPTION_LINES_MAX = 3
export const PART_LINES_MAX = 2

export const DOT_SIZE = 12
export const HISTORY_SIZE = 28
export const FORK = { width: 44, height: 6 } as const
export const MARGIN = 12
