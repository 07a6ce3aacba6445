// Requests as a caller makes them who does not keep to what a browser or a client library would send.
import { connect } from 'node:net'
import { request } from 'node:http'

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Parsed, where it is JSON. */
  readonly json: Record<string, unknown>
  /** Of a problem; '' otherwise. */
  readonly code: string
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  readonly signal?: AbortSignal
}

/** `path` is sent as it is. */
export function ask(url: string, path: string, { method = 'GET', headers = {}, body, signal }: Asked = {}): Promise<Answered> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const asking = request({ host: hostname.replace(/^\[|\]$/g, ''), port, path, method, headers, agent: false, ...(signal === undefined ? {} : { signal }) }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => (text += more)).once('error', reject).once('end', () => {
        const json = text.startsWith('{') ? JSON.parse(text) as Record<string, unknown> : {}
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json, code: String((json['error'] as { code?: unknown } | undefined)?.code ?? '') })
      })
    })
    asking.once('error', reject)
    asking.end(body)
  })
}

export function postEvent(url: string, type: string, id: string, event: unknown, key: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  return ask(url, `/v1/entities/${type}/${encodeURIComponent(id)}/events?deadlineMs=30000`, { method: 'POST', headers: { 'content-type': 'application/json', 'idempotency-key': key, ...headers }, body: JSON.stringify(event) })
}

/** Bytes on a connection of their own; all that comes back until it is closed by the other side. */
export function converse(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    socket.setEncoding('latin1').on('data', (more: string) => (text += more)).once('error', reject).once('close', () => resolve(text))
  })
}

/** Server-sent events, as they come. */
export async function* eventsOf(url: string, path: string, signal: AbortSignal): AsyncGenerator<{ readonly event: string; readonly data: Record<string, unknown> }, void> {
  const { body } = await fetch(`${url}${path}`, { signal })
  let text = ''
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(chunk)
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? []
      text = text.slice(end + 2)
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) as Record<string, unknown> }
    }
  }
}
