// A Redis Cluster of three masters on loopback, for tests.
import type { RedisCacheOptions } from '../../adapters/redis/cache.ts'
import { freePort } from '../../adapters/services/server.ts'
import type { SnapshotCache } from '../../system/ports/cache.ts'
import { RedisServer, until } from './redis.ts'

const MASTERS = 3
const SLOTS = 16_384
/** Below those that connections of this machine are given: between the search and the start nobody takes them. */
const PORT_MIN = 12_000
const PORT_MAX = 22_000
/** From a master's port to the one by which others reach it. */
const BUS = 10_000

/** A master with ports of its own. */
export async function master(...more: string[]): Promise<RedisServer> {
  for (;;) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN))
    if ((await freePort(port)) === port && (await freePort(port + BUS)) === port + BUS) return new RedisServer(port, ['--cluster-enabled', 'yes', ...more])
  }
}

export class RedisCluster {
  readonly servers: readonly RedisServer[]

  constructor(servers: readonly RedisServer[]) {
    this.servers = servers
  }

  get url(): string {
    return this.servers.map(({ url }) => url).join(',')
  }

  /** A cache in it, closed when the Cluster is stopped. */
  cache(options: Partial<RedisCacheOptions>): SnapshotCache {
    const [first] = this.servers
    if (first === undefined) throw new TypeError('a Cluster without masters')
    return first.cache({ url: this.url, ...options })
  }

  async start(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.start()))
    const [first, ...others] = this.servers
    const share = Math.ceil(SLOTS / MASTERS)
    for (const [index, { admin }] of this.servers.entries()) {
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', index * share, Math.min((index + 1) * share, SLOTS) - 1)
      await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    }
    for (const { port } of others) await first?.admin.call('CLUSTER', 'MEET', '127.0.0.1', port)
    await until(async () => (await Promise.all(this.servers.map(isWhole))).every(Boolean), 30_000)
  }

  /** The master that has the slot of a key, and another one. */
  async owners(key: string): Promise<{ readonly slot: number; readonly owner: RedisServer; readonly other: RedisServer }> {
    const [first] = this.servers
    const slot = Number(await first?.admin.call('CLUSTER', 'KEYSLOT', key))
    const at = Math.floor(slot / Math.ceil(SLOTS / MASTERS))
    const [owner, other] = [this.servers[at], this.servers[(at + 1) % MASTERS]]
    if (owner === undefined || other === undefined) throw new TypeError('no such master')
    return { slot, owner, other }
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()))
  }
}

async function isWhole({ admin }: RedisServer): Promise<boolean> {
  const info = String(await admin.call('CLUSTER', 'INFO'))
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${MASTERS}`)
}

export async function withRedisCluster<T>(run: (cluster: RedisCluster) => Promise<T>): Promise<T> {
  const servers: RedisServer[] = []
  for (let index = 0; index < MASTERS; index += 1) servers.push(await master('--cluster-node-timeout', '2000', '--cluster-config-file', 'nodes.conf'))
  const cluster = new RedisCluster(servers)
  try {
    await cluster.start()
    return await run(cluster)
  } finally {
    await cluster.stop()
  }
}
