// HTTP face of a run: its gateway served over HTTP, where asked for. Nothing of it is loaded otherwise.
import { OwnerGateway } from '../../system/gateway/owner-gateway.ts'
import { planSystem } from '../../system/partition/topology.ts'
import { cborCodec } from '../cbor/codec.ts'
import type { HttpServer } from '../http/server.ts'
import { systemClock, systemRandom } from '../node/clock.ts'
import type { Embedded } from '../node/embedded.ts'
import type { Flags, FlagValues } from './arguments.ts'
import { UsageError } from './exit-codes.ts'

export const HTTP_FLAGS: Flags = {
  http: { value: '[host:]port', help: 'answer over HTTP: 8080 (on 127.0.0.1), 0.0.0.0:8080 (needs a token), 0 (any free port); GET /openapi.json says what can be asked' },
  'http-token': { value: 'token', help: 'with --http: callers must bring this token; better in STATELOG_HTTP_TOKEN, where other users of the machine do not see it' },
  'http-name': { value: 'names', help: 'with --http: names that callers reach it by, beside its address and localhost; several separated by commas' },
}

export interface HttpFace {
  readonly listen: string
  readonly token: string | undefined
  readonly names: readonly string[]
}

/** Throws OperationError, before anything is opened, for what a server would refuse to be started with. */
export async function httpFaceOf(flags: FlagValues, env: NodeJS.ProcessEnv): Promise<HttpFace | undefined> {
  const listen = flags.text('http')
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

export async function openFace(face: HttpFace | undefined, embedded: Embedded, onError: (message: string) => void): Promise<HttpServer | undefined> {
  if (face === undefined) return undefined
  const { openHttp } = await import('../http/server.ts')
  const gateway = new OwnerGateway({ rpc: await embedded.rpc(), log: embedded.log, codec: cborCodec, clock: systemClock, random: systemRandom }, planSystem(embedded.system))
  return openHttp(gateway, { ...given(face), onError })
}

const given = ({ listen, token, names }: HttpFace) => ({ listen, names, ...(token === undefined ? {} : { token }) })
