// Server: the gateway over HTTP, on node:http and nothing else.
//
// Owns: the listening socket, its connections and the requests under way.
//
// S1. A request is judged before it is read: Host and origin, rate, route, token; then its parameters; then its body. Nothing of it reaches the gateway before.
// S2. Nothing that a caller does or leaves undone holds more than a bounded time and memory: `limits.ts`.
// S3. What goes wrong inside is a 500 that tells nothing; the reason goes to `onError`.
// S4. Closing takes no new connection, ends waits early, lets answers under way be sent, and ends within `drainMsMax`.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { OperationError } from '../../system/protocol/failures.ts'
import type { Gateway } from '../../system/gateway/gateway.ts'
import { readableJson } from '../../system/protocol/readable-json.ts'
import { callerOf } from './address.ts'
import { problem, RETRY_SOON } from './answer.ts'
import type { Answer } from './answer.ts'
import { readBody } from './body.ts'
import { Connections } from './connections.ts'
import { dispatch, find } from './dispatch.ts'
import { EVENT_STREAM, sendEvents } from './event-stream.ts'
import { Guard, UNAUTHORIZED } from './guard.ts'
import type { HttpLimits } from './limits.ts'
import { settingsOf } from './options.ts'
import type { HttpOptions, HttpSettings } from './options.ts'
import { answerPage, isPage } from './pages.ts'
import { Rate } from './rate.ts'
import { OVER } from '../../system/protocol/within.ts'

const CHECK_MS_MAX = 1000
/** What every request may be answered with, however many callers do not take theirs. */
const SMALL_BYTES = 4096
const STOPPING = problem(503, 'server/stopping', 'this process is being stopped; another may take its place', {}, RETRY_SOON)

export interface HttpServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string
  /** Idempotent. */
  close(): Promise<void>
}

/** Resolves when it listens. Throws OperationError when it cannot, or must not. */
export async function openHttp(gateway: Gateway, options: HttpOptions): Promise<HttpServer> {
  const settings = settingsOf(options)
  const { limits } = settings
  const face = new Face(gateway, settings, options)
  const server = createServer({
    maxHeaderSize: limits.headerBytesMax, headersTimeout: limits.headersMsMax, requestTimeout: limits.requestMsMax, keepAliveTimeout: limits.idleMsMax,
    connectionsCheckingInterval: Math.min(CHECK_MS_MAX, limits.headersMsMax), requireHostHeader: false,
  }, (message, response) => void face.take(message, response))
  server.maxConnections = limits.connectionsMax
  server.timeout = limits.silentMsMax
  const connections = new Connections(limits.connectionsOfOneMax)
  server.on('connection', (socket) => connections.take(socket))
  server.on('clientError', refuse)
  await listen(server, settings)
  server.on('error', (error) => options.onError(`the HTTP server: ${error.message}`))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : settings.port
  let closing: Promise<void> | undefined
  return { url: `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`, close: () => (closing ??= close(server, face, limits.drainMsMax)) }
}

async function listen(server: Server, { host, port }: HttpSettings): Promise<void> {
  const failed = new AbortController()
  try {
    const listening = once(server, 'listening', { signal: failed.signal })
    server.listen(port, host)
    await listening
  } catch (thrown) {
    const reason = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown)
    throw new OperationError('http/listen', `port ${port} of ${host} cannot be listened on: ${reason}${reason === 'EADDRINUSE' ? '. Another program has it: choose another port, or 0 for any.' : ''}`)
  }
}

/** S4. */
async function close(server: Server, face: Face, drainMsMax: number): Promise<void> {
  face.drain()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const late = setTimeout(() => server.closeAllConnections(), drainMsMax)
  await closed
  clearTimeout(late)
}

const JSON_TYPE = 'application/json; charset=utf-8'

/** Takes requests and answers them. */
class Face {
  readonly #gateway: Gateway
  readonly #guard: Guard
  readonly #rate: Rate
  readonly #limits: HttpLimits
  readonly #options: Pick<HttpOptions, 'onError' | 'charts' | 'pages' | 'scenario'>
  #isDraining = false
  /** One for each that is under way. Not dependants of a signal that stays: those are kept by every collection of young garbage, with all that listens to them. */
  readonly #callers = new Set<AbortController>()
  readonly #inFlightOf = new WeakMap<Socket, number>()
  #inFlight = 0
  #unsentBytes = 0
  #streams = 0

  constructor(gateway: Gateway, settings: HttpSettings, options: Pick<HttpOptions, 'onError' | 'charts' | 'pages' | 'scenario'>) {
    this.#gateway = gateway
    this.#guard = new Guard(settings)
    this.#rate = new Rate(settings.limits.requestsPerSecondMax)
    this.#limits = settings.limits
    this.#options = options
  }

