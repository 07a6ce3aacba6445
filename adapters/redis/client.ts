// The client of ioredis, set so that nothing waits in it: a cache that does not answer at once is worth less than the log behind it.
//
// C1. No offline queue, no second sending: what was under way when a connection ends is rejected.
// C2. A connection on which nothing comes for twice the time of a call is cut; what was written to it and not read goes with it.
// C3. It connects again for ever, a little later each time.
// C4. Its handshake (HELLO) is allowed to every user, and a Redis that hangs does not pass it.
import { Cluster, Redis } from 'ioredis'
import type { RedisOptions } from 'ioredis'
import type { Address } from './address.ts'
import { SCRIPTS } from './scripts.ts'

export type Client = Redis | Cluster

const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 2000
/** How long an orderly end of a connection may take. */
const DISCONNECT_MS = 50
const REDIRECTIONS_MAX = 4

export function makeClient(address: Address, timeoutMs: number, ca: string | undefined): Client {
  return address.topology === 'standalone' ? standalone(address, timeoutMs, ca) : cluster(address, timeoutMs, ca)
}

function standalone(address: Address, timeoutMs: number, ca: string | undefined): Redis {
  const [node = { host: 'localhost', port: 6379 }] = address.nodes
  return new Redis({
    ...node, ...common(address, timeoutMs, ca), scripts: SCRIPTS, db: address.db, enableOfflineQueue: false,
    retryStrategy: retryMs,
    // After a failover the same name may lead to the new master.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  })
}

function cluster(address: Address, timeoutMs: number, ca: string | undefined): Cluster {
  return new Cluster([...address.nodes], {
    redisOptions: common(address, timeoutMs, ca), scripts: SCRIPTS, enableOfflineQueue: false,
    clusterRetryStrategy: retryMs, slotsRefreshTimeout: timeoutMs, slotsRefreshInterval: 10_000,
    maxRedirections: REDIRECTIONS_MAX,
    // Addresses that a node knows itself by may be names that only DNS knows; TLS needs them unresolved.
    dnsLookup: (host, done) => done(null, host),
  })
}

/** Of every connection. */
function common({ username, password, isTls }: Address, timeoutMs: number, ca: string | undefined) {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(isTls ? { tls: ca === undefined ? {} : { ca } } : {}),
    connectTimeout: Math.max(1000, timeoutMs),
    socketTimeout: 2 * timeoutMs,
    disconnectTimeout: DISCONNECT_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableReadyCheck: false,
    disableClientInfo: true,
  } satisfies RedisOptions
}

function retryMs(times: number): number {
  const ceilingMs = Math.min(RETRY_MS_MIN * 2 ** Math.min(times, 10), RETRY_MS_MAX)
  return RETRY_MS_MIN + Math.floor(Math.random() * (ceilingMs - RETRY_MS_MIN))
}
