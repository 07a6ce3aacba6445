// Moves: partitions that change their owner and commits that end badly, at random moments of a cluster run.
import type { CommitFault, CommitHook } from '../../../adapters/memory/lease.ts'
import type { Cluster } from './cluster.ts'

export interface MoveCounts {
  readonly told: number
  readonly untold: number
  readonly faults: ReadonlyMap<string, number>
}

export class Moves {
  #told = 0
  #untold = 0
  readonly #faults = new Map<string, number>()
  #nextMs = 0
  #restarts = 0

  get counts(): MoveCounts & { readonly restarts: number } {
    return { told: this.#told, untold: this.#untold, faults: this.#faults, restarts: this.#restarts }
  }

  /** Installs the faults of commits: outcomes that are unknown (applied or not), fenced, refused for good, or just slow. */
  prepare(cluster: Cluster): void {
    const { random, clock } = cluster
    const hook: CommitHook = async ({ batch }) => {
      const pick = random.next()
      if (pick < 0.05) await clock.sleep(random.between(1, 120))
      const fault = faultOf(random.next(), batch.records[0]?.topic)
      if (fault !== undefined) this.#faults.set(fault.name, (this.#faults.get(fault.name) ?? 0) + 1)
      return fault?.fault
    }
    cluster.log.onCommit(hook)
  }

  /** Moves a partition to another node now and then; the old owner may not be told. */
  step(cluster: Cluster): void {
    const { random, clock, log, nodes } = cluster
    if (clock.monotonicMs() < this.#nextMs) return
    this.#nextMs = clock.monotonicMs() + random.between(5, 80)
    const group = random.next() < 0.5 ? 'chaos.account' : 'chaos.pool'
    const partition = random.between(0, 3)
    const told = random.next() < 0.6
    if (told) this.#told += 1
    else this.#untold += 1
    log.move(group, partition, random.between(0, nodes.length - 1), { told })
  }
}

/** Outputs and tells may be refused for good: they belong to an input. */
function faultOf(pick: number, firstTopic: string | undefined): { readonly name: string; readonly fault: CommitFault } | undefined {
  const reason = 'as the test asked'
  if (pick < 0.02) return { name: 'unknown, applied', fault: { kind: 'unknown', applied: true, reason } }
  if (pick < 0.04) return { name: 'unknown, not applied', fault: { kind: 'unknown', applied: false, reason } }
  if (pick < 0.055) return { name: 'fenced', fault: { kind: 'fenced' } }
  const isOutput = firstTopic?.endsWith('-out') === true
  if (pick < 0.075 && isOutput) return { name: 'rejected', fault: { kind: 'rejected', records: [0], reason } }
  return undefined
}
