// Settled: when a run of the workload has come to its end: every input consumed, nothing armed that will fire soon.
import type { StatelogNode } from '../../../system/node/node.ts'
import type { Log } from '../../../system/ports/log.ts'
import type { Partition } from '../../../system/partition/partition.ts'

/** Ends of stopped entities that lie further ahead are not waited for. */
const SOON_MS = 3_600_000

export class PartitionOver extends TypeError {
  override readonly name = 'PartitionOver'
}

/** True when the owner of every partition has nothing left to do. Throws when one gave up. */
export async function isSettled(log: Log, types: readonly string[], partitions: number, ownerOf: (type: string, partition: number) => StatelogNode | undefined, nowMs: number): Promise<boolean> {
  for (const type of types) {
    for (let index = 0; index < partitions; index += 1) {
      const partition = ownerOf(type, index)?.partition(type, index)
      if (partition !== undefined && (partition.state === 'failed' || partition.state === 'position-moved')) throw new PartitionOver(`${type}/${index} is ${partition.state}: ${partition.reason}`)
      if (partition === undefined || !(await isAtRest(log, partition, index, nowMs))) return false
    }
  }
  return true
}

async function isAtRest(log: Log, partition: Partition, index: number, nowMs: number): Promise<boolean> {
  const parts = partition.live?.parts
  if (parts === undefined) return false
  const { entities } = parts.memory
  if (entities.eventDues.size > 0 || (entities.clockDues.peek()?.dueMs ?? Infinity) < nowMs + SOON_MS) return false
  for (const [topic, next] of parts.position.next()) if ((await log.offsetsAt(topic, index, 'latest')) > next) return false
  return true
}
