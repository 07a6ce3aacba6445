// RedisFaults: what befalls a Redis that holds the states of a running system, one fault at a time, and how often each did.
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SeededRandom } from '../../../adapters/memory/random.ts'
import type { RedisServer } from '../redis.ts'

const KINDS = ['flushed', 'killed', 'paused', 'slow', 'rolled back', 'robbed', 'evicting', 'full'] as const

export type RedisFault = (typeof KINDS)[number]

/** Longer than a call of the workload waits for its answer. */
const PAUSE_MS = 500
const DOWN_MS = 200
const OLDER_MS = 300
const TIGHT_MS = 400
/** Of the data, what there is no room for. */
const TIGHT_SHARE = 0.4
const SLOW_ROUNDS = 5
const SLOW_MS = 200
const SLOW_GAP_MS = 40

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export class RedisFaults {
  readonly counts = new Map<RedisFault, number>()
  readonly #server: RedisServer
  /** A shuffled round of all kinds, drawn from its end. */
  #round: RedisFault[] = []

  constructor(server: RedisServer) {
    this.#server = server
  }

  /** One of its ways to fail, each as often as the others; resolves when it is over. */
  async fail(random: SeededRandom): Promise<RedisFault> {
    if (this.#round.length === 0) this.#round = shuffled(KINDS, random)
    const kind = this.#round.pop() ?? 'flushed'
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    await this.#do(kind, random)
    return kind
  }

  async #do(kind: RedisFault, random: SeededRandom): Promise<void> {
    const { admin } = this.#server
    switch (kind) {
      case 'flushed': return void await admin.flushall()
      case 'killed': return this.#restart()
      case 'rolled back': return this.#rollBack()
      case 'paused': {
        this.#server.pause()
        await pause(PAUSE_MS)
        return this.#server.goOn()
      }
      case 'slow': {
        for (let round = 0; round < SLOW_ROUNDS; round += 1) {
          await admin.client('PAUSE', SLOW_MS, 'ALL')
          await pause(SLOW_MS + SLOW_GAP_MS)
        }
        return
      }
      case 'robbed': {
        for (const key of await admin.keys('*')) if (random.next() < 0.3) await admin.del(key)
        return
      }
      case 'evicting': return this.#tight('allkeys-random')
      case 'full': return this.#tight('noeviction')
    }
  }

  /** Less memory than is used: some keys go, or writes are refused. */
  async #tight(policy: 'allkeys-random' | 'noeviction'): Promise<void> {
    const { admin } = this.#server
    const info = await admin.info('memory')
    const [used, data] = ['used_memory', 'used_memory_dataset'].map((name) => Number(new RegExp(`\\b${name}:(\\d+)`).exec(info)?.[1] ?? 0)) as [number, number]
    await admin.config('SET', 'maxmemory-policy', policy)
    await admin.config('SET', 'maxmemory', Math.round(used - TIGHT_SHARE * data))
    await pause(TIGHT_MS)
    await admin.config('SET', 'maxmemory', '0')
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
  }

  /** What it held is gone. */
  async #restart(): Promise<void> {
    await this.#server.kill()
    rmSync(join(this.#server.folder, 'dump.rdb'), { force: true })
    await pause(DOWN_MS)
    await this.#server.start()
  }

  /** What was written since a dump is gone, as when a stale replica takes over: since the last time, or since a moment ago. */
  async #rollBack(): Promise<void> {
    const { admin, folder } = this.#server
    const [dump, older, next] = ['dump.rdb', 'older.rdb', 'next.rdb'].map((name) => join(folder, name)) as [string, string, string]
    await admin.save()
    copyFileSync(dump, next)
    if (!existsSync(older)) copyFileSync(dump, older)
    await pause(OLDER_MS)
    await this.#server.kill()
    copyFileSync(older, dump)
    copyFileSync(next, older)
    await this.#server.start()
  }
}

export function shuffled<T>(list: readonly T[], random: SeededRandom): T[] {
  const copy = [...list]
  for (let at = copy.length - 1; at > 0; at -= 1) {
    const other = random.between(0, at)
    ;[copy[at], copy[other]] = [copy[other] as T, copy[at] as T]
  }
  return copy
}
