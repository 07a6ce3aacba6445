// RedisTorments: what a snapshot cache may suffer, done to a Redis of its own.
//
// Owns: what is done to the server. Writes that are to be confirmed and not kept are undone behind their answer; unreachable is by turns
// a server that stands still (what was given up on comes late) and one that is killed and started again, empty.
import { bucketKey, idOfField, LIFE_FIELD, MARK_FIELD, snapshotField } from '../../../adapters/redis/keys.ts'
import type { BucketAddress, BucketContent, BucketLoad, BucketRead, BucketWrite, SnapshotCache } from '../../../system/ports/cache.ts'
import type { EntityId } from '../../../system/protocol/ids.ts'
import { percentDecode } from '../../../system/protocol/percent.ts'
import { until, type RedisServer } from '../redis.ts'
import type { StoredBucket, Tormentable } from './torment.ts'

const PREFIX = 'torment:'
const TIMEOUT_MS = 60
/** Longer than a call waits, shorter than until its connection is cut: what was sent is done late. */
const PAUSE_MS = 90
const NAME = /^torment:\{([^/]*)\/(\d+)\/(\d+)\}$/

/** Of every key, as DUMP gives it. */
export type RedisCopy = ReadonlyMap<string, Buffer>

export class RedisTorments implements Tormentable<RedisCopy> {
  readonly #server: RedisServer
  readonly #cache: SnapshotCache
  readonly told: string[] = []
  pauses = 0
  kills = 0
  #dropsLeft = 0

  constructor(server: RedisServer) {
    this.#server = server
    this.#cache = server.cache({ prefix: PREFIX, timeoutMs: TIMEOUT_MS, onState: (message) => this.told.push(message) })
  }

  load(group: string, partition: number, buckets: readonly BucketLoad[]): Promise<readonly BucketRead[]> {
    return this.#cache.load(group, partition, buckets)
  }

  readAll(at: BucketAddress): Promise<BucketContent> {
    return this.#cache.readAll(at)
  }

  write(write: BucketWrite): Promise<'applied' | 'ignored' | 'lost'> {
    return this.#drops() ? this.#undone(write, () => this.#cache.write(write)) : this.#cache.write(write)
  }

  replace(write: Omit<BucketWrite, 'previous'>): Promise<void> {
    return this.#drops() ? this.#undone(write, () => this.#cache.replace(write)) : this.#cache.replace(write)
  }

  close(): Promise<void> {
    return this.#cache.close()
  }

  async addresses(): Promise<readonly StoredBucket[]> {
    const { admin } = this.#server
    const keys = (await admin.keys(`${PREFIX}*`)).filter((key) => NAME.test(key)).sort()
    const buckets = await Promise.all(keys.map(async (key) => ({ key, mark: Number(await admin.hget(key, MARK_FIELD)), fields: await admin.hkeys(key) })))
    return buckets.map(({ key, mark, fields }) => {
      const [, group = '', partition, bucket] = NAME.exec(key) ?? []
      const at = { group: percentDecode(group) ?? '', partition: Number(partition), bucket: Number(bucket) }
      return { at, mark, ids: fields.flatMap((field) => idOfField(field) ?? []).sort() }
    })
  }

  async flush(): Promise<void> {
    await this.#server.admin.flushall()
  }

  async deleteBucket(at: BucketAddress): Promise<void> {
    await this.#server.admin.unlink(keyOf(at))
  }

  async corrupt(at: BucketAddress, id: EntityId, pick: number): Promise<boolean> {
    const { admin } = this.#server
    const bytes = await admin.hgetBuffer(keyOf(at), snapshotField(id))
    if (bytes === null || bytes.length === 0) return false
    const index = Math.floor(pick * bytes.length)
    bytes[index] = (bytes[index] ?? 0) ^ 0xa5
    await admin.hset(keyOf(at), snapshotField(id), bytes)
    return true
  }

  async copy(): Promise<RedisCopy> {
    const { admin } = this.#server
    const keys = await admin.keys(`${PREFIX}*`)
    const dumps = await Promise.all(keys.map((key) => admin.dumpBuffer(key)))
    return new Map(keys.flatMap((key, index) => (dumps[index] == null ? [] : [[key, dumps[index]] as const])))
  }

  async rollBack(to: RedisCopy): Promise<void> {
    const transaction = this.#server.admin.multi().flushall()
    for (const [key, dump] of to) transaction.restore(key, 0, dump)
    await transaction.exec()
  }

  dropWrites(count: number): void {
    this.#dropsLeft = count
  }

  async swap(a: BucketAddress, b: BucketAddress): Promise<void> {
    if (keyOf(a) === keyOf(b)) return
    await this.#server.admin.multi().rename(keyOf(a), `${PREFIX}aside`).rename(keyOf(b), keyOf(a)).rename(`${PREFIX}aside`, keyOf(b)).exec()
  }

  async relive(at: BucketAddress, life: string): Promise<void> {
    await this.#server.admin.hset(keyOf(at), LIFE_FIELD, life)
  }

  async unreachable(reason: string | undefined): Promise<void> {
    const { admin } = this.#server
    if (reason === undefined) {
      await this.#server.start()
      await until(async () => (await this.#cache.load('app.none', 0, [{ bucket: 0, ids: [] }]).catch(() => [])).length > 0)
    } else if (this.pauses <= this.kills) {
      this.pauses += 1
      await admin.client('PAUSE', PAUSE_MS, 'ALL')
    } else {
      this.kills += 1
      await this.#server.kill()
    }
  }

  #drops(): boolean {
    if (this.#dropsLeft === 0) return false
    this.#dropsLeft -= 1
    return true
  }

  async #undone<T>(at: BucketAddress, work: () => Promise<T>): Promise<T> {
    const key = keyOf(at)
    const before = await this.#server.admin.dumpBuffer(key)
    const answer = await work()
    // A bucket that was lost is gone: there is nothing that was confirmed.
    if (answer !== 'lost' && before === null) await this.#server.admin.unlink(key)
    else if (answer !== 'lost' && before !== null) await this.#server.admin.restore(key, 0, before, 'REPLACE')
    return answer
  }
}

const keyOf = (at: BucketAddress): string => bucketKey(PREFIX, at)
