// Types: what a gateway says of the actor types that it knows.
import type { TypePlan } from '../partition/topology.ts'
import { OperationError } from '../protocol/failures.ts'
import type { TypeSummary } from './gateway.ts'

export type Plans = ReadonlyMap<string, TypePlan>

export function typeSummaries(plans: Plans): readonly TypeSummary[] {
  return [...plans].map(([type, { definition, code, partitions }]) => ({ type, version: definition.version, code, partitions, sources: definition.sources.map(({ topic }) => topic) }))
}

/** Throws OperationError. */
export function planNamed(plans: Plans, type: string): TypePlan {
  const plan = plans.get(type)
  if (plan === undefined) throw new OperationError('gateway/type', `there is no actor type '${type}'. Types: ${[...plans.keys()].join(', ')}.`)
  return plan
}

/** Asks for every partition of a type at once. */
export const ofAll = <T>({ partitions }: TypePlan, ask: (partition: number) => Promise<T>): Promise<readonly T[]> => Promise.all(Array.from({ length: partitions }, (_, partition) => ask(partition)))
