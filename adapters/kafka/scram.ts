// SCRAM: proves to a broker that we know a password, without sending it, and that the broker knows it too. Source: RFC 5802, sections 3 and 5; Kafka takes a
// password as it is written (no SASLprep).
import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Unanswered } from './unanswered.ts'

export const SCRAM_HASHES = { 'SCRAM-SHA-256': { hash: 'sha256', bytes: 32 }, 'SCRAM-SHA-512': { hash: 'sha512', bytes: 64 } } as const

export type ScramMechanism = keyof typeof SCRAM_HASHES

/** No channel binding, no other identity. */
const GS2_HEADER = 'n,,'
/** Fewer than these make a stolen exchange cheap to search; more than these are not a broker's. */
const ROUNDS_MIN = 4096
const ROUNDS_MAX = 10_000_000

const derived = promisify(pbkdf2)

/** The first message, behind its header. */
export const scramFirst = (username: string, nonce: string): string => `n=${username.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`

export const scramOpening = (first: string): string => `${GS2_HEADER}${first}`

export interface ScramProof {
  readonly message: string
  /** What a broker that knows the password answers. */
  readonly signature: Buffer
}

/** The last message. Throws Unanswered when the broker's first one is not to be trusted. */
export async function scramProof(mechanism: ScramMechanism, first: string, nonce: string, challenge: string, password: string): Promise<ScramProof> {
  const { hash, bytes } = SCRAM_HASHES[mechanism]
  const { r = '', s = '', i = '' } = attributes(challenge)
  const rounds = Number(i)
  if (!r.startsWith(nonce) || r === nonce || s === '') throw refused('its challenge does not belong to our question')
  if (!(rounds >= ROUNDS_MIN && rounds <= ROUNDS_MAX)) throw refused(`it asks for '${i}' rounds; expected ${ROUNDS_MIN} or more`)
  const salted = await derived(Buffer.from(password), Buffer.from(s, 'base64'), rounds, bytes, hash)
  const hmac = (key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest()
  const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${r}`
  const exchange = `${first},${challenge},${withoutProof}`
  const clientKey = hmac(salted, 'Client Key')
  const signature = hmac(createHash(hash).update(clientKey).digest(), exchange)
  const proof = clientKey.map((byte, index) => byte ^ (signature[index] as number))
  return { message: `${withoutProof},p=${Buffer.from(proof).toString('base64')}`, signature: hmac(hmac(salted, 'Server Key'), exchange) }
}

/** Throws Unanswered when the broker has not proven that it knows the password. */
export function assertScramEnd(end: string, { signature }: ScramProof): void {
  const { v = '', e } = attributes(end)
  if (e !== undefined) throw refused(e)
  const theirs = Buffer.from(v, 'base64')
  if (theirs.length !== signature.length || !timingSafeEqual(theirs, signature)) throw refused('it does not know the password itself')
}

const refused = (reason: string): Unanswered => new Unanswered('AUTHENTICATION', `the broker cannot be trusted with SCRAM: ${reason}`)

/** `a=1,b=2`; a value may hold `=`. */
function attributes(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(text.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
}
