// LoadGroups: loads that each may read a whole topic go one after the other, and those that come meanwhile go together.
import type { EntityId } from '../protocol/ids.ts'
import type { StoredState } from './state-store.ts'

type Found = ReadonlyMap<EntityId, StoredState>

interface Waiting {
  readonly ids: readonly EntityId[]
  readonly resolve: (found: Found) => void
  readonly reject: (reason: unknown) => void
}

export class LoadGroups {
  readonly #loadAll: (ids: ReadonlySet<EntityId>) => Promise<Found>
  readonly #waiting: Waiting[] = []
  #isLoading = false

  constructor(loadAll: (ids: ReadonlySet<EntityId>) => Promise<Found>) {
    this.#loadAll = loadAll
  }

  /** By a load that begins after this call. */
  load(ids: readonly EntityId[]): Promise<Found> {
    const { promise, resolve, reject } = Promise.withResolvers<Found>()
    this.#waiting.push({ ids, resolve, reject })
    if (!this.#isLoading) void this.#run()
    return promise
  }

  async #run(): Promise<void> {
    this.#isLoading = true
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0)
      try {
        const found = await this.#loadAll(new Set(group.flatMap(({ ids }) => ids)))
        for (const { ids, resolve } of group) resolve(new Map(ids.flatMap((id) => entryOf(found, id))))
      } catch (thrown) {
        for (const { reject } of group) reject(thrown)
      }
    }
    this.#isLoading = false
  }
}

function entryOf(found: Found, id: EntityId): readonly (readonly [EntityId, StoredState])[] {
  const state = found.get(id)
  return state === undefined ? [] : [[id, state]]
}
