// Pages: what a browser is given under `/ui/`, ready made and the same for everybody: no token is needed for them, and they tell nothing of the system.
//
// G1. A page runs what comes from this server and nothing else: no script or style within a page, none from elsewhere, no text that becomes markup.
// G2. What has not changed is not sent again.
import { problem } from './answer.ts'
import type { Answer } from './answer.ts'

export interface Page {
  /** As `content-type` says it. */
  readonly type: string
  readonly bytes: Uint8Array
  readonly gzipped: Uint8Array
  /** Of its bytes, quoted. */
  readonly etag: string
}

/** By path below `/ui/`; '' is the first page. */
export interface Pages {
  get(path: string): Page | undefined
}

const FOLDER = '/ui/'
const HEADERS = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin', 'cache-control': 'no-cache', vary: 'accept-encoding',
} as const

/** Whether the target is answered here. */
export function isPage(target: string): boolean {
  const path = pathOf(target)
  return path === '/' || path === FOLDER.slice(0, -1) || path.startsWith(FOLDER)
}

export function answerPage(pages: Pages, method: string, target: string, header: (name: string) => string | undefined): Answer {
  if (method !== 'GET' && method !== 'HEAD') return problem(405, 'route/method', 'here one can GET, HEAD', {}, { allow: 'GET, HEAD' })
  const path = pathOf(target)
  if (!path.startsWith(FOLDER)) return { status: 302, headers: { location: FOLDER, 'cache-control': 'no-cache' } }
  const page = pages.get(path.slice(FOLDER.length))
  if (page === undefined) return problem(404, 'route/not-found', 'there is no such page. GET /ui/ is the first.')
  const { etag, type, bytes, gzipped } = page
  if (header('if-none-match')?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag) === true) return { status: 304, headers: { ...HEADERS, etag } }
  const isGzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(header('accept-encoding') ?? '')
  return { status: 200, content: { type, bytes: isGzip ? gzipped : bytes }, headers: { ...HEADERS, etag, ...(isGzip ? { 'content-encoding': 'gzip' } : {}) } }
}

function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? ''
}
