// Places: what this client has seen and written, so that no answer that it is given stands before that.
//
// Owns: the newest place of each partition, and in which partition an entity is.
//
// P1. Within a life, (epoch, seq) of what is told about a partition never goes back.
// P2. At most ENTITIES_MAX entities are known; the one asked for longest ago goes, and is looked up anew.

export interface Standing {
  readonly partition: number
  readonly life: string
  readonly epoch: number
  readonly seq: number
}

const ENTITIES_MAX = 10_000

export class Places {
  readonly #newest = new Map<string, Standing>()
  readonly #partitions = new Map<string, number>()

  /** The place that an answer about the entity must have reached; undefined: any will do. */
  atLeast(type: string, id: string): Standing | undefined {
    const partition = this.#partitions.get(nameOf(type, id))
    return partition === undefined ? undefined : this.#newest.get(`${type}/${partition}`)
  }

  /** An answer that stands `at`. False: it is older than one before. */
  take(type: string, id: string | undefined, at: Standing): boolean {
    const name = `${type}/${at.partition}`
    if (id !== undefined) this.#remember(nameOf(type, id), at.partition)
    const newest = this.#newest.get(name)
    if (newest?.life === at.life && (at.epoch < newest.epoch || (at.epoch === newest.epoch && at.seq < newest.seq))) return false
    this.#newest.set(name, at)
    return true
  }

  /** Its partition has begun anew, or it has another now. */
  forget(type: string, id: string): void {
    const partition = this.#partitions.get(nameOf(type, id))
    this.#newest.delete(`${type}/${partition ?? ''}`)
    this.#partitions.delete(nameOf(type, id))
  }

  #remember(name: string, partition: number): void {
    this.#partitions.delete(name)
    this.#partitions.set(name, partition)
    const [oldest] = this.#partitions.keys()
    if (this.#partitions.size > ENTITIES_MAX && oldest !== undefined) this.#partitions.delete(oldest)
  }
}

/** Types have no blanks. */
const nameOf = (type: string, id: string): string => `${type} ${id}`

/** As a parameter of a route. */
export const placeText = ({ partition, life, epoch, seq }: Standing): string => `${partition}.${life}.${epoch}.${seq}`

/** Undefined: it is no place. */
export function standingOf(value: unknown): Standing | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { partition, life, epoch, seq } = value as Partial<Record<keyof Standing, unknown>>
  return Number.isSafeInteger(partition) && typeof life === 'string' && Number.isSafeInteger(epoch) && Number.isSafeInteger(seq) ? { partition, life, epoch, seq } as Standing : undefined
}
