// Look of a partition: how far it is, what it waits for, how many of its entities are in which state.
import type { Log } from '../ports/log.ts'
import type { Partition } from '../partition/partition.ts'
import type { PartitionParts } from '../partition/parts.ts'
import type { TypePlan } from '../partition/topology.ts'

export interface PartitionLook {
  readonly type: string
  readonly partition: number
  /** State of the partition's life; 'absent' before it is assigned, 'elsewhere' where another process of the cluster may have it. */
  readonly state: string
  readonly reason: string
  /** Records behind the end of its sources, and of its inbox. */
  readonly sourceLag: number
  readonly inboxLag: number
  /** Sum of its positions: grows with every input consumed. */
  readonly consumed: number
  /** Undefined: the type has no watermark. */
  readonly watermarkMs: number | undefined
  /** Something is due by the watermark and has not run. */
  readonly isDue: boolean
  readonly waitingFor: readonly string[]
}

export function absentLook(type: string, partition: number, reason = ''): PartitionLook {
  return { type, partition, state: 'absent', reason, sourceLag: 0, inboxLag: 0, consumed: 0, watermarkMs: undefined, isDue: false, waitingFor: [] }
}

export async function lookAtPartition(log: Log, plan: TypePlan, index: number, partition: Partition | undefined): Promise<PartitionLook> {
  const look = { ...absentLook(plan.definition.name, index), state: partition?.state ?? 'absent', reason: partition?.reason ?? '' }
  const parts = partition?.live?.parts
  if (parts === undefined) return look
  // The position first: what is committed meanwhile shows as lag, never as too little of it.
  const lag = await lagOf(log, plan, index, positionsOf(plan, parts))
  return { ...look, ...lag, ...eventTimeOf(parts) }
}

export const positionsOf = (plan: TypePlan, { position }: PartitionParts): ReadonlyMap<string, number> => new Map(plan.inputs.map((topic) => [topic, position.of(topic)]))

export function eventTimeOf({ memory: { watermarks, entities } }: PartitionParts): Pick<PartitionLook, 'watermarkMs' | 'isDue' | 'waitingFor'> {
  const due = entities.eventDues.peek()
  return {
    watermarkMs: watermarks?.currentMs,
    isDue: watermarks !== undefined && due !== undefined && due.dueMs < watermarks.currentMs,
    waitingFor: watermarks?.waitingFor() ?? [],
  }
}

export async function lagOf(log: Log, plan: TypePlan, partition: number, positions: ReadonlyMap<string, number>): Promise<Pick<PartitionLook, 'sourceLag' | 'inboxLag' | 'consumed'>> {
  const sum = { sourceLag: 0, inboxLag: 0, consumed: 0 }
  await Promise.all(plan.inputs.map(async (topic) => {
    const next = positions.get(topic) ?? (await log.offsetsAt(topic, partition, 'earliest'))
    const behind = (await log.offsetsAt(topic, partition, 'latest')) - next
    sum.consumed += next
    sum[topic === plan.inbox ? 'inboxLag' : 'sourceLag'] += behind
  }))
  return sum
}
