// Event source: server-sent events of a server that answers `--http`, as they come.
//
// Z1. What is no stream of events is an error with its cure, and what the server itself says about it.
import { request as plain } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as secure } from 'node:https'
import { OperationError } from '../../system/protocol/failures.ts'

/** Longer than any document is: what comes is no stream of this kind. */
const EVENT_LENGTH_MAX = 64 << 20
const BODY_LENGTH_MAX = 64 * 1024
/** A server shows every 15 s that it goes on. */
const SILENT_MS_MAX = 45_000

export interface SourceOptions {
  readonly token: string | undefined
  readonly signal: AbortSignal
}

/** The data of its events, parsed. Ends when the server ends it, or `signal` aborts. Throws OperationError where nobody answers, or otherwise. */
export async function* eventsOf(url: URL, options: SourceOptions): AsyncGenerator<unknown, void> {
  const response = await connected(url, options)
  if (response.statusCode !== 200) throw refused(url, response.statusCode ?? 0, await bodyOf(response))
  try {
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) {
      text += String(chunk)
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      if (text.length > EVENT_LENGTH_MAX) throw new OperationError('http/stream', `${url.origin} sends an event longer than ${EVENT_LENGTH_MAX} characters`)
      for (const data of events.flatMap(dataOf)) yield data
    }
  } catch (thrown) {
    if (thrown instanceof OperationError) throw thrown
    // Broken off: as if it had ended.
  } finally {
    response.destroy()
  }
}

function connected(url: URL, { token, signal }: SourceOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'text/event-stream', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
    const asking = (url.protocol === 'https:' ? secure : plain)(url, { headers, signal, agent: false, timeout: SILENT_MS_MAX }, resolve)
    asking.once('timeout', () => asking.destroy(new OperationError('http/silent', `${url.origin} has not answered for ${SILENT_MS_MAX / 1000} s`)))
    asking.once('error', (error: Error & { readonly code?: string }) => reject(error instanceof OperationError ? error : unreachable(url, error.code ?? error.message)))
    asking.end()
  })
}

function unreachable(url: URL, reason: string): OperationError {
  return new OperationError('http/unreachable', `nothing answers at ${url.origin} (${reason}). Start the system with an address of its own, statelog run <system> --http 8080, and say which it is: --url http://127.0.0.1:8080`)
}

function refused(url: URL, status: number, body: string): OperationError {
  if (status === 401) return new OperationError('http/token', `${url.origin} asks for a token: the one it was started with, in STATELOG_HTTP_TOKEN or --token`)
  return new OperationError('http/refused', `${url.origin} answers ${status}: ${messageOf(body) ?? 'that is no statelog of this version'}`)
}

function messageOf(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { readonly error?: { readonly message?: unknown } }
    return typeof error?.message === 'string' ? error.message : undefined
  } catch {
    return undefined
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) if (text.length < BODY_LENGTH_MAX) text += String(chunk)
  return text
}

/** None in a comment. */
function dataOf(event: string): readonly unknown[] {
  const data = event.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice('data:'.length).trimStart())
  if (data.length === 0) return []
  try {
    return [JSON.parse(data.join('\n'))]
  } catch {
    throw new OperationError('http/stream', 'an event of the server is no JSON: it may be another program')
  }
}
