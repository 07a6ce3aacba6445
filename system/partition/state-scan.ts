// StateScan: reads the state topic of one partition from an offset to its end, whole or not at all.
import { Unreachable } from '../protocol/failures.ts'
import { parseEntityId } from '../protocol/ids.ts'
import type { EntityId } from '../protocol/ids.ts'
import { BATCH_BYTES_MAX } from '../protocol/limits.ts'
import type { LogRecord } from '../protocol/record.ts'
import { utf8Decode } from '../protocol/utf8.ts'
import type { Log } from '../ports/log.ts'
import type { TypePlan } from './topology.ts'

const RECORDS_MAX = 10_000

export class StateScan {
  readonly #log: Log
  readonly #topic: string
  readonly #partition: number
  /** Where the topic ended after the owner's newest commit; 0: it has made none. */
  writtenEnd = 0

  constructor(log: Log, plan: TypePlan, partition: number) {
    this.#log = log
    this.#topic = plan.state
    this.#partition = partition
  }

  earliest(): Promise<number> {
    return this.#log.offsetsAt(this.#topic, this.#partition, 'earliest')
  }

  /**
   * To an end that stood still: what is written while it reads may have what it replaces compacted away before that is read. `looks`: before each look at
   * the end. Throws Unreachable when it cannot be read so far: what is missing would be taken for new.
   */
  async run(start: number, take: (record: LogRecord) => void, looks: () => void = () => {}): Promise<void> {
    let least = 0
    const latest = (): Promise<number> => {
      looks()
      // What the looker believes to be written by now must be there.
      least = this.writtenEnd
      return this.#log.offsetsAt(this.#topic, this.#partition, 'latest')
    }
    let from = start
    for (let end = await latest(); from < end; end = await latest()) {
      while (from < end) {
        const range = await this.#log.read(this.#topic, this.#partition, from, end, { recordsMax: RECORDS_MAX, bytesMax: BATCH_BYTES_MAX })
        for (const record of range.records) take(record)
        if (range.to <= from) throw this.#short(from, end)
        from = range.to
      }
    }
    if (from < least) throw this.#short(from, least)
  }

  #short(at: number, end: number): Unreachable {
    return new Unreachable('state/unreachable', `topic ${this.#topic}, partition ${this.#partition} can only be read up to offset ${at} now, and has records up to ${end}`)
  }
}

/** Whose state it is; undefined: the partition's own. */
export function entityIdOf(record: LogRecord): EntityId | undefined {
  const text = record.key === null ? undefined : utf8Decode(record.key)
  return text === undefined ? undefined : parseEntityId(text)
}
