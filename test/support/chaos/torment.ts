// Torments: everything that a snapshot cache may suffer, at random moments (I6).
import type { MemoryCache, CacheCopy } from '../../../adapters/memory/cache.ts'
import type { SeededRandom } from '../../../adapters/memory/random.ts'
import type { SnapshotCache } from '../../../system/ports/cache.ts'

type Torment = 'flush' | 'delete' | 'corrupt' | 'copy' | 'roll back' | 'drop a write' | 'swap' | 'another life' | 'unreachable'

const TORMENTS: readonly Torment[] = ['flush', 'delete', 'delete', 'corrupt', 'corrupt', 'copy', 'roll back', 'roll back', 'drop a write', 'drop a write', 'swap', 'another life', 'unreachable']

export class Tormentor {
  readonly counts = new Map<Torment, number>()
  loads = 0
  readonly #cache: MemoryCache
  readonly #random: SeededRandom
  #copy: CacheCopy | undefined
  #isUnreachable = false

  constructor(cache: MemoryCache, random: SeededRandom) {
    this.#cache = cache
    this.#random = random
  }

  /** Maybe torments. */
  step(share: number): void {
    if (this.#isUnreachable) {
      this.#cache.unreachable(undefined)
      this.#isUnreachable = false
    }
    if (this.#random.next() >= share) return
    const torment = this.#pick(TORMENTS)
    if (torment !== undefined && this.#do(torment)) this.counts.set(torment, (this.counts.get(torment) ?? 0) + 1)
  }

  /** The cache as its users see it: before they read it, it may be tormented. */
  tormented(share: number): SnapshotCache {
    const cache = this.#cache
    return {
      load: (group, partition, buckets) => {
        this.loads += 1
        this.step(share)
        return cache.load(group, partition, buckets)
      },
      readAll: (at) => {
        this.step(share)
        return cache.readAll(at)
      },
      write: (write) => cache.write(write),
      replace: (write) => cache.replace(write),
      close: () => cache.close(),
    }
  }

  #do(torment: Torment): boolean {
    const all = this.#cache.addresses()
    const one = this.#pick(all)
    // Buckets at one mark are told apart by nothing else than what they say of themselves.
    const marks = [...this.#cache.copy().values()].map(({ mark }) => mark)
    const like = all.filter((two, index) => one !== undefined && two !== one && marks[index] === marks[all.indexOf(one)])
    const other = this.#pick(like.length > 0 ? like : all)
    switch (torment) {
      case 'flush':
        this.#cache.flush()
        return all.length > 0
      case 'copy':
        this.#copy = this.#cache.copy()
        return true
      case 'roll back':
        if (this.#copy === undefined) return false
        this.#cache.rollBack(this.#copy)
        return true
      case 'drop a write':
        this.#cache.dropWrites(1)
        return true
      case 'unreachable':
        this.#cache.unreachable('as the test asked')
        this.#isUnreachable = true
        return true
      default: break
    }
    if (one === undefined || other === undefined) return false
    if (torment === 'delete') this.#cache.deleteBucket(one.at)
    else if (torment === 'swap') this.#cache.swap(one.at, other.at)
    else if (torment === 'another life') this.#cache.relive(one.at, 'another-life')
    else return this.#corrupt(one)
    return true
  }

  #corrupt(one: ReturnType<MemoryCache['addresses']>[number]): boolean {
    const id = this.#pick(one.ids)
    return id !== undefined && this.#cache.corrupt(one.at, id, this.#random.next())
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random.between(0, Math.max(0, list.length - 1))]
  }
}
