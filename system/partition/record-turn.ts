// Turns of events that came as records, now or with an earlier batch that held them. Most turns end without anybody asking for their names: those are
// put together when somebody does.
import type { MachineEvent } from '../protocol/data.ts'
import type { LogRecord } from '../protocol/record.ts'
import type { Subject } from './batch.ts'
import type { Entity } from './entity.ts'
import type { Origin } from './envelope.ts'
import type { InputNames } from './input-names.ts'
import type { InputRef } from './journal.ts'
import type { TurnInput } from './turn-input.ts'

/** Of the decoded record, or of the held event. */
export interface RecordedEvent {
  readonly event: MachineEvent
  readonly timeMs: number
  readonly origin: Origin
  readonly command?: string | undefined
}

/** What the turns of a batch have in common as long as event time does not get on. */
export interface TurnTimes {
  readonly progressMs: number
  readonly nowMs: number
}

export class RecordTurn implements TurnInput {
  readonly entity: Entity
  readonly slot: number
  readonly #times: TurnTimes
  readonly #names: InputNames
  readonly #offset: number
  readonly #from: RecordedEvent
  /** Undefined: the event was held. */
  readonly #record: LogRecord | undefined

  constructor(names: InputNames, offset: number, record: LogRecord | undefined, entity: Entity, from: RecordedEvent, slot: number, times: TurnTimes) {
    this.entity = entity
    this.slot = slot
    this.#times = times
    this.#names = names
    this.#offset = offset
    this.#from = from
    this.#record = record
  }

  get event(): MachineEvent {
    return this.#from.event
  }

  get progressMs(): number {
    return this.#times.progressMs
  }

  get nowMs(): number {
    return this.#times.nowMs
  }

  get timeMs(): number {
    return this.#from.timeMs
  }

  get origin(): Origin {
    return this.#from.origin
  }

  get command(): string | undefined {
    return this.#from.command
  }

  get ref(): InputRef {
    return `${this.#names.refs}${this.#offset}`
  }

  get cause(): string {
    return `${this.#names.causes}${this.#offset}`
  }

  get subject(): Extract<Subject, { readonly kind: 'record' }> {
    return { kind: 'record', topic: this.#names.topic, partition: this.#names.partition, offset: this.#offset, record: this.#record }
  }

  get key(): Uint8Array | undefined {
    return this.#names.isKeyed ? this.#record?.key ?? undefined : undefined
  }

  get bytes(): number {
    return this.#record?.value?.length ?? 0
  }

  get timer(): undefined {
    return undefined
  }
}
