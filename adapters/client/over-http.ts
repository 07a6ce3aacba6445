// Over HTTP: the transport that browsers, Node and Bun have built in. Nothing but fetch.
import { Unreached } from '../../system/gateway/transport.ts'
import type { Ask, Told, Transport } from '../../system/gateway/transport.ts'
import { EventStreamParser } from './event-stream.ts'
import { ClientError } from './session.ts'

export interface HttpAddress {
  /** Where the gateway answers: `http://127.0.0.1:8080`, also below a path. */
  readonly url: string
  /** That the server was started with. */
  readonly token?: string
}

/** A stream is never still for so long: three of the signs of life that a server gives (every 15 s). */
const STILL_MS_MAX = 45_000

/** `stillMsMax`: a stream of which nothing comes for so long is given up. */
export function overHttp({ url, token }: HttpAddress, send: typeof fetch = fetch, stillMsMax = STILL_MS_MAX): Transport {
  const root = url.replace(/\/+$/, '')
  const request = async ({ method, path, names, query, key, body }: Ask, accept: string, signal: AbortSignal): Promise<Response> => {
    const asked = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`]))
    const target = path.replace(/\{(\w+)\}/g, (_, name: string) => segment(names[name] ?? ''))
    try {
      return await send(`${root}${target}${asked.length === 0 ? '' : `?${asked.join('&')}`}`, {
        method, signal, redirect: 'error', cache: 'no-store',
        headers: {
          accept, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(key === undefined ? {} : { 'idempotency-key': key }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch (thrown) {
      throw unreached(root, thrown, signal)
    }
  }
  const told = async (response: Response, signal: AbortSignal): Promise<Told> => {
    const text = await response.text().catch((thrown: unknown) => {
      throw unreached(root, thrown, signal)
    })
    const after = Number(response.headers.get('retry-after') ?? NaN)
    return { status: response.status, body: parsed(text), ...(Number.isFinite(after) ? { retryAfterMs: after * 1000 } : {}) }
  }
  return {
    ask: async (asked, signal) => told(await request(asked, 'application/json', signal), signal),
    async *follow(asked, signal) {
      const still = new AbortController()
      const either = AbortSignal.any([signal, still.signal])
      // A connection of which the other end is gone says nothing, for ever.
      const inTime = async <T>(waited: Promise<T>): Promise<T> => {
        const timer = setTimeout(() => still.abort(), stillMsMax)
        try {
          return await waited
        } catch (thrown) {
          if (still.signal.aborted && !signal.aborted) throw new Unreached(`${root} is still: nothing came for ${stillMsMax} ms`)
          throw thrown
        } finally {
          clearTimeout(timer)
        }
      }
      const response = await inTime(request(asked, 'text/event-stream', either))
      if (!response.ok || response.body === null) return yield { told: await inTime(told(response, either)) }
      const parser = new EventStreamParser()
      const decoder = new TextDecoder()
      const reader = response.body.getReader()
      try {
        for (;;) {
          const piece = await inTime(reader.read().catch((thrown: unknown) => {
            throw unreached(root, thrown, either)
          }))
          if (piece.done) return
          for (const { event, data } of parser.take(decoder.decode(piece.value, { stream: true }))) yield { event, data: parsed(data) }
        }
      } finally {
        await reader.cancel().catch(() => undefined)
      }
    },
  }
}

/** A part of a path. '.' and '..' are taken for steps by all who read addresses, however they are written. */
function segment(text: string): string {
  if (text === '.' || text === '..') throw new ClientError('client/id', `'${text}' cannot stand in an address of HTTP; ask for it over NATS`, 0)
  if (!text.isWellFormed()) throw new ClientError('client/id', 'an id with half a character is none', 0)
  return encodeURIComponent(text)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function unreached(root: string, thrown: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  const { message, cause } = thrown as { readonly message?: string; readonly cause?: { readonly code?: string; readonly message?: string } }
  return new Unreached(`${root} does not answer: ${cause?.code ?? cause?.message ?? message ?? String(thrown)}`)
}
