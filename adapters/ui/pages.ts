// Pages: the files of the browser's page as a server hands them out: read once, compressed when first asked for.
//
// Owns: the list of what may be handed out: the files of `page/` with a known ending, and no other.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

export interface Page {
  /** As `content-type` says it. */
  readonly type: string
  readonly bytes: Uint8Array
  readonly gzipped: Uint8Array
  /** Of its bytes, quoted. */
  readonly etag: string
}

const FOLDER = join(import.meta.dirname, 'page')
const FIRST = 'index.html'
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.svg': 'image/svg+xml',
}

/** By their names; '' is the first page. */
export function readPages(): ReadonlyMap<string, Page> {
  const files = readdirSync(FOLDER).filter((name) => Object.hasOwn(TYPES, extname(name))).sort()
  return new Map(files.map((name) => [name === FIRST ? '' : name, new FilePage(TYPES[extname(name)] ?? '', readFileSync(join(FOLDER, name)))]))
}

class FilePage implements Page {
  readonly type: string
  readonly bytes: Uint8Array
  readonly etag: string
  #gzipped: Uint8Array | undefined

  constructor(type: string, bytes: Uint8Array) {
    this.type = type
    this.bytes = bytes
    this.etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  }

  get gzipped(): Uint8Array {
    return (this.#gzipped ??= gzipSync(this.bytes, { level: 9 }))
  }
}
