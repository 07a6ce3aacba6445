// Revival: whether every partition is at work since the start of a process, or since one of its threads was replaced.
import type { Look } from '../../../adapters/node/look.ts'
import type { BatchEvent, PartitionEvent } from '../../../system/ports/telemetry.ts'

export class Revival {
  /** Partitions that have committed a batch since they went live. */
  readonly #committed = new Set<string>()
  #batchAtMs = performance.now()

  /** Everything must show again that it is at work. */
  begin(): void {
    this.#committed.clear()
  }

  batch({ group, partition }: BatchEvent): void {
    this.#committed.add(`${group}/${partition}`)
    this.#batchAtMs = performance.now()
  }

  partition({ group, partition, state }: PartitionEvent): void {
    if (state !== 'live') this.#committed.delete(`${group}/${partition}`)
  }

  /** Every partition is live, and has committed or has nothing behind. */
  isComplete(app: string, look: Look): boolean {
    return look.partitions.every(({ type, partition, state, sourceLag, inboxLag }) => state === 'live' && (sourceLag + inboxLag === 0 || this.#committed.has(`${app}.${type}/${partition}`)))
  }

  /** How long no partition has committed a batch. */
  get quietMs(): number {
    return performance.now() - this.#batchAtMs
  }
}
