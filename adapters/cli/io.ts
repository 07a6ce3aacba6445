// Io: where a command writes, and what that place can show.
import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'

export interface Io {
  /** Results. */
  out(line: string): void
  /** Notices and complaints. */
  err(line: string): void
  readonly isTty: boolean
  readonly columns: () => number
  readonly rows: () => number
  readonly paint: Paint
}

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'
export type Paint = (colour: Colour, text: string) => string

const CODES: Readonly<Record<Colour, string>> = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' }

export function painter(isColoured: boolean): Paint {
  return isColoured ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : (_colour, text) => text
}

/** The process's own streams. Colours only on a terminal, and not where NO_COLOR asks for none. */
export function processIo(): Io {
  const isTty = process.stdout.isTTY === true
  const noColour = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb'
  return {
    out: (line) => write(1, `${line}\n`),
    err: (line) => write(2, `${line}\n`),
    isTty,
    columns: () => process.stdout.columns ?? 80,
    rows: () => process.stdout.rows ?? 24,
    paint: painter(isTty && !noColour),
  }
}

/** Known from the start: one that was closed is none any more. */
const TERMINALS = ([1, 2] as const).filter((descriptor) => isatty(descriptor))

/** Streams whose reader went away. */
const deserted = new Set<1 | 2>()

/** Blocks until it is written, so that nothing is lost when the process ends. A reader that went away stops a run in order, and ends all else quietly. */
export function write(descriptor: 1 | 2, text: string): void {
  if (deserted.has(descriptor)) return
  let bytes: Uint8Array = new TextEncoder().encode(text)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes))
    } catch (thrown) {
      const code = (thrown as { readonly code?: string }).code
      if (code === 'EPIPE' || (code === 'EIO' && TERMINALS.includes(descriptor))) return desert(descriptor)
      if (code !== 'EAGAIN') throw thrown
      // A full pipe: wait a little for its reader.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    }
  }
}

function desert(descriptor: 1 | 2): void {
  deserted.add(descriptor)
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(0)
}
