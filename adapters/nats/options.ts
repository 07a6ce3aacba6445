// Options: where NATS is and who we are there, parsed once.
import { OperationError } from '../../system/protocol/failures.ts'
import { isPrefix } from './subjects.ts'

export interface NatsOptions {
  /** `nats://host:4222`, `tls://...`; with `user:password@` or `token@`; several servers separated by commas. */
  readonly url: string
  /** First tokens of every subject. Default `statelog`. */
  readonly prefix?: string
  /** Certificates of the authorities that signed the servers' own, PEM; for `tls://`. Default: those of the runtime. */
  readonly ca?: string
  /** How long a try to connect may take, ms. Default 2000. */
  readonly connectTimeoutMs?: number
  /** How we are called in the server's list of connections. */
  readonly name?: string
  /** Hears each change of the connection's state once: lost, back again, a permission that is missing. */
  readonly onState?: (message: string) => void
}

export interface Server {
  readonly host: string
  readonly port: number
}

export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'user'; readonly user: string; readonly password: string }

export interface Settings {
  readonly servers: readonly Server[]
  readonly credentials: Credentials
  readonly isTls: boolean
  /** Undefined: the authorities of the runtime. */
  readonly ca: string | undefined
  readonly prefix: string
  readonly connectTimeoutMs: number
  readonly name: string
  readonly onState: (message: string) => void
  /** The servers without credentials, for messages. */
  readonly shown: string
}

const PORT = 4222

/** Throws OperationError for what is no address of NATS. */
export function settingsOf({ url, prefix = 'statelog', ca, connectTimeoutMs = 2000, name = 'statelog', onState = () => {} }: NatsOptions): Settings {
  if (!isPrefix(prefix)) throw new OperationError('nats/prefix', `'${prefix}' is no prefix of NATS subjects: letters, digits, '_' and '-', in parts separated by dots, at most 128 characters`)
  const parsed = url.split(',').map(parseServer)
  const [first] = parsed
  if (first === undefined || parsed.some((one) => one === undefined)) throw new OperationError('nats/url', `'${shownUrl(url)}' is no address of NATS. Write it as nats://host:4222 or tls://host:4222, with user:password@ or token@ before the host where needed; %40 stands for @ in a password`)
  const all = parsed.filter((one) => one !== undefined)
  // The rest may leave out what the first has said.
  const differs = all.some(({ isTls, credentials }) => isTls !== first.isTls || (credentials.kind !== 'none' && JSON.stringify(credentials) !== JSON.stringify(first.credentials)))
  if (differs) throw new OperationError('nats/url', 'the servers of one NATS address must all be nats:// or all tls://, with the same credentials')
  if (ca !== undefined && !first.isTls) throw new OperationError('nats/url', `certificates of authorities are for TLS: write tls:// in '${shownUrl(url)}'`)
  const servers = all.map(({ server }) => server)
  return { servers, credentials: first.credentials, isTls: first.isTls, ca, prefix, connectTimeoutMs, name, onState, shown: servers.map(({ host, port }) => `${host}:${port}`).join(', ') }
}

function parseServer(text: string): { readonly server: Server; readonly credentials: Credentials; readonly isTls: boolean } | undefined {
  const scheme = /^(nats|tls):\/\//.exec(text)?.[1]
  if (scheme === undefined) return undefined
  try {
    // As http, so that hosts and IPv6 addresses are checked as everywhere.
    const { hostname, port, username, password, pathname, search, hash } = new URL(`http://${text.slice(scheme.length + 3)}`)
    if (hostname === '' || pathname !== '/' || search !== '' || hash !== '') return undefined
    const explicit = /:(\d+)$/.exec(text)?.[1]
    return { server: { host: hostname.replace(/^\[|\]$/g, ''), port: Number(explicit ?? (port === '' ? PORT : port)) }, credentials: credentialsOf(decodeURIComponent(username), decodeURIComponent(password)), isTls: scheme === 'tls' }
  } catch {
    return undefined
  }
}

function credentialsOf(user: string, password: string): Credentials {
  if (user === '') return { kind: 'none' }
  return password === '' ? { kind: 'token', token: user } : { kind: 'user', user, password }
}

/** Credentials are for the server alone. */
export function shownUrl(url: string): string {
  return url.split(',').map((one) => one.replace(/^([a-z]+:\/\/)?.*@/, '$1')).join(',').slice(0, 200)
}
