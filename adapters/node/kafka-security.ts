// How a Kafka cluster is entered: a user and TLS. The password is in the environment, never in a file or on a command line.
import { readFileSync } from 'node:fs'
import { OperationError, Unreachable } from '../../system/protocol/failures.ts'

export const MECHANISMS = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'] as const

export const PASSWORD_VARIABLE = 'STATELOG_KAFKA_PASSWORD'

/** Plain data. */
export interface KafkaSecurity {
  /** Undefined: none is asked for. */
  readonly user?: string
  /** Default SCRAM-SHA-512. */
  readonly mechanism?: (typeof MECHANISMS)[number]
  readonly tls?: boolean
  /** File with the certificates of authorities, PEM; default: those of the runtime. */
  readonly ca?: string
}

export interface ClientSecurity {
  readonly sasl?: { readonly mechanism: (typeof MECHANISMS)[number]; readonly username: string; readonly password: string }
  readonly tls?: { readonly ca?: string }
}

/** Throws OperationError when the password or the file is missing. */
export function clientSecurity({ user, mechanism = 'SCRAM-SHA-512', tls = false, ca }: KafkaSecurity, env: NodeJS.ProcessEnv): ClientSecurity {
  return { ...(user === undefined ? {} : { sasl: { mechanism, username: user, password: passwordOf(user, env) } }), ...(tls || ca !== undefined ? { tls: ca === undefined ? {} : { ca: certificates(ca) } } : {}) }
}

function passwordOf(user: string, env: NodeJS.ProcessEnv): string {
  const password = env[PASSWORD_VARIABLE]
  if (password === undefined) throw new OperationError('kafka/credentials', `the password of user '${user}' is expected in the environment: export ${PASSWORD_VARIABLE}=...`)
  return password
}

function certificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    throw new OperationError('kafka/credentials', `the certificates in ${file} cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
  }
}

const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_)/
const DEPTH_MAX = 8

/** Why a TLS listener and a client do not understand each other, with the cure: rethrown in the place of an unreachable broker. */
export function entryFailed(thrown: unknown, { tls = false, ca }: KafkaSecurity = {}): never {
  if (!(thrown instanceof OperationError) || thrown.code !== 'kafka/unreachable') throw thrown
  const codes = codesBelow(thrown.cause, 0)
  const code = codes.find((each) => UNTRUSTED.test(each))
  if (code !== undefined) throw new OperationError('kafka/certificate', `the certificate of the broker is not trusted (${code}). Name the file of the authority that signed it: --kafka-ca file.pem`, thrown.cause)
  if (codes.includes('ERR_TLS_CERT_ALTNAME_INVALID')) throw new OperationError('kafka/certificate', 'the certificate of the broker is for another host: use a name that stands in it, in --kafka and in advertised.listeners', thrown.cause)
  const isTls = tls || ca !== undefined
  // A plain listener takes the start of TLS for a request of impossible size, and a TLS listener a request for no handshake: both hang up.
  if (codes.includes('ECONNREFUSED') || codes.includes('ENOTFOUND')) throw thrown
  throw new (thrown instanceof Unreachable ? Unreachable : OperationError)('kafka/unreachable', `${thrown.message} ${isTls ? 'A listener without TLS hangs up like this: leave --kafka-tls and --kafka-ca out for it.' : 'A listener with TLS hangs up like this: it needs --kafka-tls, and --kafka-ca for an authority of your own.'}`, thrown.cause)
}

function codesBelow(thrown: unknown, depth: number): readonly string[] {
  if (typeof thrown !== 'object' || thrown === null || depth > DEPTH_MAX) return []
  const { code, cause, errors } = thrown as { readonly code?: unknown; readonly cause?: unknown; readonly errors?: readonly unknown[] }
  const below = [cause, ...(Array.isArray(errors) ? errors : [])].flatMap((each) => codesBelow(each, depth + 1))
  return typeof code === 'string' ? [code, ...below] : below
}
