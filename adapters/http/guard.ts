// Guard: who may ask at all.
//
// K1. A request names this server in Host: the address it came to, localhost, or a configured name. A page whose name was bound anew to this address does not.
// K2. A browser may ask from a page of this server only: another origin is refused, also for reading. A link from elsewhere may lead to a page, which tells nothing.
// K3. With a token, everything but open routes needs it. It is compared by digests of one length, in constant time.
import { createHash, timingSafeEqual } from 'node:crypto'
import { problem } from './answer.ts'
import type { Answer } from './answer.ts'

export interface GuardSettings {
  /** Host names and addresses in small letters, beside localhost and the address of the connection. */
  readonly names: readonly string[]
  /** Undefined: nobody is asked for one. */
  readonly token: string | undefined
}

type Header = (name: string) => string | undefined

export class Guard {
  readonly #names: ReadonlySet<string>
  readonly #digest: Buffer | undefined

  constructor({ names, token }: GuardSettings) {
    this.#names = new Set(['localhost', ...names.map((name) => name.toLowerCase())])
    this.#digest = token === undefined ? undefined : digestOf(token)
  }

  /** K1, K2. `localAddress`: of this end of the connection. `isForPage`: of a page for browsers. Undefined: welcome. */
  stranger(header: Header, localAddress: string | undefined, isForPage = false): Answer | undefined {
    const host = header('host')
    const name = host === undefined ? undefined : hostName(host)
    if (name === undefined || !(this.#names.has(name) || name === plainAddress(localAddress))) {
      return problem(403, 'host/unknown', 'the Host of the request is none of this server. Use its address, or start it with --http-name <name> for each name it is reached by.')
    }
    const origin = header('origin')
    const site = header('sec-fetch-site')
    const isLink = isForPage && origin === undefined && header('sec-fetch-mode') === 'navigate' && header('sec-fetch-dest') === 'document'
    const isOwn = (origin === undefined || isOrigin(origin, host)) && (site === undefined || site === 'same-origin' || site === 'none' || isLink)
    return isOwn ? undefined : problem(403, 'origin/refused', 'a page of another origin must not ask here')
  }

  get asksForToken(): boolean {
    return this.#digest !== undefined
  }

  /** K3. */
  hasToken(header: Header): boolean {
    if (this.#digest === undefined) return true
    const [, token] = /^Bearer +([\x21-\x7e]+) *$/i.exec(header('authorization') ?? '') ?? []
    return timingSafeEqual(digestOf(token ?? ''), this.#digest) && token !== undefined
  }
}

export const UNAUTHORIZED = problem(401, 'token/required', 'this server asks for a token: Authorization: Bearer <token>, the one it was started with', {}, { 'www-authenticate': 'Bearer realm="statelog"' })

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** Without port and brackets. Undefined: no host. */
export function hostName(host: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(host) ?? []
  return (bracketed ?? plain)?.toLowerCase()
}

/** An IPv4 address as IPv6 writes it is the IPv4 address. */
function plainAddress(address: string | undefined): string | undefined {
  return address?.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
}

function isOrigin(origin: string, host: string | undefined): boolean {
  const [, of] = /^https?:\/\/([^/]+)$/i.exec(origin) ?? []
  return of !== undefined && of.toLowerCase() === host?.toLowerCase()
}
