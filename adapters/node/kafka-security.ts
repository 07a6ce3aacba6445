// How a Kafka cluster is entered: a user and TLS. The password is in the environment, never in a file or on a command line.
import { readFileSync } from 'node:fs'
import { OperationError } from '../../system/protocol/failures.ts'

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
