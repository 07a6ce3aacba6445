// How a user is authenticated on a connection. Source: the Kafka protocol guide, SASL Authentication Sequence.
//
// Owns: the order of the requests. Loaded only where there is a user.
import { randomBytes } from 'node:crypto'
import { assertScramEnd, scramFirst, scramOpening, scramProof } from './scram.ts'
import type { ScramMechanism } from './scram.ts'
import type { Reader } from './reader.ts'
import { Unanswered } from './unanswered.ts'
import { errorName } from './wire.ts'
import { Writer } from './writer.ts'

export interface Sasl {
  readonly mechanism: ScramMechanism | 'PLAIN'
  readonly username: string
  readonly password: string
}

/** One request of the connection that is authenticated; what is about records waits meanwhile. */
export type Ask = <T>(key: number, version: number, createPayload: () => Writer, parse: (reader: Reader) => T, isFlexible: boolean) => Promise<T>

/** Only of these can it be said that they will be the same the next time. */
const FINAL = new Set(['SASL_AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM'])

const HANDSHAKE = { key: 17, version: 1 } as const
const AUTHENTICATE = { key: 36, version: 2 } as const

/** Answers how long the broker takes it for, ms; 0: for as long as the connection lasts. Throws Unanswered. */
export async function authenticate(ask: Ask, { mechanism, username, password }: Sasl): Promise<number> {
  await handshake(ask, mechanism)
  if (mechanism === 'PLAIN') return (await send(ask, `\0${username}\0${password}`)).lifetimeMs
  const nonce = randomBytes(18).toString('base64')
  const first = scramFirst(username, nonce)
  const challenge = await send(ask, scramOpening(first))
  const proof = await scramProof(mechanism, first, nonce, challenge.text, password)
  const end = await send(ask, proof.message)
  assertScramEnd(end.text, proof)
  return end.lifetimeMs
}

function handshake(ask: Ask, mechanism: string): Promise<void> {
  return ask(HANDSHAKE.key, HANDSHAKE.version, () => Writer.create().appendString(mechanism, false), (reader) => {
    const code = reader.readInt16()
    const taken = reader.readItems((each) => each.readString(false), false)
    if (code !== 0) throw refusal(code, `the listener does not take ${mechanism} (${errorName(code)}); it takes ${taken.length === 0 ? 'none' : taken.join(', ')}`)
  }, false)
}

function send(ask: Ask, text: string): Promise<{ readonly text: string; readonly lifetimeMs: number }> {
  return ask(AUTHENTICATE.key, AUTHENTICATE.version, () => Writer.create().appendBytes(Buffer.from(text)).appendTaggedFields(), (reader) => {
    const code = reader.readInt16()
    const reason = reader.readNullableString()
    const bytes = reader.readBytes()
    const lifetimeMs = Number(reader.readInt64())
    if (code !== 0) throw refusal(code, `${errorName(code)}: ${reason ?? 'without a reason'}`)
    return { text: String(bytes), lifetimeMs }
  }, true)
}

const refusal = (code: number, reason: string): Unanswered => new Unanswered(FINAL.has(errorName(code)) ? 'AUTHENTICATION' : 'NETWORK', reason)
