// Session: asks a gateway until it answers or the time is over.
//
// E1. Asked again is what may pass: no connection, 503, 429, an answer that goes back (P1). All that is asked changes nothing or carries a key, so asking twice does no harm.
// E2. A call ends within its time, with an answer or with a ClientError that says what it came to.
import { Unreached } from '../../system/gateway/transport.ts'
import type { Ask, Told, Transport } from '../../system/gateway/transport.ts'
import { Places } from './places.ts'

/** What a call came to that has no answer. */
export class ClientError extends TypeError {
  override readonly name = 'ClientError'
  /** Stable, for programs: `partition/unavailable`, `token/required`, `client/unreached` ... */
  readonly code: string
  /** Of the last answer; 0: there was none. */
  readonly status: number
  /** What the server said beside that. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, status: number, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.code = code
    this.status = status
    this.details = details
  }
}

export interface Patience {
  /** How long the call may take, ms. */
  readonly withinMs?: number
  readonly signal?: AbortSignal
}

/** A server waits no longer than this for what it is asked. */
export const DEADLINE_MS_MAX = 60_000
const PAUSE_MS_MIN = 50
const PAUSE_MS_MAX = 2000
/** What a server that has its deadline still needs to say so. */
const GRACE_MS = 2000
const AGAIN: readonly number[] = [429, 502, 503]

/** What an answer is to whoever asked: undefined to ask again. */
export type Reading<T> = (told: Told) => { readonly value: T } | undefined

export class Session {
  readonly places = new Places()
  readonly transport: Transport

  constructor(transport: Transport) {
    this.transport = transport
  }

  /** `asked` is made anew for each try: what must be reached may have become another. */
  async ask<T>(asked: (deadlineMs: number) => Ask, withinMs: number, signal: AbortSignal | undefined, read: Reading<T>): Promise<T> {
    const untilMs = Date.now() + withinMs
    let last = new ClientError('client/unreached', `there was no time to ask within ${withinMs} ms`, 0)
    for (let pauseMs = PAUSE_MS_MIN; ; pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2)) {
      signal?.throwIfAborted()
      const leftMs = untilMs - Date.now()
      if (leftMs <= 0) throw last
      const told = await this.#try(asked(Math.max(1, Math.min(DEADLINE_MS_MAX, Math.ceil(leftMs)))), leftMs + GRACE_MS, signal)
      if (told instanceof Unreached) last = new ClientError('client/unreached', `${told.message}. What was sent may have been taken: sent again with the same key it is applied once.`, 0)
      else {
        const reading = AGAIN.includes(told.status) ? undefined : read(told)
        if (reading !== undefined) return reading.value
        last = problemOf(told)
      }
      const restMs = told instanceof Unreached ? pauseMs : Math.max(pauseMs, told.retryAfterMs ?? 0)
      // Half fixed, half chance.
      await pause(Math.min(restMs * (0.5 + Math.random() / 2), Math.max(0, untilMs - Date.now())), signal)
    }
  }

  async #try(asked: Ask, ms: number, signal: AbortSignal | undefined): Promise<Told | Unreached> {
    const late = AbortSignal.timeout(Math.min(ms, DEADLINE_MS_MAX + GRACE_MS))
    try {
      return await this.transport.ask(asked, signal === undefined ? late : AbortSignal.any([late, signal]))
    } catch (thrown) {
      signal?.throwIfAborted()
      if (thrown instanceof Unreached) return thrown
      if (late.aborted) return new Unreached('no answer in time')
      throw thrown
    }
  }
}

/** Of an answer that is none. */
export function problemOf({ status, body }: Told): ClientError {
  const { error } = (body ?? {}) as { readonly error?: Readonly<Record<string, unknown>> }
  const { code, message, ...details } = typeof error === 'object' && error !== null ? error : {}
  return new ClientError(typeof code === 'string' ? code : 'client/answer', typeof message === 'string' ? message : `an answer that is not understood here (status ${status}); is this a statelog server?`, status, details)
}

export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}
