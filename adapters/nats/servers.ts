// Servers: the addresses that this process answers.
//
// Owns: their subscriptions, again after each loss of the connection.
//
// V1. One subscription for an address; a later server of the same process takes it over as it is, so that no call falls between them.
// V2. Servers of one address in several processes are one queue group: each call reaches one of them, chosen by NATS. Who is the owner is theirs to say.
// V3. A call that comes when its server has ended is told so, instead of costing its deadline.
// V4. At most ANSWERS_MAX answers are under way; more calls are refused.
import type { Msg, NatsConnection, Subscription } from 'nats'
import { OperationError } from '../../system/protocol/failures.ts'
import type { LinkUser } from './link.ts'
import { deniedText } from './permissions.ts'
import { answerReply, copied, failedReply, goneReply } from './wire.ts'
import type { Reply } from './wire.ts'

export const ANSWERS_MAX = 20_000
const QUEUE = 'owner'
/** How long one waits for NATS to have taken a subscription or its end. */
const TAKEN_MS_MAX = 1000

export type Answer = (request: Uint8Array) => Promise<Uint8Array>

interface Served {
  readonly subject: string
  /** Undefined: it has ended. */
  owner: { readonly answer: Answer } | undefined
  subscription: Subscription | undefined
  denied: string | undefined
  /** Its first subscription stands; a later refusal has nobody else to be told to. */
  isStanding: boolean
}

export class Servers implements LinkUser {
  readonly #prefix: string
  readonly #tell: (message: string) => void
  readonly #served = new Map<string, Served>()
  #connection: NatsConnection | undefined
  #answering = 0
  #idle: (() => void) | undefined
  #mayNotReply = false

  constructor(prefix: string, tell: (message: string) => void) {
    this.#prefix = prefix
    this.#tell = tell
  }

  /** Resolves when NATS knows of it; while there is no connection, at once. Throws OperationError when this user may not serve it. */
  async serve(subject: string, answer: Answer): Promise<() => Promise<void>> {
    const served = this.#served.get(subject) ?? { subject, owner: undefined, subscription: undefined, denied: undefined, isStanding: false }
    const owner = { answer }
    served.owner = owner
    this.#served.set(subject, served)
    if (this.#connection !== undefined) {
      if (served.subscription === undefined) this.#subscribe(served, this.#connection)
      await within(TAKEN_MS_MAX, taken(this.#connection, this.#connection.flush()))
    }
    if (served.denied !== undefined) {
      if (this.#served.get(subject) === served) this.#served.delete(subject)
      throw new OperationError('nats/permission', served.denied)
    }
    served.isStanding = true
    return () => this.#end(served, owner)
  }

  up(connection: NatsConnection): void {
    this.#connection = connection
    this.#mayNotReply = false
    for (const served of this.#served.values()) this.#subscribe(served, connection)
  }

  down(): void {
    this.#connection = undefined
    for (const served of this.#served.values()) served.subscription = undefined
  }

  publishDenied(subject: string): void {
    if (this.#mayNotReply || !subject.startsWith(`${this.#prefix}._reply.`)) return
    this.#mayNotReply = true
    this.#tell(`queries are heard but not answered: ${deniedText(this.#prefix, 'publish', subject)}`)
  }

  /** Takes no more calls; resolves when those under way are answered. */
  async drain(): Promise<void> {
    const all = [...this.#served.values()]
    this.#served.clear()
    await Promise.all(all.map(({ subscription }) => this.#ended(subscription)))
    if (this.#answering > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    const connection = this.#connection
    if (connection !== undefined) await taken(connection, connection.flush())
  }

  async #end(served: Served, owner: Served['owner']): Promise<void> {
    if (served.owner !== owner) return
    served.owner = undefined
    this.#served.delete(served.subject)
    // Calls that NATS has sent before it learns of the end still come, and are told (V3).
    await within(TAKEN_MS_MAX, this.#ended(served.subscription))
  }

  async #ended(subscription: Subscription | undefined): Promise<void> {
    if (this.#connection !== undefined && subscription !== undefined) await taken(this.#connection, subscription.drain())
  }

  #subscribe(served: Served, connection: NatsConnection): void {
    served.denied = undefined
    served.subscription = connection.subscribe(served.subject, {
      queue: QUEUE,
      callback: (error, message) => {
        if (error === null) return void this.#take(served, message, connection.info?.max_payload ?? Infinity)
        served.subscription = undefined
        served.denied = deniedText(this.#prefix, 'subscribe', served.subject)
        if (served.isStanding) this.#tell(`queries are not answered: ${served.denied}`)
      },
    })
  }

  async #take(served: Served, message: Msg, payloadBytesMax: number): Promise<void> {
    const { owner } = served
    if (owner === undefined) return respond(message, goneReply())
    if (this.#answering >= ANSWERS_MAX) return respond(message, failedReply(`the owner is busy with ${ANSWERS_MAX} answers`, payloadBytesMax))
    this.#answering += 1
    try {
      respond(message, answerReply(await owner.answer(copied(message.data)), payloadBytesMax))
    } catch (thrown) {
      respond(message, failedReply(thrown instanceof Error ? thrown.message : String(thrown), payloadBytesMax))
    } finally {
      this.#answering -= 1
      if (this.#answering === 0) this.#idle?.()
    }
  }
}

/** Into nothing when the connection is over: the caller knows that by itself. */
function respond(message: Msg, { body, headers }: Reply): void {
  try {
    message.respond(body, headers === undefined ? {} : { headers })
  } catch {
    // See above.
  }
}

/** Work that waits for NATS; it never ends by itself when the connection does. A failure is left to what the connection says. */
export async function taken(connection: NatsConnection, work: Promise<unknown>): Promise<void> {
  await Promise.race([connection.closed(), work.catch(() => {})])
}

export async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  await Promise.race([work, new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))])
  clearTimeout(timer)
}
