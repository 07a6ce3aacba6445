// Document: what a page tells its reader to do: files to save and commands to type, with what they answer.
//
// A block "```ts <name>" is a file. A block "```console" is a session: "$ command", then what it shows; "^C" is typed where the last `run` goes on.
// "..." stands for any lines.

export interface Step {
  /** Line of the page, from 1. */
  readonly at: number
  readonly command: string
  readonly shown: readonly string[]
}

export type Block =
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | { readonly kind: 'session'; readonly steps: readonly Step[] }

const FENCE = /^```(\w*) ?(.*)$/

export function blocksOf(page: string): readonly Block[] {
  const lines = page.split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const [opened, language, name = ''] = FENCE.exec(lines[at] ?? '') ?? []
    if (opened === undefined) continue
    const end = lines.indexOf('```', at + 1)
    const body = lines.slice(at + 1, end)
    if (language === 'ts' && name !== '') blocks.push({ kind: 'file', name, text: `${body.join('\n')}\n` })
    if (language === 'console') blocks.push({ kind: 'session', steps: stepsOf(body, at + 2) })
    at = end
  }
  return blocks
}

function stepsOf(body: readonly string[], first: number): readonly Step[] {
  const steps: { at: number; command: string; shown: string[] }[] = []
  body.forEach((line, index) => {
    if (line.startsWith('$ ') || line === '^C') steps.push({ at: first + index, command: line.replace(/^\$ /, ''), shown: [] })
    else steps.at(-1)?.shown.push(line)
  })
  return steps
}

/** A line without what differs from machine to machine: numbers, times, ids, the runtime. Quoted text and values of a context stay. */
export function comparable(line: string): string {
  if (/^\s+\w+: \d+$/.test(line)) return line
  return line
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>')
    .replace(/(@\d+):[0-9a-f]{12}\b/g, '$1:<hash>')
    .replace(/\b(Node|Bun) [\d.]+/g, '<runtime>')
    .split(/("[^"]*"|'[^']*')/).map((part, index) => (index % 2 === 1 ? part : part.replace(/\d[\d,]*(\.\d+)*/g, '#'))).join('')
    .replace(/\s+/g, ' ').trimEnd()
}

/** Why what was shown is not what the page shows; undefined: it is. `isBeginning`: more may follow. */
export function difference(expected: readonly string[], actual: readonly string[], isBeginning = false): string | undefined {
  const wanted = trimmed(expected.map(comparable))
  const found = trimmed(actual.map(comparable))
  if (fits(wanted, found, isBeginning)) return undefined
  return `the page shows\n${wanted.map((line) => `  ${line}`).join('\n')}\nbut it was\n${found.map((line) => `  ${line}`).join('\n')}`
}

function fits(wanted: readonly string[], found: readonly string[], isBeginning: boolean): boolean {
  const [first, ...rest] = wanted
  if (first === undefined) return isBeginning || found.length === 0
  if (first === '...') return found.some((_, at) => fits(rest, found.slice(at), isBeginning)) || fits(rest, [], isBeginning)
  return found[0] === first && fits(rest, found.slice(1), isBeginning)
}

/** Without empty lines at the end. */
function trimmed(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1)
}
