// Load: W1's events into a topic, each at its time.
import type { Log } from '../../../system/ports/log.ts'
import type { Workload } from '../w1/events.ts'
import { loadWorkload, recordOf } from '../w1/load.ts'

const TICK_MS = 25

/** Events at their time, whatever becomes of them. */
export class Load {
  readonly #log: Log
  readonly #workload: Workload
  readonly #topic: string
  readonly #seqs: Uint32Array
  #next = 0
  #timer: NodeJS.Timeout | undefined

  constructor(log: Log, workload: Workload, topic: string) {
    this.#log = log
    this.#workload = workload
    this.#topic = topic
    this.#seqs = new Uint32Array(workload.accounts)
  }

  /** Every account once. */
  async fill(): Promise<void> {
    const { accounts } = this.#workload
    await loadWorkload(this.#log, { ...this.#workload, events: accounts }, this.#topic)
    this.#seqs.fill(1)
    this.#next = accounts
  }

  start(perSecond: number): void {
    const fromMs = Date.now()
    let sent = 0
    this.#timer = setInterval(() => {
      const due = Math.floor(((Date.now() - fromMs) / 1000) * perSecond)
      const records = Array.from({ length: due - sent }, () => ({ ...recordOf(this.#workload, this.#next++, this.#seqs), topic: this.#topic }))
      sent = due
      void this.#log.append(records)
    }, TICK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
