// A system of counters in memory, with a gateway to it.
import type { TestContext } from 'node:test'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { memoryCache } from '../../adapters/memory/cache.ts'
import { memoryIndex } from '../../adapters/memory/entity-index.ts'
import { wallClock } from '../../adapters/memory/clock.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import type { MemoryLog } from '../../adapters/memory/log.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { memoryRpc } from '../../adapters/memory/rpc.ts'
import { OwnerGateway } from '../../system/gateway/owner-gateway.ts'
import { StatelogNode } from '../../system/node/node.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import type { EntityIndex } from '../../system/ports/entity-index.ts'
import type { Log } from '../../system/ports/log.ts'
import type { LoadedModel } from '../../system/ports/models.ts'
import type { Rpc } from '../../system/ports/rpc.ts'
import counters from './counter/counter.system.ts'
import { silent } from './partition/owner.ts'

export interface Served {
  readonly gateway: OwnerGateway
  readonly node: StatelogNode
  readonly log: MemoryLog
  readonly rpc: Rpc
}

/** A gateway to owners that are in one process with it, until the test is over. */
export async function served(t: TestContext, { system = counters, log = memoryLog({ keyed: true }), rpc = memoryRpc(wallClock), models = new Map(), seed = 1 }: { readonly system?: SystemDefinition; readonly log?: MemoryLog; readonly rpc?: Rpc; readonly models?: ReadonlyMap<string, LoadedModel>; readonly seed?: number } = {}): Promise<Served> {
  const node = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(seed), models, settings: { commitWaitMs: 0 }, telemetry: silent, rpc, ...(log.keyed === undefined ? { cache: memoryCache() } : {}) })
  t.after(() => node.stop())
  await node.start()
  return { gateway: gatewayTo(node, log, rpc), node, log, rpc }
}

export function gatewayTo({ plans }: Pick<StatelogNode, 'plans'>, log: Log, rpc: Rpc, openIndex: () => EntityIndex = memoryIndex): OwnerGateway {
  return new OwnerGateway({ rpc, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(2), openIndex }, plans)
}
