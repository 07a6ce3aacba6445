// Reporter: how a run speaks while it goes: a redrawn block, lines for a log, JSON lines, or nothing.
import { write } from './io.ts'
import type { Io } from './io.ts'
import { progressObject } from './progress.ts'
import type { Progress } from './progress.ts'
import { progressBlock, progressLine, Screen } from './progress-lines.ts'

export interface Reporter {
  /** How often it wants to hear of progress, ms. */
  readonly everyMs: number
  /** What is about to happen. */
  head(lines: readonly string[], facts: Record<string, unknown>): void
  progress(progress: Progress): void
  notice(text: string): void
  /** The last words. */
  end(lines: readonly string[], facts: Record<string, unknown>): void
}

export type Manner = 'json' | 'quiet' | 'people'

const TTY_MS = 250
const LINE_MS = 5000
const JSON_MS = 1000

export function reporterOf(manner: Manner, io: Io): Reporter {
  if (manner === 'json') return jsonReporter(io)
  if (manner === 'quiet') return { everyMs: LINE_MS, head: () => {}, progress: () => {}, notice: (text) => io.err(text), end: (lines) => lines.forEach((line) => io.out(line)) }
  return io.isTty ? screenReporter(io) : lineReporter(io)
}

function jsonReporter(io: Io): Reporter {
  const print = (type: string, facts: Record<string, unknown>): void => io.out(JSON.stringify({ type, ...facts }))
  return {
    everyMs: JSON_MS,
    head: (_lines, facts) => print('start', facts),
    progress: (progress) => print('progress', progressObject(progress)),
    notice: (text) => io.err(text),
    end: (_lines, facts) => print('summary', facts),
  }
}

function screenReporter(io: Io): Reporter {
  const screen = new Screen(io, (text) => write(1, text))
  return {
    everyMs: TTY_MS,
    head: (lines) => lines.forEach((line) => io.out(line)),
    progress: (progress) => screen.draw(progressBlock(progress, io.paint)),
    notice: (text) => screen.above(io.paint('yellow', text)),
    end: (lines) => {
      screen.clear()
      for (const line of lines) io.out(line)
    },
  }
}

function lineReporter(io: Io): Reporter {
  return {
    everyMs: LINE_MS,
    head: (lines) => lines.forEach((line) => io.out(line)),
    progress: (progress) => {
      // The first look comes before anything happened.
      if (progress.elapsedMs > LINE_MS / 2) io.out(progressLine(progress))
    },
    notice: (text) => io.err(text),
    end: (lines) => lines.forEach((line) => io.out(line)),
  }
}
