// Growth: a topic that gets another number of partitions while a group reads it.
//
// Owns: the looks at the topics. A key of a grown topic may belong to another partition than before, where its entity has no state (I3, I5): the group
// stops, it never goes on with another mapping.
import type { Clock } from '../ports/clock.ts'

export interface GrowthWatch {
  readonly group: string
  readonly clock: Clock
  readonly everyMs: number
  readonly stopped: AbortSignal
  /** Partitions by topic, as they are now; a look that throws is made again. */
  look(): Promise<Readonly<Record<string, number>>>
}

/** Resolves with the reason, and what to do, when a topic has other than `partitions`; with undefined when it was stopped before. */
export async function grown({ group, clock, everyMs, stopped, look }: GrowthWatch, partitions: number): Promise<string | undefined> {
  while (!stopped.aborted) {
    await clock.sleep(everyMs, stopped)
    const counts = stopped.aborted ? {} : await look().catch(() => ({}))
    // None: it is not known just now.
    const found = Object.entries(counts).find(([, count]) => count !== partitions && count !== 0)
    if (found === undefined) continue
    const [topic, count] = found
    return `topic ${topic} has ${count} partitions now, and had ${partitions} when ${group} began: keys would go to partitions where their entities have no state. ${group} stops reading. Make the topic anew with ${partitions} partitions, or begin anew under another app name with ${count}`
  }
  return undefined
}
