// Faces of a run: who answers for it over HTTP and NATS, where asked for. Nothing of them is loaded otherwise.
//
// Owns: what they share: one gateway, the index of its entities, the statecharts of the system.
//
// N1. A process has one gateway, whoever asks it: looks are shared, and one feeder writes the index.
// N2. The index is closed when no face asks it any more, and who looks at the folder finds its page until then.
import { join } from 'node:path'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import { Charts } from '../../system/chart/charts.ts'
import { OwnerGateway } from '../../system/gateway/owner-gateway.ts'
import { lifeOutline } from '../../system/partition/life.ts'
import { planSystem } from '../../system/partition/topology.ts'
import type { EntityIndex } from '../../system/ports/entity-index.ts'
import { cborCodec } from '../cbor/codec.ts'
import { threadedLayout } from '../elk/threaded.ts'
import type { Serving } from '../http/route.ts'
import type { Scenario } from '../http/scenario.ts'
import type { HttpServer } from '../http/server.ts'
import type { NatsApi } from '../nats/api.ts'
import { systemClock, systemRandom } from '../node/clock.ts'
import type { Embedded } from '../node/embedded.ts'
import type { QueryService } from '../node/query-service.ts'
import { openHttpFace } from './http-face.ts'
import type { HttpFace } from './http-face.ts'
import { openNatsFace } from './nats-face.ts'
import { forgetPage, leavePage } from './page-note.ts'

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

export async function openFaces({ http, natsApi }: FacesAsked, embedded: Embedded, onNotice: (message: string) => void, scenario?: Scenario): Promise<Faces> {
  const { folder, system, log } = embedded
  // Of a run that was killed, maybe under the same number.
  forgetPage(folder)
  if (http === undefined && natsApi === undefined) return { http: undefined, nats: undefined, close: async () => {} }
  const index = await folderIndex(folder)
  const gateway = new OwnerGateway({ rpc: await embedded.rpc(), log, codec: cborCodec, clock: systemClock, random: systemRandom, openIndex: index.open }, planSystem(system))
  const serving: Serving = { gateway, charts: await chartsOf(system), scenario }
  const server = http === undefined ? undefined : await openHttpFace(http, serving, onNotice)
  if (server !== undefined) leavePage(folder, `${server.url}/ui/`)
  let closing: Promise<void> | undefined
  try {
    const nats = natsApi === undefined ? undefined : await openNatsFace(natsApi, system.name, serving, onNotice)
    return { http: server, nats, close: () => (closing ??= Promise.all([server?.close(), nats?.close()]).then(() => {}).finally(() => (index.close(), forgetPage(folder)))) }
  } catch (thrown) {
    await server?.close()
    forgetPage(folder)
    throw thrown
  }
}

/** Of its actors, and of a partition. */
export async function chartsOf({ actors }: SystemDefinition): Promise<Charts> {
  const { LIFE_CHART } = await import('../http/routes-chart.ts')
  return new Charts(new Map([...actors.map(({ name, machine }) => [name, () => machine.outline()] as const), [LIFE_CHART, lifeOutline]]), threadedLayout())
}

export interface FolderIndex {
  readonly open: () => EntityIndex
  readonly close: () => void
}

/** Opened when it is asked for, again where it was given up. */
export async function folderIndex(folder: string): Promise<FolderIndex> {
  const { openEntityIndex } = await import('../sqlite/entity-index.ts')
  let index: EntityIndex | undefined
  return { open: () => (index = openEntityIndex(join(folder, INDEX_FILE))), close: () => index?.close() }
}
