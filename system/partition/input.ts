// Input: an event for one entity, as the fold takes it, with all that decoding found out about it.
import type { MachineEvent } from '../protocol/data.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Origin, TaskResult } from './envelope.ts'

/** An input for one entity. */
export interface Input {
  readonly entity: EntityId
  readonly event: MachineEvent
  readonly timeMs: number
  readonly rank: number
  readonly origin: Origin
  /** (source, id) for dedup; undefined: not deduplicated. */
  readonly dedupKey: string | undefined
  /** Feedback, commands and task results never wait for a watermark. */
  readonly onArrival: boolean
  readonly command: string | undefined
  /** Of a command's event; undefined: of no command, or of an older one. */
  readonly sum?: number
  readonly task: TaskResult | undefined
}

/** An outside event without an id of its own is named by its place. Few ask for the name. */
class PlaceOrigin implements Origin {
  readonly source: string
  readonly #partition: number
  readonly #offset: number

  constructor(source: string, partition: number, offset: number) {
    this.source = source
    this.#partition = partition
    this.#offset = offset
  }

  get id(): string {
    return `${this.#partition}-${String(this.#offset).padStart(16, '0')}`
  }
}

/** An input from a source, and at once what decoding its record came to: most of a batch are such, one object each. What few are asked for is made then. */
export class SourceInput implements Input {
  readonly kind = 'input'
  readonly entity: EntityId
  readonly event: MachineEvent
  readonly timeMs: number
  readonly rank: number
  readonly dedupKey: string | undefined
  readonly #topic: string
  readonly #partition: number
  readonly #offset: number
  readonly #id: string | undefined

  constructor(entity: EntityId, event: MachineEvent, timeMs: number, rank: number, topic: string, partition: number, offset: number, id: string | undefined) {
    this.entity = entity
    this.event = event
    this.timeMs = timeMs
    this.rank = rank
    this.dedupKey = id === undefined ? undefined : `${topic}/${id}`
    this.#topic = topic
    this.#partition = partition
    this.#offset = offset
    this.#id = id
  }

  get input(): Input {
    return this
  }

  get origin(): Origin {
    return this.#id === undefined ? new PlaceOrigin(this.#topic, this.#partition, this.#offset) : { source: this.#topic, id: this.#id }
  }

  get onArrival(): boolean {
    return false
  }

  get command(): undefined {
    return undefined
  }

  get task(): undefined {
    return undefined
  }

  get promised(): undefined {
    return undefined
  }
}
