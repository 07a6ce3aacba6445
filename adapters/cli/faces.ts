// Faces of a run: who answers for it over HTTP and NATS, where asked for. Nothing of them is loaded otherwise.
//
// Owns: what they share: one gateway, the index of its entities, the statecharts of the system.
//
// N1. A process has one gateway, whoever asks it: looks are shared, and one feeder writes the index.
// N2. The index is closed when no face asks it any more.
import { join } from 'node:path'
import { Charts } from '../../system/chart/charts.ts'
import { OwnerGateway } from '../../system/gateway/owner-gateway.ts'
import { lifeOutline } from '../../system/partition/life.ts'
import { planSystem } from '../../system/partition/topology.ts'
import type { EntityIndex } from '../../system/ports/entity-index.ts'
import { cborCodec } from '../cbor/codec.ts'
import { elkLayout } from '../elk/layout.ts'
import type { Serving } from '../http/route.ts'
import type { HttpServer } from '../http/server.ts'
import type { NatsApi } from '../nats/api.ts'
import { systemClock, systemRandom } from '../node/clock.ts'
import type { Embedded } from '../node/embedded.ts'
import type { QueryService } from '../node/query-service.ts'
import { openHttpFace } from './http-face.ts'
import type { HttpFace } from './http-face.ts'
import { openNatsFace } from './nats-face.ts'

/** In the data folder; may be deleted at any time. */
const INDEX_FILE = 'entities.sqlite'

export interface FacesAsked {
  readonly http: HttpFace | undefined
  readonly natsApi: QueryService | undefined
}

export interface Faces {
  readonly http: HttpServer | undefined
  readonly nats: NatsApi | undefined
  /** Idempotent. */
  close(): Promise<void>
}

export async function openFaces({ http, natsApi }: FacesAsked, embedded: Embedded, onNotice: (message: string) => void): Promise<Faces> {
  if (http === undefined && natsApi === undefined) return { http: undefined, nats: undefined, close: async () => {} }
  const [{ LIFE_CHART }, { openEntityIndex }] = await Promise.all([import('../http/routes-chart.ts'), import('../sqlite/entity-index.ts')])
  let index: EntityIndex | undefined
  const openIndex = (): EntityIndex => (index = openEntityIndex(join(embedded.folder, INDEX_FILE)))
  const { name, actors } = embedded.system
  const serving: Serving = {
    charts: new Charts(new Map([...actors.map((actor) => [actor.name, () => actor.machine.outline()] as const), [LIFE_CHART, lifeOutline]]), elkLayout),
    gateway: new OwnerGateway({ rpc: await embedded.rpc(), log: embedded.log, codec: cborCodec, clock: systemClock, random: systemRandom, openIndex }, planSystem(embedded.system)),
  }
  const server = http === undefined ? undefined : await openHttpFace(http, serving, onNotice)
  let closing: Promise<void> | undefined
  try {
    const nats = natsApi === undefined ? undefined : await openNatsFace(natsApi, name, serving, onNotice)
    return { http: server, nats, close: () => (closing ??= Promise.all([server?.close(), nats?.close()]).then(() => index?.close())) }
  } catch (thrown) {
    await server?.close()
    throw thrown
  }
}
