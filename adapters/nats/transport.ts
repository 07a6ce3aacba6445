// The public entry `statelog/client/nats`: the transport of the typed client over a NATS connection of the caller's own. Asks what `api.ts` serves.
import { Unreached } from '../../system/gateway/transport.ts'
import type { Told, Transport } from '../../system/gateway/transport.ts'

/** What is needed of a connection: `connect()` of the package nats, or of its successors. */
export interface NatsRequester {
  request(subject: string, payload: Uint8Array, options: { readonly timeout: number }): Promise<{ readonly data: Uint8Array; readonly headers?: { get(name: string): string } | undefined }>
}

export interface NatsPlace {
  /** Name of the system. */
  readonly app: string
  /** As it was started with. Default `statelog`. */
  readonly prefix?: string
}

/** What an answer may take beyond the deadline that was asked for, ms; and where none was. */
const GRACE_MS = 2000
const REQUEST_MS_MAX = 62_000

/** Watching needs HTTP. */
export function overNats(connection: NatsRequester, { app, prefix = 'statelog' }: NatsPlace): Transport {
  const root = `${prefix}._api.${app}`
  return {
    ask: async ({ operation, names: { type, ...names }, query, key, body }, signal) => {
      const subject = `${root}.${operation}${type === undefined ? '' : `.${type}`}`
      const asked = JSON.stringify({ ...names, ...query, ...(key === undefined ? {} : { key }), ...(body === undefined ? {} : { event: body }) })
      const deadlineMs = query['deadlineMs']
      const timeout = typeof deadlineMs === 'number' ? Math.min(REQUEST_MS_MAX, deadlineMs + GRACE_MS) : REQUEST_MS_MAX
      return aborting(toldBy(connection, subject, new TextEncoder().encode(asked), timeout), signal)
    },
  }
}

async function toldBy(connection: NatsRequester, subject: string, payload: Uint8Array, timeout: number): Promise<Told> {
  const answer = await connection.request(subject, payload, { timeout }).catch((thrown: unknown) => {
    throw new Unreached(`nobody answers at ${subject}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  })
  const status = Number(answer.headers?.get('Statelog-Status'))
  if (!(status >= 200)) throw new Unreached(`what answers at ${subject} is no statelog`)
  const after = Number(answer.headers?.get('Retry-After') || NaN)
  return { status, body: JSON.parse(new TextDecoder().decode(answer.data)) as unknown, ...(Number.isFinite(after) ? { retryAfterMs: after * 1000 } : {}) }
}

async function aborting<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as TypeError)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
    work.catch(() => undefined)
  }
}
