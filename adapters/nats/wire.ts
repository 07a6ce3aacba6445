// Wire: what an answer is on NATS. A plain message holds the answer's bytes; any other has a status in its header and a reason for a body.
import { headers } from 'nats'
import type { Msg, MsgHdrs } from 'nats'
import type { RpcResult } from '../../system/ports/rpc.ts'

const STATUS = 'Statelog-Status'
/** Of one status line: name, value and the frame around them, rounded up. */
const HEADER_BYTES = 64
const REASON_BYTES_MAX = 16_384
/** Said by the NATS server itself. */
const NO_RESPONDERS = 503

export interface Reply {
  readonly body: Uint8Array
  readonly headers?: MsgHdrs
}

/** An answer, or why it does not fit through. */
export function answerReply(bytes: Uint8Array, payloadBytesMax: number): Reply {
  if (bytes.length > payloadBytesMax) return failedReply(tooLarge('the answer', bytes.length, payloadBytesMax), payloadBytesMax)
  return { body: copied(bytes) }
}

export function failedReply(reason: string, payloadBytesMax: number): Reply {
  const bytes = new TextEncoder().encode(reason)
  return { body: bytes.subarray(0, Math.max(0, Math.min(REASON_BYTES_MAX, payloadBytesMax - HEADER_BYTES))), headers: withStatus('failed') }
}

/** For a call that comes when the server of its address has just ended. */
export function goneReply(): Reply {
  return { body: new Uint8Array(0), headers: withStatus('gone') }
}

export function resultOf(message: Msg): RpcResult {
  const { data, headers: head } = message
  if (head === undefined) return { kind: 'answer', bytes: copied(data) }
  const status = head.get(STATUS)
  if (status === 'gone' || (status === '' && head.code === NO_RESPONDERS && data.length === 0)) return { kind: 'no-server' }
  if (status === 'failed') return { kind: 'failed', reason: new TextDecoder().decode(data) }
  return { kind: 'failed', reason: `an answer with a status that is not known here: '${status === '' ? head.code : status.slice(0, 40)}'` }
}

export function tooLarge(what: string, bytes: number, payloadBytesMax: number): string {
  return `${what} has ${bytes} bytes, the NATS server takes ${payloadBytesMax} (max_payload in its configuration)`
}

/** In a buffer of its own; a Buffer's `slice` would share its memory. */
export function copied(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function withStatus(status: 'failed' | 'gone'): MsgHdrs {
  const head = headers()
  head.set(STATUS, status)
  return head
}
