// Lines of a text file, plain or gzip, as a stream: a file of any size in little memory.
//
// Owns: opening, decompression, splitting. Lines come in arrays of one chunk each, since awaiting every line costs more than using it.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { pipeline } from 'node:stream'
import type { Readable } from 'node:stream'
import { FileProblem } from './failure.ts'

const CHUNK_BYTES = 1 << 18
/** Longer lines are refused: the file is then no text with lines. */
const LINE_CHARACTERS_MAX = 1 << 20

/** The lines without their ends (\n or \r\n) and without a byte order mark. Throws FileProblem. */
export async function* readLines(file: string): AsyncGenerator<readonly string[]> {
  let rest = ''
  let isFirst = true
  try {
    for await (const chunk of await openText(file)) {
      const text = rest + (isFirst ? withoutMark(chunk as string) : (chunk as string))
      isFirst = false
      const lines = text.split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LINE_CHARACTERS_MAX) throw new FileProblem(`${file}: a line is longer than ${LINE_CHARACTERS_MAX} characters; is this a text file?`)
      if (lines.length > 0) yield lines.map(withoutReturn)
    }
  } catch (thrown) {
    throw thrown instanceof FileProblem ? thrown : new FileProblem(`${file}: ${reasonOf(thrown)}`, { cause: thrown })
  }
  if (rest !== '') yield [withoutReturn(rest)]
}

async function openText(file: string): Promise<Readable> {
  const compressed = await isGzip(file)
  const bytes = createReadStream(file, { highWaterMark: CHUNK_BYTES })
  if (!compressed) return bytes.setEncoding('utf8')
  // The callback takes the failure of the reading side; it reaches the reader through the stream that is destroyed with it.
  return pipeline(bytes, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}).setEncoding('utf8')
}

/** By its first bytes, whatever its name says. */
async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}

function reasonOf(thrown: unknown): string {
  const { code, message } = thrown as { readonly code?: string; readonly message?: string }
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'is a folder, not a file'
  if (code === 'EACCES') return 'may not be read by this user'
  if (code?.startsWith('Z_') === true) return `is damaged or cut off: ${message}`
  return String(message ?? thrown)
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
