// Callers: the calls of this process that wait for an answer.
//
// Owns: the calls under way, and the subscription to their answers.
//
// K1. A call ends once: with the first of an answer, a refusal of the server, the loss of the connection, its deadline. What comes later is dropped.
// K2. At most CALLS_MAX wait; more are refused.
import type { Msg, NatsConnection, NatsError, Subscription } from 'nats'
import type { RpcResult } from '../../system/ports/rpc.ts'
import type { LinkUser } from './link.ts'
import { deniedText } from './permissions.ts'
import { replyRoot } from './subjects.ts'
import { copied, resultOf, tooLarge } from './wire.ts'

export const CALLS_MAX = 100_000
/** Longer than this a timer cannot count. */
const TIMER_MS_MAX = 2 ** 31 - 1

interface Pending {
  readonly subject: string
  readonly timer: ReturnType<typeof setTimeout>
  readonly end: (result: RpcResult) => void
}

export class Callers implements LinkUser {
  readonly #prefix: string
  readonly #root: string
  readonly #pending = new Map<string, Pending>()
  #answers: Subscription | undefined
  #calls = 0

  /** `caller`: unlike that of any other caller. */
  constructor(prefix: string, caller: string) {
    this.#prefix = prefix
    this.#root = replyRoot(prefix, caller)
  }

  call(connection: NatsConnection, subject: string, request: Uint8Array, deadlineMs: number): Promise<RpcResult> {
    const payloadBytesMax = connection.info?.max_payload ?? Infinity
    if (request.length > payloadBytesMax) return Promise.resolve({ kind: 'failed', reason: tooLarge('the request', request.length, payloadBytesMax) })
    if (this.#pending.size >= CALLS_MAX) return Promise.resolve({ kind: 'failed', reason: `${CALLS_MAX} calls are under way already` })
    return new Promise((resolve) => {
      const token = (this.#calls += 1).toString(36)
      const timer = setTimeout(() => this.#end(token, { kind: 'deadline' }), Math.min(deadlineMs, TIMER_MS_MAX))
      this.#pending.set(token, { subject, timer, end: resolve })
      try {
        // Not before the first call: who only serves needs no right to hear answers.
        this.#answers ??= connection.subscribe(`${this.#root}*`, { callback: (error, message) => this.#take(error, message) })
        // The library keeps the bytes until it writes them.
        connection.publish(subject, copied(request), { reply: `${this.#root}${token}` })
      } catch (thrown) {
        this.#end(token, { kind: 'failed', reason: thrown instanceof Error ? thrown.message : String(thrown) })
      }
    })
  }

  up(): void {}

  down(reason: string): void {
    this.#answers = undefined
    this.endAll(`the connection to NATS was lost during the call: ${reason}`)
  }

  publishDenied(subject: string): void {
    for (const [token, pending] of this.#pending) if (pending.subject === subject) this.#end(token, { kind: 'failed', reason: deniedText(this.#prefix, 'publish', subject) })
  }

  endAll(reason: string): void {
    for (const token of [...this.#pending.keys()]) this.#end(token, { kind: 'failed', reason })
  }

  #take(error: NatsError | null, message: Msg): void {
    if (error === null) return this.#end(message.subject.slice(this.#root.length), () => resultOf(message))
    this.#answers = undefined
    this.endAll(deniedText(this.#prefix, 'subscribe', `${this.#root}*`))
  }

  #end(token: string, result: RpcResult | (() => RpcResult)): void {
    const pending = this.#pending.get(token)
    if (pending === undefined) return
    this.#pending.delete(token)
    clearTimeout(pending.timer)
    pending.end(typeof result === 'function' ? result() : result)
  }
}
