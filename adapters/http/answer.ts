// Answer: what goes back to a caller, before it is bytes. A problem says what to do.

/** What is no JSON of ours. */
export interface Content {
  /** As `content-type` says it. */
  readonly type: string
  readonly bytes: string | Uint8Array
}

/** Of an answer that goes on. */
export interface ServerEvent {
  readonly event: string
  /** Becomes JSON. */
  readonly data: unknown
}

export interface Answer {
  readonly status: number
  /** Readable JSON; undefined: none. */
  readonly body?: unknown
  /** In the place of `body`. */
  readonly content?: Content
  /** In the place of both: server-sent events, as long as there are any. Each is asked for once the one before has been taken. */
  readonly events?: AsyncIterable<ServerEvent>
  readonly headers?: Readonly<Record<string, string>>
}

/** Of a message, characters: what others say in it has no bound of its own. */
const MESSAGE_LENGTH_MAX = 4000

/** `{ error: { code, message, ...details } }`. `code` is stable, for programs. */
export function problem(status: number, code: string, message: string, details: Readonly<Record<string, unknown>> = {}, headers: Readonly<Record<string, string>> = {}): Answer {
  const said = message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX).toWellFormed()} ...` : message
  return { status, body: { error: { code, message: said, ...details } }, headers }
}

/** Worth another try in a second. */
export const RETRY_SOON: Readonly<Record<string, string>> = { 'retry-after': '1' }
