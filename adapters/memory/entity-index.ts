// The index of entities in memory.
import type { EntityIndex, IndexBatch, IndexedEntity, IndexPlace, RowsAsked } from '../../system/ports/entity-index.ts'
import { compareBytes, utf8Encode } from '../../system/protocol/utf8.ts'

interface Row extends IndexedEntity {
  readonly partition: number
}

class MemoryIndex implements EntityIndex {
  readonly #rows = new Map<string, Map<string, Row>>()
  readonly #places = new Map<string, IndexPlace>()

  async place(group: string, partition: number): Promise<IndexPlace | undefined> {
    return this.#places.get(`${group}/${partition}`)
  }

  async apply({ group, partition, from, rows, gone, place }: IndexBatch): Promise<'applied' | 'moved'> {
    if (this.#places.get(`${group}/${partition}`)?.next !== from) return 'moved'
    const known = this.#of(group)
    for (const row of rows) known.set(row.id, { ...row, partition })
    for (const id of gone) known.delete(id)
    this.#places.set(`${group}/${partition}`, place)
    return 'applied'
  }

  async clear(group: string, partition: number): Promise<void> {
    const known = this.#of(group)
    for (const [id, row] of known) if (row.partition === partition) known.delete(id)
    this.#places.delete(`${group}/${partition}`)
  }

  async configurations(group: string): Promise<readonly string[]> {
    return [...new Set([...this.#of(group).values()].flatMap(({ configuration }) => configuration ?? []))]
  }

  async rows({ group, configurations, after, rowsMax }: RowsAsked): Promise<readonly IndexedEntity[]> {
    const behind = after === undefined ? undefined : utf8Encode(after)
    return [...this.#of(group).values()]
      .filter(({ configuration }) => configurations === undefined || (configuration !== undefined && configurations.includes(configuration)))
      .map(({ partition: _, ...row }) => ({ row, key: utf8Encode(row.id) }))
      .filter(({ key }) => behind === undefined || compareBytes(key, behind) > 0)
      .sort((a, b) => compareBytes(a.key, b.key)).slice(0, rowsMax).map(({ row }) => row)
  }

  async close(): Promise<void> {}

  #of(group: string): Map<string, Row> {
    const known = this.#rows.get(group) ?? new Map<string, Row>()
    this.#rows.set(group, known)
    return known
  }
}

export function memoryIndex(): EntityIndex {
  return new MemoryIndex()
}
