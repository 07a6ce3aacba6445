// Options: where the server listens, who may ask, and what it refuses to be started with.
import type { Charts } from '../../system/chart/charts.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import { hostName } from './guard.ts'
import { HTTP_LIMITS } from './limits.ts'
import type { HttpLimits } from './limits.ts'
import type { Pages } from './pages.ts'
import type { Scenario } from './scenario.ts'

export interface HttpOptions {
  /** `[host:]port`; without a host 127.0.0.1. Port 0: any free one. */
  readonly listen: string
  /** Undefined: nobody is asked for one; this machine alone may then connect. */
  readonly token?: string
  /** Names that callers reach it by, beside the address they connect to and localhost. */
  readonly names?: readonly string[]
  /** Default: `HTTP_LIMITS`. */
  readonly limits?: Partial<HttpLimits>
  /** Drawn where asked for; undefined: none are. */
  readonly charts?: Charts | undefined
  /** The scenario that drives the run; undefined: none does. */
  readonly scenario?: Scenario | undefined
  /** For browsers, under `/ui/`; undefined: there are none. */
  readonly pages?: Pages
  /** What goes wrong with a request that its caller cannot mend. */
  readonly onError: (message: string) => void
}

export interface HttpSettings {
  readonly host: string
  readonly port: number
  readonly token: string | undefined
  readonly names: readonly string[]
  readonly limits: HttpLimits
}

const TOKEN_LENGTH_MIN = 16
const TOKEN = /^[\x21-\x7e]{16,1024}$/

/** Throws OperationError with the cure. */
export function settingsOf({ listen, token, names = [], limits = {} }: Omit<HttpOptions, 'onError' | 'charts' | 'pages' | 'scenario'>): HttpSettings {
  const [, bracketed, plain, digits] = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):)?(\d{1,5})$/.exec(listen) ?? []
  const port = Number(digits ?? NaN)
  if (!(port <= 65_535)) throw new OperationError('http/address', `'${listen.slice(0, 80)}' is no address to listen on: 8080, 127.0.0.1:8080, [::1]:8080`)
  const host = bracketed ?? plain ?? '127.0.0.1'
  if (token !== undefined && !TOKEN.test(token)) throw new OperationError('http/token', `the token must have ${TOKEN_LENGTH_MIN} to 1024 characters of ASCII, without spaces: openssl rand -hex 32 makes a good one`)
  if (token === undefined && !isLoopback(host)) {
    throw new OperationError('http/open', `${host} can be reached from other machines, and without a token anybody there could read and change entities. Set STATELOG_HTTP_TOKEN (openssl rand -hex 32 makes a good one), or listen on 127.0.0.1.`)
  }
  const wrong = names.find((name) => hostName(name) !== name.toLowerCase())
  if (wrong !== undefined) throw new OperationError('http/name', `'${wrong.slice(0, 80)}' is no host name: statelog.example, without a port`)
  return { host, port, token, names: [host, ...names], limits: { ...HTTP_LIMITS, ...limits } }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)
}
