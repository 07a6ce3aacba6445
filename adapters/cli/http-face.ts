// HTTP face of a run: its gateway served over HTTP, where asked for. Nothing of it is loaded otherwise.
import { join } from 'node:path'
import { Charts } from '../../system/chart/charts.ts'
import type { EntityIndex } from '../../system/ports/entity-index.ts'
import { OwnerGateway } from '../../system/gateway/owner-gateway.ts'
import { lifeOutline } from '../../system/partition/life.ts'
import { planSystem } from '../../system/partition/topology.ts'
import { cborCodec } from '../cbor/codec.ts'
import { elkLayout } from '../elk/layout.ts'
import type { HttpServer } from '../http/server.ts'
import { systemClock, systemRandom } from '../node/clock.ts'
import type { Embedded } from '../node/embedded.ts'
import type { Flags, FlagValues } from './arguments.ts'
import { UsageError } from './exit-codes.ts'

/** In the data folder; may be deleted at any time. */
const INDEX_FILE = 'entities.sqlite'

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
  const [{ openHttp }, { LIFE_CHART }, { readPages }, { openEntityIndex }] = await Promise.all([import('../http/server.ts'), import('../http/routes-chart.ts'), import('../ui/pages.ts'), import('../sqlite/entity-index.ts')])
  let index: EntityIndex | undefined
  const openIndex = (): EntityIndex => (index = openEntityIndex(join(embedded.folder, INDEX_FILE)))
  const charts = new Charts(new Map([...embedded.system.actors.map(({ name, machine }) => [name, () => machine.outline()] as const), [LIFE_CHART, lifeOutline]]), elkLayout)
  const gateway = new OwnerGateway({ rpc: await embedded.rpc(), log: embedded.log, codec: cborCodec, clock: systemClock, random: systemRandom, openIndex }, planSystem(embedded.system))
  const { url, close } = await openHttp(gateway, { ...given(face), charts, pages: readPages(), onError })
  let closing: Promise<void> | undefined
  return { url, close: () => (closing ??= close().finally(() => index?.close())) }
}

const given = ({ listen, token, names }: HttpFace) => ({ listen, names, ...(token === undefined ? {} : { token }) })
