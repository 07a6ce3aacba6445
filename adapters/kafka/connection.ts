// A connection to a broker: requests go out, answers come back, each to who asked.
//
// Owns: the socket, the numbers of requests, their time limit. Knows no request but those that authenticate its user.
//
// C1. Requests are written in the order in which they were sent. At most IN_FLIGHT_MAX wait for their answers, the others for their turn.
// C2. Every request is settled once: with its answer, or with why there is none.
// C3. A request that is not answered in time ends the connection, and with it all others: what a broker does for one connection it does in order.
// C4. What cannot be an answer ends the connection.
// C5. While the user is authenticated, at first and again, nothing else is sent.
import { connect, isIP } from 'node:net'
import type { Socket } from 'node:net'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { Frames } from './frames.ts'
import type { Sasl } from './sasl.ts'
import { Unanswered } from './unanswered.ts'
import { Reader } from './reader.ts'

export interface Security {
  readonly tls?: TlsOptions
  readonly sasl?: Sasl
}

export interface ConnectionOptions {
  /** How this client shows in the broker's logs. */
  readonly clientId: string
  readonly security: Security
  /** Of opening: TCP, TLS and authentication together, ms. */
  readonly connectMsMax: number
  /** Of a request, from when it is written, ms. */
  readonly requestMsMax: number
}

/** What a request is made of, in order. */
export interface Payload {
  readonly buffers: readonly Buffer[]
}

export type Parse<T> = (reader: Reader) => T

export type Callback<T> = (error: unknown, answer?: T) => void

interface Request {
  readonly correlation: number
  readonly bytes: Buffer
  /** By the monotonic clock; 0 until it is written. */
  sentMs: number
  readonly take: (answer: Buffer) => void
  readonly fail: (reason: unknown) => void
}

type Phase = 'opening' | 'open' | 'renewing' | 'ended'

/** As many as Kafka's own client has: of that many batches a broker knows which it has already. */
const IN_FLIGHT_MAX = 5
const WAITING_MAX = 10_000
/** A broker takes no request over 100 MiB, so that no batch of records is larger; the rest of an answer is bounded by what was asked for. */
const ANSWER_BYTES_MAX = 160 << 20
/** The part of an authentication's life after which it is renewed. */
const RENEW_PART = 0.8
const GRACE_MS = 10
const TIMER_MS_MAX = 0x7fff_ffff

const TAGS_NONE = 0
const CORRELATION_BYTES = 4

export class Connection {
  readonly #socket: Socket
  readonly #name: string
  readonly #options: ConnectionOptions
  readonly #clientId: Buffer
  readonly #frames = new Frames(ANSWER_BYTES_MAX)
  readonly #connected = Promise.withResolvers<void>()
  readonly #inFlight = new Map<number, Request>()
  readonly #waiting: Request[] = []
  #phase: Phase = 'opening'
  #correlation = 0
  #limit: NodeJS.Timeout | undefined
  #renewal: NodeJS.Timeout | undefined