  drain(): void {
    this.#isDraining = true
    for (const caller of this.#callers) caller.abort()
  }

  async take(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = message
    const caller = new AbortController()
    let isGone = false
    // A caller that goes is no problem of ours.
    response.on('error', () => {})
    const own = (this.#inFlightOf.get(socket) ?? 0) + 1
    if (own > this.#limits.pipelinedMax) return void socket.destroy()
    this.#count(socket, 1, 0)
    let bytes = 0
    // S2. Until its last byte is taken an answer holds memory.
    this.#callers.add(caller)
    if (this.#isDraining) caller.abort()
    response.once('close', () => {
      isGone = true
      this.#callers.delete(caller)
      caller.abort(OVER)
      this.#count(socket, -1, -bytes)
    })
    try {
      const answer = await this.#answer(message, caller.signal)
      if (isGone) return
      if (answer.events !== undefined && message.method !== 'HEAD') return await this.#stream(response, answer.events, caller.signal)
      // What was given up for the sake of the end tells nothing of the entity.
      const said = this.#isDraining && answer.status > 500 ? STOPPING : answer
      bytes = send(message, response, this.#bounded(said), this.#isDraining)
    } catch (thrown) {
      this.#options.onError(`${message.method ?? ''} over HTTP failed: ${thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown)}`)
      if (response.headersSent) response.destroy()
      bytes = send(message, response, written(problem(500, 'internal', 'this is a defect of statelog or of the actors it runs; its log says more')), true)
    }
    this.#unsentBytes += bytes
  }

  /** S2. Others may have been answered since this one was asked. */
  #bounded(answer: Answer): WrittenAnswer {
    const whole = written(answer)
    const { unsentBytesMax } = this.#limits
    if (this.#unsentBytes <= unsentBytesMax || (whole.content?.bytes.length ?? 0) <= SMALL_BYTES) return whole
    return written(problem(503, 'server/busy', `the answer is there, but ${unsentBytesMax} bytes of answers wait to be taken by their callers. Ask again; an event is answered again with the same Idempotency-Key, and applied once.`, {}, RETRY_SOON))
  }

  async #stream(response: ServerResponse, events: NonNullable<Answer['events']>, signal: AbortSignal): Promise<void> {
    this.#streams += 1
    try {
      await sendEvents(response, events, signal, this.#limits)
    } finally {
      this.#streams -= 1
    }
  }

  #count(socket: Socket, requests: number, bytes: number): void {
    this.#inFlight += requests
    this.#unsentBytes += bytes
    this.#inFlightOf.set(socket, (this.#inFlightOf.get(socket) ?? 0) + requests)
  }

  /** S1. */
  async #answer(message: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    const header = (name: string): string | undefined => {
      const value = message.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    }
    const { pages, charts, scenario } = this.#options
    const { method = '', url: target = '' } = message
    const isForPage = pages !== undefined && isPage(target)
    const stranger = this.#guard.stranger(header, message.socket.localAddress, isForPage && method === 'GET')
    if (stranger !== undefined) return stranger
    const afterSeconds = this.#rate.take(callerOf(message.socket.remoteAddress), performance.now())
    if (afterSeconds !== undefined) return problem(429, 'rate/limit', `too many requests from this address: come again in ${afterSeconds} s`, {}, { 'retry-after': String(afterSeconds) })
    if (this.#isDraining) return STOPPING
    const { inFlightMax, unsentBytesMax } = this.#limits
    if (isForPage && this.#inFlight <= inFlightMax && this.#unsentBytes <= unsentBytesMax) return answerPage(pages, method, target, header)
    const found = find(target)
    const isOpen = !('status' in found) && found.routes.every((route) => route.isOpen === true)
    if (!isOpen && this.#inFlight > inFlightMax) return problem(503, 'server/busy', `${inFlightMax} requests are under way already`, {}, RETRY_SOON)
    if (!isOpen && this.#unsentBytes > unsentBytesMax) return problem(503, 'server/busy', `${unsentBytesMax} bytes of answers wait to be taken by their callers`, {}, RETRY_SOON)
    if (!isOpen && !this.#guard.hasToken(header)) return UNAUTHORIZED
    if ('status' in found) return found
    const isStream = found.routes.some(({ replies }) => replies[200]?.type === EVENT_STREAM)
    if (isStream && this.#streams >= this.#limits.streamsMax) return problem(503, 'server/busy', `${this.#limits.streamsMax} callers are told of changes already`, {}, RETRY_SOON)
    return dispatch(this.#gateway, found, { method, target, header, charts, scenario, body: () => readBody(message, this.#limits), signal, isGuarded: this.#guard.asksForToken })
  }
}

/** What is no request of HTTP, or does not become one in time. */
function refuse(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy()
  const { code = '' } = error
  const [status, answer] = code === 'HPE_HEADER_OVERFLOW' ? ['431 Request Header Fields Too Large', problem(431, 'request/headers', `the headers are too large`)] as const
    : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? ['408 Request Timeout', problem(408, 'request/timeout', 'the request did not come in time')] as const
    : ['400 Bad Request', problem(400, 'request/malformed', 'this is no request of HTTP/1.1')] as const
  const body = `${readableJson(answer.body)}\n`
  socket.end(`HTTP/1.1 ${status}\r\ncontent-type: ${JSON_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}

interface WrittenAnswer extends Pick<Answer, 'status' | 'headers'> {
  readonly content?: { readonly type: string; readonly bytes: Buffer }
}

function written({ status, headers = {}, body, content }: Answer): WrittenAnswer {
  if (content !== undefined) return { status, headers, content: { type: content.type, bytes: Buffer.from(content.bytes) } }
  return { status, headers, ...(body === undefined ? {} : { content: { type: JSON_TYPE, bytes: Buffer.from(`${readableJson(body)}\n`) } }) }
}

/** Answers how many bytes the body has. */
function send(message: IncomingMessage, response: ServerResponse, { status, content, headers }: WrittenAnswer, isLast: boolean): number {
  if (response.headersSent || response.destroyed) return 0
  // What was not read of a body would be taken for the next request.
  const isUnread = !message.complete && ((message.headers['content-length'] ?? '0') !== '0' || message.headers['transfer-encoding'] !== undefined)
  response.writeHead(status, {
    ...(content === undefined ? {} : { 'content-type': content.type, 'content-length': String(content.bytes.length) }),
    'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(isLast || isUnread ? { connection: 'close' } : {}), ...headers,
  })
  if (message.method === 'HEAD') response.end()
  else response.end(content?.bytes)
  return content?.bytes.length ?? 0
}
