// Torments: everything that a snapshot cache may suffer, at random moments (I6).
import type { SeededRandom } from '../../../adapters/memory/random.ts'
import type { BucketAddress, SnapshotCache } from '../../../system/ports/cache.ts'
import type { EntityId } from '../../../system/protocol/ids.ts'
import type { Outside } from './clocks.ts'

export type Torment = 'flush' | 'delete' | 'corrupt' | 'copy' | 'roll back' | 'drop a write' | 'swap' | 'another life' | 'unreachable'

const TORMENTS: readonly Torment[] = ['flush', 'delete', 'delete', 'corrupt', 'corrupt', 'copy', 'roll back', 'roll back', 'drop a write', 'drop a write', 'swap', 'another life', 'unreachable']

type Maybe<T> = T | Promise<T>

/** A bucket as it stands in the cache. */
export interface StoredBucket {
  readonly at: BucketAddress
  readonly mark: number
  readonly ids: readonly EntityId[]
}

/** A cache to which all of it can be done; `adapters/memory/cache.ts` says what each of them does. */
export interface Tormentable<Copy> extends SnapshotCache {
  addresses(): Maybe<readonly StoredBucket[]>
  flush(): Maybe<void>
  deleteBucket(at: BucketAddress): Maybe<void>
  corrupt(at: BucketAddress, id: EntityId, pick: number): Maybe<boolean>
  copy(): Maybe<Copy>
  rollBack(to: Copy): Maybe<void>
  dropWrites(count: number): Maybe<void>
  swap(a: BucketAddress, b: BucketAddress): Maybe<void>
  relive(at: BucketAddress, life: string): Maybe<void>
  unreachable(reason: string | undefined): Maybe<void>
}

export class Tormentor<Copy> {
  readonly counts = new Map<Torment, number>()
  loads = 0
  /** What of the cache is under way, for whoever simulates the time around it. */
  readonly outside: Outside = { isBusy: () => this.#underWay.size > 0, idle: async () => void (await Promise.allSettled(this.#underWay)) }
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #cache: Tormentable<Copy>
  readonly #random: SeededRandom
  readonly #torments: readonly Torment[]
  #copy: { readonly of: Copy } | undefined
  #isUnreachable = false

  constructor(cache: Tormentable<Copy>, random: SeededRandom, torments = TORMENTS) {
    this.#cache = cache
    this.#random = random
    this.#torments = torments
  }

  /** Maybe torments. */
  async step(share: number): Promise<void> {
    if (this.#isUnreachable) {
      await this.#cache.unreachable(undefined)
      this.#isUnreachable = false
    }
    if (this.#random.next() >= share) return
    const torment = this.#pick(this.#torments)
    if (torment !== undefined && (await this.#do(torment))) this.counts.set(torment, (this.counts.get(torment) ?? 0) + 1)
  }

  /** The cache as its users see it: before they read it, it may be tormented. */
  tormented(share: number): SnapshotCache {
    const cache = this.#cache
    return {
      load: (group, partition, buckets) => {
        this.loads += 1
        return this.#watched(this.step(share).then(() => cache.load(group, partition, buckets)))
      },
      readAll: (at) => this.#watched(this.step(share).then(() => cache.readAll(at))),
      write: (write) => this.#watched(cache.write(write)),
      replace: (write) => this.#watched(cache.replace(write)),
      close: () => cache.close(),
    }
  }

  #watched<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work)
    const isOver = (): boolean => this.#underWay.delete(work)
    work.then(isOver, isOver)
    return work
  }

  async #do(torment: Torment): Promise<boolean> {
    const all = await this.#cache.addresses()
    const one = this.#pick(all)
    // Buckets at one mark are told apart by nothing else than what they say of themselves.
    const like = all.filter((two) => one !== undefined && two !== one && two.mark === one.mark)
    const other = this.#pick(like.length > 0 ? like : all)
    switch (torment) {
      case 'flush':
        await this.#cache.flush()
        return all.length > 0
      case 'copy':
        this.#copy = { of: await this.#cache.copy() }
        return true
      case 'roll back':
        if (this.#copy === undefined) return false
        await this.#cache.rollBack(this.#copy.of)
        return true
      case 'drop a write':
        await this.#cache.dropWrites(1)
        return true
      case 'unreachable':
        await this.#cache.unreachable('as the test asked')
        this.#isUnreachable = true
        return true
      default: break
    }
    if (one === undefined || other === undefined) return false
    if (torment === 'delete') await this.#cache.deleteBucket(one.at)
    else if (torment === 'swap') await this.#cache.swap(one.at, other.at)
    else if (torment === 'another life') await this.#cache.relive(one.at, 'another-life')
    else return this.#corrupt(one)
    return true
  }

  async #corrupt(one: StoredBucket): Promise<boolean> {
    const id = this.#pick(one.ids)
    return id !== undefined && (await this.#cache.corrupt(one.at, id, this.#random.next()))
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random.between(0, Math.max(0, list.length - 1))]
  }
}