  /** Rejects with Unanswered. */
  static async open({ host, port }: { readonly host: string; readonly port: number }, options: ConnectionOptions): Promise<Connection> {
    const { tls, sasl } = options.security
    const connectTls = tls === undefined ? undefined : (await import('node:tls')).connect
    const socket = connectTls === undefined ? connect({ host, port }) : connectTls({ ...(isIP(host) === 0 ? { servername: host } : {}), ...tls, host, port })
    const connection = new Connection(socket, `${host}:${port}`, options)
    const limit = setTimeout(() => connection.#end('TIMEOUT', `cannot be reached within ${options.connectMsMax} ms`), options.connectMsMax)
    try {
      socket.once(connectTls === undefined ? 'connect' : 'secureConnect', connection.#connected.resolve)
      await connection.#connected.promise
      if (sasl !== undefined) await connection.#authenticate(sasl)
      connection.#turn('opening', 'open')
      return connection
    } catch (thrown) {
      connection.close()
      throw thrown
    } finally {
      clearTimeout(limit)
    }
  }

  private constructor(socket: Socket, name: string, options: ConnectionOptions) {
    this.#socket = socket
    this.#name = name
    this.#options = options
    this.#clientId = Buffer.from(options.clientId)
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', (error) => this.#end('NETWORK', `${this.#phase === 'opening' ? 'cannot be reached' : 'broke off'}: ${error.message}`, error))
    socket.on('close', () => this.#end('NETWORK', this.#frames.isWithin ? 'hung up within an answer' : 'hung up'))
  }

  isConnected(): boolean {
    return this.#phase === 'open' || this.#phase === 'renewing'
  }

  /** `isFlexible`, `hasTags`: whether the heads of the request and of its answer end with tagged fields. The error is Unanswered, or what `createPayload` or `parse` throw. */
  send<T>(key: number, version: number, createPayload: () => Payload, parse: Parse<T>, isFlexible: boolean, hasTags: boolean, callback: Callback<T>): void {
    if (!this.isConnected()) return callback(this.#problem('NETWORK', 'the connection is closed'))
    if (this.#waiting.length >= WAITING_MAX) return callback(this.#problem('NETWORK', `${WAITING_MAX} requests wait already`))
    let request: Request
    try {
      request = this.#request(key, version, createPayload().buffers, parse, isFlexible, hasTags, callback)
    } catch (thrown) {
      return callback(thrown)
    }
    this.#waiting.push(request)
    this.#write()
  }

  /** Requests without an answer are rejected. */
  close(): void {
    this.#end('NETWORK', 'the connection is closed')
  }

  #request<T>(key: number, version: number, payload: readonly Buffer[], parse: Parse<T>, isFlexible: boolean, hasTags: boolean, callback: Callback<T>): Request {
    this.#correlation = (this.#correlation + 1) & 0x7fff_ffff
    const correlation = this.#correlation
    const take = (answer: Buffer): void => {
      let parsed: T
      try {
        const reader = Reader.from(answer.subarray(CORRELATION_BYTES))
        if (hasTags) reader.readTaggedFields()
        parsed = parse(reader)
      } catch (thrown) {
        // What was asked may have been done all the same.
        return callback(thrown instanceof RangeError ? this.#problem('NETWORK', `answers what cannot be read: ${thrown.message}`, thrown) : thrown)
      }
      callback(null, parsed)
    }
    return { correlation, bytes: Buffer.concat([this.#head(key, version, correlation, isFlexible, payload), ...payload]), sentMs: 0, take, fail: callback }
  }

  #head(key: number, version: number, correlation: number, isFlexible: boolean, payload: readonly Buffer[]): Buffer {
    const head = Buffer.allocUnsafe(14 + this.#clientId.length + (isFlexible ? 1 : 0))
    head.writeInt32BE(head.length - 4 + payload.reduce((sum, { length }) => sum + length, 0), 0)
    head.writeInt16BE(key, 4)
    head.writeInt16BE(version, 6)
    head.writeInt32BE(correlation, 8)
    head.writeInt16BE(this.#clientId.length, 12)
    this.#clientId.copy(head, 14)
    if (isFlexible) head.writeUInt8(TAGS_NONE, head.length - 1)
    return head
  }

  /** C1, C5. */
  #write(): void {
    while (this.#phase === 'open' && this.#inFlight.size < IN_FLIGHT_MAX) {
      const request = this.#waiting.shift()
      if (request === undefined) return
      this.#put(request)
    }
  }

  #put(request: Request): void {
    request.sentMs = performance.now()
    this.#inFlight.set(request.correlation, request)
    this.#limit ??= setTimeout(() => this.#look(), this.#options.requestMsMax)
    this.#socket.write(request.bytes)
  }

  #read(chunk: Buffer): void {
    try {
      this.#frames.take(chunk, (answer) => this.#answered(answer))
    } catch (thrown) {
      this.#end('NETWORK', `is no Kafka listener of this kind: ${(thrown as Error).message}`, thrown)
    }
  }

  #answered(answer: Buffer): void {
    if (this.#phase === 'ended') return
    const correlation = answer.readInt32BE(0)
    const request = this.#inFlight.get(correlation)
    if (request === undefined) return this.#end('NETWORK', `answers request ${correlation}, which does not wait`)
    this.#inFlight.delete(correlation)
    request.take(answer)
    this.#write()
  }

  /** C3. With some grace: when this process itself was busy, the answer lies in the socket. */
  #look(): void {
    this.#limit = undefined
    const [oldest] = this.#inFlight.values()
    if (oldest === undefined) return
    const leftMs = oldest.sentMs + this.#options.requestMsMax - performance.now()
    this.#limit = leftMs > 0 ? setTimeout(() => this.#look(), Math.ceil(leftMs)) : setTimeout(() => this.#late(oldest), GRACE_MS)
  }

  #late(request: Request): void {
    this.#limit = undefined
    if (!this.#inFlight.delete(request.correlation)) return this.#look()
    const { requestMsMax } = this.#options
    request.fail(this.#problem('TIMEOUT', `has not answered within ${requestMsMax} ms`))
    this.#end('NETWORK', `has not answered an earlier request within ${requestMsMax} ms`)
  }

  async #authenticate(sasl: Sasl): Promise<void> {
    const { authenticate } = await import('./sasl.ts')
    const lifetimeMs = await authenticate((key, version, createPayload, parse, isFlexible) => new Promise((resolve, reject) => {
      if (this.#phase === 'ended') return reject(this.#problem('NETWORK', 'the connection is closed'))
      this.#put(this.#request(key, version, createPayload().buffers, parse, isFlexible, isFlexible, (error, answer) => (error === null ? resolve(answer as never) : reject(error))))
    }), sasl)
    if (lifetimeMs > 0 && this.#phase !== 'ended') this.#renewal = setTimeout(() => this.#renew(sasl), Math.min(lifetimeMs * RENEW_PART, TIMER_MS_MAX))
  }

  #renew(sasl: Sasl): void {
    this.#turn('open', 'renewing')
    this.#authenticate(sasl).then(() => this.#turn('renewing', 'open'), (thrown: unknown) => this.#end('NETWORK', 'refused the user whom it had taken', thrown))
  }

  #turn(from: Phase, to: Phase): void {
    if (this.#phase === from) this.#phase = to
    this.#write()
  }

  #end(kind: Unanswered['kind'], reason: string, cause?: unknown): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    clearTimeout(this.#limit)
    clearTimeout(this.#renewal)
    this.#socket.destroy()
    const problem = this.#problem(kind, reason, cause)
    this.#connected.reject(problem)
    const unsettled = [...this.#inFlight.values(), ...this.#waiting]
    this.#inFlight.clear()
    this.#waiting.length = 0
    for (const { fail } of unsettled) fail(problem)
  }

  #problem(kind: Unanswered['kind'], reason: string, cause?: unknown): Unanswered {
    return new Unanswered(kind, `${this.#name} ${reason}`, cause)
  }
}
