// The address of a Redis, parsed once: `redis://user:password@host:port/db`, `rediss://` for TLS, nodes of a Cluster separated by commas.
import { OperationError } from '../../system/protocol/failures.ts'

const PORT = 6379

export type Topology = 'standalone' | 'cluster'

export interface Address {
  readonly topology: Topology
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly isTls: boolean
  readonly username: string | undefined
  readonly password: string | undefined
  readonly db: number
  /** For people: without the password. */
  readonly shown: string
}

/** Several nodes are a Cluster; one is one unless said otherwise. Throws `redis/address`. */
export function parseAddress(url: string, topology?: Topology): Address {
  const urls = url.split(',').map((part) => parseUrl(part.trim()))
  const [first] = urls
  if (first === undefined) throw refused('it is empty')
  if (urls.some((other) => other.protocol !== first.protocol)) throw refused('its nodes must all be redis:// or all be rediss://')
  if (topology === 'standalone' && urls.length > 1) throw refused('several nodes are a Cluster')
  const isCluster = topology === 'cluster' || urls.length > 1
  const path = first.pathname.replace(/^\//, '')
  if (!/^\d{0,5}$/.test(path)) throw refused('its path must be the number of a database, or be left out')
  if (isCluster && Number(path) !== 0) throw refused('a Cluster has database 0 alone')
  // Redis wants a user's name or none: `redis://:password@host` is the user `default`.
  const username = first.username === '' ? undefined : decoded(first.username)
  const nodes = urls.map(({ hostname, port }) => ({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? PORT : Number(port) }))
  return {
    topology: isCluster ? 'cluster' : 'standalone', nodes, isTls: first.protocol === 'rediss:', username,
    password: first.password === '' ? undefined : decoded(first.password), db: Number(path),
    shown: nodes.map(({ host, port }) => `${first.protocol}//${host.includes(':') ? `[${host}]` : host}:${port}`).join(','),
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'redis:' && url.protocol !== 'rediss:') || url.hostname === '') throw refused('write redis://host:port, or rediss:// for TLS')
  if (url.search !== '' || url.hash !== '') throw refused('it takes no options; a ? or # of the password is written %3F or %23')
  return url
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw refused('a % of the user or password is written %25')
  }
}

/** Never shows the address: it may hold a password. */
function refused(reason: string): OperationError {
  return new OperationError('redis/address', `the address of Redis cannot be used: ${reason}`)
}
