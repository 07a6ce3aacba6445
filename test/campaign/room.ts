// Room: how many owners may die or lose their partitions before the runtime would rightly blame an input of which the campaign knows that it is
// innocent. One place is taken from the arming of a death until everything has gone on after it: only then does the journal show it.
import type { CommittedLog } from '../../adapters/node/look.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import { deathsLeft } from '../support/chaos/suspects.ts'

const AGAIN_MS = 300

export class Room {
  readonly #log: CommittedLog
  readonly #plans: ReadonlyMap<string, TypePlan>
  #taken = 0

  constructor(log: CommittedLog, plans: ReadonlyMap<string, TypePlan>) {
    this.#log = log
    this.#plans = plans
  }

  async take(): Promise<boolean> {
    this.#taken += 1
    // Brokers may be away: nobody knows then, so nobody dies.
    const left = await deathsLeft(this.#log, this.#plans).catch(() => 0)
    if (this.#taken <= left) return true
    this.#taken -= 1
    return false
  }

  give(): void {
    this.#taken -= 1
  }

  /** False: `signal` came first. */
  async takeWhenFree(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (await this.take()) return true
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
    return false
  }
}
