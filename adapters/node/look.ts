// Look: every partition of a node at one moment: how far it is, what it waits for, how many entities are in which state.
import type { Codec } from '../../system/ports/codec.ts'
import type { Committed, Log, Membership } from '../../system/ports/log.ts'
import { lastRecord } from '../../system/partition/survey.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import type { StatelogNode } from '../../system/node/node.ts'
import { absentLook, lagOf, lookAtPartition } from '../../system/node/partition-look.ts'
import type { PartitionLook } from '../../system/node/partition-look.ts'

/** Known by what its group committed. */
export const ELSEWHERE = 'elsewhere'

/** A log whose groups can be looked at. */
export interface CommittedLog extends Log {
  committed(membership: Membership, partition: number): Promise<Committed | null>
}

export interface Look {
  readonly partitions: readonly PartitionLook[]
  readonly sourceLag: number
  /** Sources and inboxes. */
  readonly lag: number
  /** Actor type -> configuration -> entities. */
  readonly occupancy: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Entities that stand still. */
  readonly parked: number
  /** Why nothing will go on, beyond what a partition says. */
  readonly failure?: string
}

/** One look of several threads' looks: each partition as the thread shows it that has it. `failure`: why nothing will go on; `absence`: why no thread has a partition. */
export function mergedLook(plans: ReadonlyMap<string, TypePlan>, looks: readonly Look[], failure: string | undefined, absence: (group: string, partition: number) => string | undefined): Look {
  const found = new Map(looks.flatMap((look) => look.partitions).filter(({ state }) => state !== 'absent').map((one) => [`${one.type}/${one.partition}`, one]))
  const partitions = [...plans].flatMap(([type, plan]) => Array.from({ length: plan.partitions }, (_, partition) => found.get(`${type}/${partition}`) ?? absentLook(type, partition, absence(plan.group, partition))))
  const occupancy = new Map([...plans.keys()].map((type) => [type, new Map<string, number>()]))
  for (const look of looks) for (const [type, counts] of look.occupancy) for (const [configuration, count] of counts) occupancy.get(type)?.set(configuration, (occupancy.get(type)?.get(configuration) ?? 0) + count)
  const sourceLag = partitions.reduce((sum, one) => sum + one.sourceLag, 0)
  const lag = sourceLag + partitions.reduce((sum, one) => sum + one.inboxLag, 0)
  const parked = looks.reduce((sum, look) => sum + look.parked, 0)
  return { partitions, sourceLag, lag, occupancy, parked, ...(failure === undefined ? {} : { failure }) }
}

export async function lookAt(log: Log, node: Pick<StatelogNode, 'plans' | 'partition'>): Promise<Look> {
  const partitions: PartitionLook[] = []
  const occupancy = new Map<string, Map<string, number>>()
  let parked = 0
  for (const [type, plan] of node.plans) {
    const counts = new Map<string, number>()
    occupancy.set(type, counts)
    const here = Array.from({ length: plan.partitions }, (_, index) => node.partition(type, index))
    partitions.push(...await Promise.all(here.map((partition, index) => lookAtPartition(log, plan, index, partition))))
    for (const partition of here) {
      parked += partition?.live?.parts.memory.parked.size ?? 0
      for (const [configuration, count] of partition?.live?.parts.memory.occupancy ?? []) counts.set(configuration, (counts.get(configuration) ?? 0) + count)
    }
  }
  const sourceLag = partitions.reduce((sum, one) => sum + one.sourceLag, 0)
  return { partitions, sourceLag, lag: sourceLag + partitions.reduce((sum, one) => sum + one.inboxLag, 0), occupancy, parked }
}

/** On a cluster: what this process does not have, as its group committed it. Whether event time has more to do there is not known. */
export async function withElsewhere(look: Look, log: CommittedLog, plans: ReadonlyMap<string, TypePlan>): Promise<Look> {
  const partitions = await Promise.all(look.partitions.map(async (one): Promise<PartitionLook> => {
    const plan = plans.get(one.type)
    if (one.state !== 'absent' || plan === undefined) return one
    const committed = await log.committed({ group: plan.group, topics: plan.inputs, metadataTopic: plan.inbox }, one.partition)
    return { ...one, state: committed === null ? 'absent' : ELSEWHERE, ...(await lagOf(log, plan, one.partition, committed?.positions ?? new Map())) }
  }))
  const sourceLag = partitions.reduce((sum, one) => sum + one.sourceLag, 0)
  return { ...look, partitions, sourceLag, lag: sourceLag + partitions.reduce((sum, one) => sum + one.inboxLag, 0) }
}

/** Records of the sources that no owner has consumed, of a system at rest: what a run has before it begins. */
export async function sourceLagAtRest(log: Log, codec: Codec, plans: ReadonlyMap<string, TypePlan>): Promise<number> {
  let lag = 0
  for (const plan of plans.values()) {
    for (let partition = 0; partition < plan.partitions; partition += 1) {
      const last = await lastRecord(log, codec, plan, partition, await log.offsetsAt(plan.journal, partition, 'latest'))
      for (const { topic } of plan.definition.sources) {
        lag += (await log.offsetsAt(topic, partition, 'latest')) - (last?.positions.get(topic) ?? (await log.offsetsAt(topic, partition, 'earliest')))
      }
    }
  }
  return lag
}
