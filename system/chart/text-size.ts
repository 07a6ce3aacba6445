// Text size: how wide a text will be, without a screen to ask, and how it is broken or cut to fit.
//
// T1. Rather too wide than too narrow: widths are those of Helvetica, Arial and their metric twins, with some slack for others.
// T2. No character is cut in two, and what is cut ends with an ellipsis.

/** Advance widths of the printable ASCII characters, in thousandths of the font size (Adobe's metrics of Helvetica). */
const ASCII = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
  1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
  333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
]
const SLACK = 1.05
const BOLD = 1.08
const LETTER = 650
const IDEOGRAPH = 1000
const PICTURE = 1300
/** Marks on another character: not quite nothing, so that a text of marks alone has an end. */
const MARK = 100

export interface Font {
  readonly size: number
  readonly isBold?: boolean
}

export function textWidth(text: string, { size, isBold = false }: Font): number {
  let thousandths = 0
  for (const character of text) thousandths += characterWidth(character.codePointAt(0) ?? 0)
  return (thousandths / 1000) * size * SLACK * (isBold ? BOLD : 1)
}

function characterWidth(code: number): number {
  if (code < 0x7f) return ASCII[code - 0x20] ?? LETTER
  if ((code >= 0x300 && code < 0x370) || (code >= 0x1ab0 && code < 0x1b00) || (code >= 0x20d0 && code < 0x2100) || (code >= 0xfe00 && code < 0xfe10)) return MARK
  if (code >= 0x1f000 && code < 0x20000) return PICTURE
  if ((code >= 0x1100 && code < 0x1200) || (code >= 0x2e80 && code < 0xfb00) || (code >= 0xff00 && code < 0xff70) || code >= 0x20000) return IDEOGRAPH
  return code === 0x2026 || code === 0x2014 ? IDEOGRAPH : LETTER
}

/** On one line; cut where it is too wide. */
export function fitted(text: string, widthMax: number, font: Font): string {
  if (textWidth(text, font) <= widthMax) return text
  const [start] = broken(text, widthMax - textWidth('…', font), font)
  return `${start.trimEnd()}…`
}

/** On several lines, broken where words end; cut where they are too many. */
export function wrapped(text: string, widthMax: number, linesMax: number, font: Font): readonly string[] {
  const lines: string[] = []
  let rest = text
  while (textWidth(rest, font) > widthMax && lines.length < linesMax - 1) {
    const [start] = broken(rest, widthMax, font)
    const end = lastBreak(start)
    const line = end === undefined ? start : start.slice(0, end)
    lines.push(line.trimEnd())
    rest = rest.slice(line.length).trimStart()
  }
  return [...lines, fitted(rest, widthMax, font)].filter((line, at) => line !== '' || at === 0)
}

/** As many words as fit; undefined where not one does. */
export function firstWords(text: string, widthMax: number, font: Font): string | undefined {
  const end = broken(text, widthMax, font)[0].lastIndexOf(' ')
  return end > 0 ? text.slice(0, end) : undefined
}

/** As many characters as fit, at least one; and the others. */
function broken(text: string, widthMax: number, font: Font): readonly [string, string] {
  let width = 0
  let end = 0
  for (const character of text) {
    width += textWidth(character, font)
    if (width > widthMax && end > 0) break
    end += character.length
  }
  return [text.slice(0, end), text.slice(end)]
}

/** Behind the last space or mark between parts of a name, or before its last capital; not near the start. */
function lastBreak(text: string): number | undefined {
  const least = text.length / 3
  const space = text.lastIndexOf(' ')
  if (space > least) return space + 1
  for (let at = text.length - 1; at > least; at -= 1) if (/[.,:/_\-)\]]/.test(text[at - 1] ?? '')) return at
  for (let at = text.length - 1; at > least; at -= 1) if (/[a-z0-9][A-Z]/.test(text.slice(at - 1, at + 1))) return at
  return undefined
}
