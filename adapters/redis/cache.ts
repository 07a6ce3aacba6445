// RedisCache: the snapshot cache in Redis or Valkey, standalone or Cluster. The mark protocol runs in `scripts.ts`, where it is atomic (K1-K4).
//
// Owns: its connection. Rejects when Redis does not answer as it should; the caller then takes the bucket for lost.
//
// K3. A write of more than one request is staged under a key of its own, and merged in by one script.
// K4. A bucket is read by one command.
// R5. What is staged is named by attempt, lives for a minute after its last request, and is taken only when it is whole.
import { randomUUID } from 'node:crypto'
import { Cluster } from 'ioredis'
import type { BucketAddress, BucketContent, BucketLoad, BucketRead, BucketWrite, SnapshotCache } from '../../system/ports/cache.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import { parseAddress } from './address.ts'
import type { Topology } from './address.ts'
import { makeClient } from './client.ts'
import type { Client } from './client.ts'
import { Connection } from './connection.ts'
import { bucketKey, LIFE_FIELD, MARK_FIELD, snapshotField, stagingKey } from './keys.ts'
import { bucketContent, bucketRead, writeAnswer } from './replies.ts'
import { argumentsOf, partedOf, chunksOf, REQUEST_BYTES_MAX, stagedOf } from './requests.ts'
import type { Entry } from './requests.ts'

export interface RedisCacheOptions {
  /** `redis://user:password@host:port/db`; `rediss://` for TLS; nodes of a Cluster separated by commas. */
  readonly url: string
  /** Default: several nodes are a Cluster, one is not. */
  readonly topology?: Topology
  /** What all keys begin with, without braces. Default `statelog:`. */
  readonly prefix?: string
  /** Of one request, in ms. Default 1000. */
  readonly timeoutMs?: number
  /** Certificate of the authority that signed Redis's own, PEM. */
  readonly ca?: string
  /** Told once for each change of state: what is wrong and what to do, or that it is well again. */
  readonly onState?: (message: string) => void
}

const PREFIX = 'statelog:'
const TIMEOUT_MS = 1000
const TIMEOUT_MS_MAX = 60_000
const STAGING_MS = 60_000

/** Returns at once; until Redis answers, calls reject. Throws `redis/address` or `redis/options`. */
export function redisCache(options: RedisCacheOptions): SnapshotCache {
  return new RedisCache(options)
}

class RedisCache implements SnapshotCache {
  readonly #connection: Connection
  readonly #prefix: string

  constructor({ url, topology, prefix = PREFIX, timeoutMs = TIMEOUT_MS, ca, onState = () => {} }: RedisCacheOptions) {
    if (/[{}]/.test(prefix)) throw new OperationError('redis/options', `prefix ${prefix}: braces would put all buckets into one slot of a Cluster; leave them out`)
    if (!(timeoutMs >= 1 && timeoutMs <= TIMEOUT_MS_MAX)) throw new OperationError('redis/options', `timeoutMs ${timeoutMs}: give 1 to ${TIMEOUT_MS_MAX}`)
    const address = parseAddress(url, topology)
    this.#prefix = prefix
    this.#connection = new Connection(makeClient(address, timeoutMs, ca), address, timeoutMs, onState)
  }

  async load(group: string, partition: number, buckets: readonly BucketLoad[]): Promise<readonly BucketRead[]> {
    if (buckets.length === 0) return []
    const requests = buckets.map(({ bucket, ids }) => [this.#key({ group, partition, bucket }), LIFE_FIELD, MARK_FIELD, ...ids.map(snapshotField)])
    const bytes = requests.reduce((sum, request) => sum + request.reduce((length, { length: more }) => length + more, 0), 0)
    const replies = await this.#connection.call('reads', bytes, (client) => readAtOnce(client, requests))
    return buckets.map((bucket, index) => bucketRead(bucket, replies[index]))
  }

  async readAll(at: BucketAddress): Promise<BucketContent> {
    const key = this.#key(at)
    // In capitals the client leaves the reply as it is; else it makes an object of it, at twice the cost.
    return bucketContent(await this.#connection.call('reads', key.length, (client) => client.callBuffer('HGETALL', key)))
  }

  async write(write: BucketWrite): Promise<'applied' | 'ignored' | 'lost'> {
    const key = this.#key(write)
    const marks = [write.life, String(write.previous), String(write.next)]
    const parted = partedOf(write.snapshots)
    if (parted.bytes <= REQUEST_BYTES_MAX) {
      const args = [key, ...marks, String(parted.kept.length), ...argumentsOf(parted.kept), ...parted.removed.map(snapshotField)]
      return writeAnswer(await this.#connection.call('writes', parted.bytes, (client) => client.statelogWrite(args)))
    }
    const entries = stagedOf(parted)
    const staging = await this.#stage(key, entries)
    return writeAnswer(await this.#connection.call('writes', key.length, (client) => client.statelogMerge([key, staging, ...marks, String(entries.length)])))
  }

  async replace(write: Omit<BucketWrite, 'previous'>): Promise<void> {
    const key = this.#key(write)
    const { kept } = partedOf(write.snapshots)
    const staging = await this.#stage(key, kept)
    await this.#connection.call('writes', key.length, (client) => client.statelogSwap([key, staging, write.life, String(write.next), String(kept.length)]))
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  /** R5. One request after the other: a rebuild is in no hurry, and others want Redis too. */
  async #stage(key: string, entries: readonly Entry[]): Promise<string> {
    const staging = stagingKey(key, randomUUID())
    for (const { args, bytes } of chunksOf(entries)) {
      await this.#connection.call('writes', bytes, (client) => client.statelogStage([staging, String(STAGING_MS), ...args]))
    }
    return staging
  }

  #key(at: BucketAddress): string {
    return bucketKey(this.#prefix, at)
  }
}

/** One round trip. Nodes of a Cluster are asked side by side; else all goes in one packet. */
async function readAtOnce(client: Client, requests: readonly string[][]): Promise<readonly unknown[]> {
  if (client instanceof Cluster) return Promise.all(requests.map((request) => client.callBuffer('hmget', request)))
  const pipeline = client.pipeline()
  for (const request of requests) pipeline.callBuffer('hmget', request)
  const replies = (await pipeline.exec()) ?? []
  return replies.map(([error, reply]) => {
    if (error !== null) throw error
    return reply
  })
}
