// API: the gateway of a running system for callers that know NATS and JSON alone: what HTTP answers, asked by subject.
//
//   <prefix>._api.<app>.<operation>            such as statelog._api.house.listPartitions
//   <prefix>._api.<app>.<operation>.<type>     such as statelog._api.house.getEntity.door, asked with {"id":"front"}
//
// Owns: its connection, and the questions under way.
//
// Y1. Processes that serve one app are one queue group: each question reaches one of them, and any may answer it.
// Y2. At most ASKED_MAX questions are under way; more are told to come again, and larger ones than ASKED_BYTES_MAX are refused. One without a reply subject is passed over.
// Y3. An id stands in the message, not in the subject: it may hold any character, and who may do what is said by subjects alone.
// Y4. What was given up because the process stops is told as that.
import type { Msg, NatsConnection } from 'nats'
import { headers } from 'nats'
import { Link } from './link.ts'
import type { LinkUser } from './link.ts'
import { settingsOf } from './options.ts'
import type { NatsOptions } from './options.ts'
import { deniedText } from './permissions.ts'
import { taken, within } from './servers.ts'
import { copied } from './wire.ts'

const QUEUE = 'api'
const ASKED_MAX = 1000
/** An event as large as over HTTP, and what stands around it. */
const ASKED_BYTES_MAX = (256 + 8) * 1024
const CLOSE_MS_MAX = 2000

export interface ApiQuestion {
  readonly operation: string
  /** Undefined: the subject names none. */
  readonly type: string | undefined
  /** JSON, or nothing. */
  readonly bytes: Uint8Array
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export interface ApiAnswer {
  /** As HTTP counts them. */
  readonly status: number
  /** Of the bytes, as HTTP calls it; default JSON. */
  readonly type?: string
  /** A problem is `{ error: { code, message } }`. */
  readonly bytes: Uint8Array
  readonly retryAfterSeconds?: number
}

export interface ApiOptions extends NatsOptions {
  readonly app: string
  readonly answer: (question: ApiQuestion) => Promise<ApiAnswer>
  /** Where there is no time, no room or no right to ask: what is said instead. */
  readonly problem: (status: number, code: string, message: string) => ApiAnswer
}

export interface NatsApi {
  /** `statelog._api.house.>` */
  readonly subject: string
  /** Takes no more questions, and lets answers under way be sent. Idempotent. */
  close(): Promise<void>
}

/** Resolves when the first try to connect is over; a server that is not there is tried until it is. Throws OperationError for options that cannot be meant. */
export async function openNatsApi(options: ApiOptions): Promise<NatsApi> {
  const settings = settingsOf(options)
  const root = `${settings.prefix}._api.${options.app}.`
  const asked = new Asked(root, options, (operation, subject) => settings.onState(`questions over NATS are not answered: ${deniedText(settings.prefix, operation, subject)}`))
  const link = new Link(settings, [asked])
  await link.start()
  let closing: Promise<void> | undefined
  return {
    subject: `${root}>`,
    close: () => (closing ??= within(CLOSE_MS_MAX, asked.drain()).then(() => link.close())),
  }
}

class Asked implements LinkUser {
  readonly #root: string
  readonly #options: Pick<ApiOptions, 'answer' | 'problem'>
  readonly #denied: (operation: 'publish' | 'subscribe', subject: string) => void
  readonly #draining = new AbortController()
  #connection: NatsConnection | undefined
  #underWay = 0
  #idle: (() => void) | undefined
  #hasTold = false

  constructor(root: string, options: Pick<ApiOptions, 'answer' | 'problem'>, denied: (operation: 'publish' | 'subscribe', subject: string) => void) {
    this.#root = root
    this.#options = options
    this.#denied = denied
  }

  up(connection: NatsConnection): void {
    this.#connection = connection
    this.#hasTold = false
    connection.subscribe(`${this.#root}>`, {
      queue: QUEUE,
      callback: (error, message) => {
        if (error === null) return void this.#take(message, connection.info?.max_payload ?? Infinity)
        this.#denied('subscribe', `${this.#root}>`)
      },
    })
  }

  down(): void {
    this.#connection = undefined
  }

  publishDenied(subject: string): void {
    if (this.#hasTold) return
    this.#hasTold = true
    this.#denied('publish', subject)
  }

  async drain(): Promise<void> {
    this.#draining.abort()
    const connection = this.#connection
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    if (connection !== undefined) await taken(connection, connection.flush())
  }

  async #take(message: Msg, payloadBytesMax: number): Promise<void> {
    if (message.reply === undefined || message.reply === '') return
    if (this.#draining.signal.aborted) return this.#respond(message, this.#stopping(), payloadBytesMax)
    if (message.data.length > ASKED_BYTES_MAX) return this.#respond(message, this.#options.problem(413, 'request/size', `the question is larger than ${ASKED_BYTES_MAX} bytes`), payloadBytesMax)
    if (this.#underWay >= ASKED_MAX) return this.#respond(message, this.#options.problem(503, 'server/busy', `${ASKED_MAX} questions are under way already`), payloadBytesMax)
    const [operation = '', type, ...more] = message.subject.slice(this.#root.length).split('.')
    if (more.length > 0) return this.#respond(message, this.#options.problem(404, 'route/not-found', `there is nothing at this subject: ${this.#root}<operation>[.<type>]`), payloadBytesMax)
    this.#underWay += 1
    try {
      const answer = await this.#options.answer({ operation, type, bytes: copied(message.data), signal: this.#draining.signal })
      this.#respond(message, this.#draining.signal.aborted && answer.status > 500 ? this.#stopping() : answer, payloadBytesMax)
    } finally {
      this.#underWay -= 1
      if (this.#underWay === 0) this.#idle?.()
    }
  }

  #stopping(): ApiAnswer {
    return this.#options.problem(503, 'server/stopping', 'this process is being stopped; another may take its place')
  }

  #respond(message: Msg, answer: ApiAnswer, payloadBytesMax: number): void {
    // Of the headers, rounded up.
    const fits = answer.bytes.length + 1024 <= payloadBytesMax
    const { status, type = 'application/json', bytes, retryAfterSeconds } = fits ? answer : this.#options.problem(507, 'nats/size', `the answer has ${answer.bytes.length} bytes, the NATS server takes ${payloadBytesMax} (max_payload in its configuration)`)
    const head = headers()
    head.set('Statelog-Status', String(status))
    head.set('Content-Type', type)
    if (retryAfterSeconds !== undefined) head.set('Retry-After', String(retryAfterSeconds))
    try {
      message.respond(bytes, { headers: head })
    } catch {
      // Into nothing when the connection is over: the caller knows that by itself.
    }
  }
}
