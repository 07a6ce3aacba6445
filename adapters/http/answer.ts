// Answer: what goes back to a caller, before it is bytes. A problem says what to do.

export interface Answer {
  readonly status: number
  /** Readable JSON; undefined: no body. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** `{ error: { code, message, ...details } }`. `code` is stable, for programs. */
export function problem(status: number, code: string, message: string, details: Readonly<Record<string, unknown>> = {}, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, body: { error: { code, message, ...details } }, headers }
}

/** Worth another try in a second. */
export const RETRY_SOON: Readonly<Record<string, string>> = { 'retry-after': '1' }
