// Feeder: the input of a run, from its seed, as fast as it is consumed and no faster than its faults need.
import { setTimeout as sleep } from 'node:timers/promises'
import type { CommittedLog } from '../../adapters/node/look.ts'
import type { OutRecord } from '../../system/protocol/record.ts'
import { outRecord } from '../support/chaos/feed.ts'
import type { Progress } from '../support/chaos/progress.ts'
import { sourceRecords } from '../support/chaos/sources.ts'

export interface FeederOptions {
  readonly log: CommittedLog
  readonly progress: Progress
  readonly seed: number
  readonly inputs: number
  readonly partitions: number
}

const CHUNK = 100
const CHUNK_MS = 110
/** Records that may be left before more are fed. */
const LAG_MAX = 3000
/** What a broker that dies cuts short is made up for. */
const SPARE = 1.05

/** Of each run. */
const ACCOUNTS = 20_000
const POOLS = 2000

export class Feeder {
  readonly #options: FeederOptions
  readonly #records: readonly OutRecord[]
  /** Records that the log confirmed. */
  fed = 0

  constructor(options: FeederOptions) {
    this.#options = options
    this.#records = sourceRecords({ seed: options.seed, inputs: Math.ceil(options.inputs * SPARE) + CHUNK, accounts: ACCOUNTS, pools: POOLS }).map((record) => outRecord(record, options.partitions))
  }

  /** Resolves when everything was fed, or `over`. */
  async feed(over: AbortSignal): Promise<void> {
    const { log, progress, inputs } = this.#options
    for (let from = 0; from < this.#records.length && this.fed < inputs && !over.aborted; from += CHUNK) {
      while (progress.lag > LAG_MAX && !over.aborted) await sleep(CHUNK_MS)
      const dueMs = performance.now() + CHUNK_MS
      const chunk = this.#records.slice(from, from + Math.min(CHUNK, inputs - this.fed))
      // While a broker is away an append may be cut short: what was written of it counts, as from any producer.
      if ((await log.append(chunk)).kind === 'done') this.fed += chunk.length
      await sleep(Math.max(0, dueMs - performance.now()))
    }
  }
}
