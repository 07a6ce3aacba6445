// Progress lines: a moment of a run in words: a block that is redrawn on a terminal, one line for logs.
import type { Io, Paint } from './io.ts'
import type { Progress } from './progress.ts'
import { bytes, counts, cut, duration, milliseconds, short, spaced } from './text.ts'

const BAR = 20

/** The block on a terminal. */
export function progressBlock(progress: Progress, paint: Paint): readonly string[] {
  const { fed, consumed, total, ratePerS, lag, commitP50Ms, commitP99Ms, rssBytes } = progress
  const label = (name: string): string => paint('bold', name.padEnd(10))
  const states = [...progress.states].map(([type, occupancy]) => `${label(spaced(type))} ${stateCounts(occupancy)}`)
  return [
    `${label('events')} ${total === undefined ? '' : `${paint('cyan', bar(consumed / Math.max(1, total)))} `}${share(consumed, total)}   ${short(ratePerS)}/s   lag ${short(lag)}${left(progress)}`,
    `${label('commits')} p50 ${milliseconds(commitP50Ms)} · p99 ${milliseconds(commitP99Ms)}   memory ${bytes(rssBytes)}   fed ${short(fed)}`,
    ...states,
    `${label('decisions')} ${short(progress.decisions)}   ${lossText(progress)}${parkedText(progress)}`,
    ...whyWaiting(progress).map((text) => paint('yellow', text)),
  ]
}

/** One line for a log. */
export function progressLine(progress: Progress): string {
  const { consumed, total, ratePerS, lag, commitP50Ms, commitP99Ms, rssBytes, elapsedMs, decisions } = progress
  const parts = [`${duration(elapsedMs)}: ${share(consumed, total)}`, `${short(ratePerS)}/s`, `lag ${short(lag)}`, `commit p50 ${milliseconds(commitP50Ms)} p99 ${milliseconds(commitP99Ms)}`, `memory ${bytes(rssBytes)}`, `decisions ${short(decisions)}`, `${lossText(progress)}${parkedText(progress)}`]
  return [...parts, ...whyWaiting(progress)].join('  ')
}

export function stateCounts(occupancy: ReadonlyMap<string, number>): string {
  const text = counts([...occupancy].map(([configuration, count]) => [spaced(configuration), count] as const))
  return text === '' ? 'none yet' : text
}

export function lossText({ deadLetters, drops }: Pick<Progress, 'deadLetters' | 'drops'>): string {
  return `dead letters ${withClasses(deadLetters)}${sum(drops) === 0 ? '' : `   dropped ${withClasses(drops)}`}`
}

function parkedText({ parked }: Progress): string {
  return parked === 0 ? '' : `   parked ${short(parked)}`
}

function withClasses(found: ReadonlyMap<string, number>): string {
  const total = sum(found)
  return total === 0 ? '0' : `${short(total)} (${counts(found).replaceAll(' · ', ', ')})`
}

export function sum(found: ReadonlyMap<string, number>): number {
  return [...found.values()].reduce((total, count) => total + count, 0)
}

function bar(part: number): string {
  const full = Math.round(Math.min(1, part) * BAR)
  return '█'.repeat(full) + '░'.repeat(BAR - full)
}

function share(consumed: number, total: number | undefined): string {
  if (total === undefined) return short(consumed)
  return `${short(consumed)} of ${short(total)} (${Math.min(100, Math.floor((100 * consumed) / Math.max(1, total)))} %)`
}

function left({ consumed, total, ratePerS }: Progress): string {
  if (total === undefined || ratePerS < 1 || consumed >= total) return ''
  return `   ${duration(((total - consumed) * 1000) / ratePerS)} left`
}

function whyWaiting({ notLive, waitingFor, elapsedMs }: Progress): readonly string[] {
  if (notLive.length > 0) return [`not live: ${some(notLive)}`]
  return waitingFor.length > 0 && elapsedMs > 3000 ? [some(waitingFor)] : []
}

function some(texts: readonly string[]): string {
  return texts.slice(0, 3).join(', ') + (texts.length > 3 ? ` and ${texts.length - 3} more` : '')
}

/** Redraws one block in place. */
export class Screen {
  readonly #io: Io
  readonly #write: (text: string) => void
  #drawn = 0

  constructor(io: Io, write: (text: string) => void) {
    this.#io = io
    this.#write = write
  }

  draw(lines: readonly string[]): void {
    const width = this.#io.columns() - 1
    this.#write(`${this.#erase()}${lines.map((text) => `${fitted(text, width)}\n`).join('')}`)
    this.#drawn = lines.length
  }

  /** Writes a line above the block, which comes again with the next draw. */
  above(text: string): void {
    this.#write(`${this.#erase()}${text}\n`)
    this.#drawn = 0
  }

  clear(): void {
    this.#write(this.#erase())
    this.#drawn = 0
  }

  #erase(): string {
    // To the first column too: a terminal echoes ^C where the cursor stands.
    return this.#drawn === 0 ? '' : `\r\u001b[${this.#drawn}A\u001b[J`
  }
}

/** Cuts to a width without counting colours; a line that wraps would break the redraw. */
function fitted(text: string, width: number): string {
  const plain = text.replace(/\u001b\[\d+m/g, '')
  return plain.length <= width ? text : cut(plain, width)
}
