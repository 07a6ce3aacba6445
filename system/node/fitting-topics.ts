// The topics of a system, made where they are missing, and judged where they exist.
import { OperationError } from '../protocol/failures.ts'
import type { Log } from '../ports/log.ts'
import { retentionProblems } from '../partition/retention.ts'
import { topicNeeds } from '../partition/topic-kinds.ts'
import { topicSpecs } from '../partition/topology.ts'
import type { TypePlan } from '../partition/topology.ts'

const RETENTION_CURE = 'Lengthen it before the system runs (statelog doctor shows how): what expires above the floor cannot be recovered.'

/**
 * Throws `topics/misfit` when a topic is cut or cleaned otherwise than the system needs, `topics/retention` when one may lose what a recovery needs.
 * `where` goes before each complaint. Answers the topics whose keeping could not be seen.
 */
export async function ensureFittingTopics(log: Log, plans: ReadonlyMap<string, TypePlan>, where = ''): Promise<readonly string[]> {
  const misfits = await log.ensureTopics(topicSpecs(plans))
  if (misfits.length > 0) throw new OperationError('topics/misfit', misfits.map(({ topic, reason }) => `${where}topic ${topic}: ${reason}`).join('\n'))
  if (log.keeping === undefined) return []
  const needs = topicNeeds(plans)
  const { topics } = await log.keeping(needs.map(({ topic }) => topic))
  const problems = retentionProblems(needs, topics)
  if (problems.length > 0) throw new OperationError('topics/retention', [...problems.map(({ topic, reason }) => `${where}topic ${topic}: ${reason}`), RETENTION_CURE].join('\n'))
  const seen = new Set(topics.map(({ topic }) => topic))
  return needs.map(({ topic }) => topic).filter((topic) => !seen.has(topic))
}
