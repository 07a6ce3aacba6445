// Tormentor: what may happen to a snapshot cache at any time, also between two calls of a recovery, and the death of its owner there.
import type { CacheCopy, MemoryCache } from '../../../adapters/memory/cache.ts'
import type { MemoryLog } from '../../../adapters/memory/log.ts'

export const TORMENTS = ['flush', 'copy', 'rollBack', 'drop', 'corrupt', 'relive', 'swap', 'unreachable'] as const

export type Torment = (typeof TORMENTS)[number]

const CACHE_CALLS = ['load', 'readAll', 'write', 'replace'] as const
const LOG_CALLS = ['read', 'offsetsAt'] as const

export class Tormentor {
  readonly #cache: MemoryCache | undefined
  readonly #copies: CacheCopy[] = []
  #callsLeft = Infinity
  #strike: () => void = () => {}

  constructor(log: MemoryLog, cache: MemoryCache | undefined) {
    this.#cache = cache
    if (cache !== undefined) for (const call of CACHE_CALLS) cache[call] = this.#counted(cache[call].bind(cache) as never)
    for (const call of LOG_CALLS) log[call] = this.#counted(log[call].bind(log) as never)
  }

  #counted<Args extends readonly unknown[], Answer>(call: (...args: Args) => Promise<Answer>): never {
    return (async (...args: Args) => {
      this.#callsLeft -= 1
      if (this.#callsLeft === -1) this.#strike()
      return call(...args)
    }) as never
  }

  /** Something happens before a call of `acquire`; who dies of it begins again. */
  async midway(calls: number, what: Torment | 'die', acquire: () => Promise<void>): Promise<void> {
    this.#callsLeft = calls
    this.#strike = () => {
      if (what === 'die') throw new Died()
      this.torment(what)
    }
    try {
      await acquire()
    } catch (thrown) {
      if (!(thrown instanceof Died)) throw thrown
      await acquire()
    } finally {
      this.#callsLeft = Infinity
    }
  }

  /** Calls of the cache go through again. */
  heal(): void {
    this.#cache?.unreachable(undefined)
  }

  torment(kind: Torment): void {
    const cache = this.#cache
    if (cache === undefined) return
    const stored = cache.addresses()
    const [some] = stored
    switch (kind) {
      case 'flush': return cache.flush()
      case 'copy': return void this.#copies.push(cache.copy())
      case 'rollBack': return cache.rollBack(this.#copies[0] ?? new Map())
      case 'drop': return cache.dropWrites(1)
      case 'relive': return some === undefined ? undefined : cache.relive(some.at, 'another life')
      case 'swap': for (const one of stored) for (const other of stored) cache.swap(one.at, other.at)
        return
      case 'unreachable': return cache.unreachable('gone fishing')
      case 'corrupt': for (const { at, ids } of stored) for (const id of ids) cache.corrupt(at, id, 0.6)
    }
  }
}

class Died extends Error {}
