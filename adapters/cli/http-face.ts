// HTTP face: a gateway served over HTTP, with its pages, where asked for.
import type { Serving } from '../http/route.ts'
import type { HttpServer } from '../http/server.ts'
import type { Flags, FlagValues } from './arguments.ts'
import { UsageError } from './exit-codes.ts'

export const HTTP_FLAGS: Flags = {
  http: { value: '[host:]port', help: 'answer over HTTP, and in a browser at /ui/: 8080 (on 127.0.0.1), 0.0.0.0:8080 (needs a token), 0 (any free port); GET /openapi.json says what can be asked' },
  'http-token': { value: 'token', help: 'with --http: callers must bring this token; better in STATELOG_HTTP_TOKEN, where other users of the machine do not see it' },
  'http-name': { value: 'names', help: 'with --http: names that callers reach it by, beside its address and localhost; several separated by commas' },
}

export interface HttpFace {
  readonly listen: string
  readonly token: string | undefined
  readonly names: readonly string[]
}

/** Throws OperationError, before anything is opened, for what a server would refuse to be started with. `otherwise`: where it listens unless it is said. */
export async function httpFaceOf(flags: FlagValues, env: NodeJS.ProcessEnv, otherwise?: string): Promise<HttpFace | undefined> {
  const listen = flags.text('http') ?? otherwise
  if (listen === undefined) {
    for (const flag of ['http-token', 'http-name']) if (flags.has(flag)) throw new UsageError(`--${flag} goes with --http`)
    return undefined
  }
  const names = flags.text('http-name')?.split(',').map((name) => name.trim()) ?? []
  const face = { listen, token: flags.text('http-token') ?? env['STATELOG_HTTP_TOKEN'], names }
  const { settingsOf } = await import('../http/options.ts')
  settingsOf(given(face))
  return face
}

export async function openHttpFace(face: HttpFace, { gateway, charts, scenario }: Serving, onError: (message: string) => void): Promise<HttpServer> {
  const [{ openHttp }, { readPages }] = await Promise.all([import('../http/server.ts'), import('../ui/pages.ts')])
  return openHttp(gateway, { ...given(face), charts, scenario, pages: readPages(), onError })
}

const given = ({ listen, token, names }: HttpFace) => ({ listen, names, ...(token === undefined ? {} : { token }) })
