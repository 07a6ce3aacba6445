// Publishing: what everybody else learns of a batch, once it is committed and not before.
//
// P1. First what commands are answered: whoever waits to see memory at rest looks it up (`looks.ts`).
// P2. The rest only when memory rests: who is called here may look at it before the call is over.
import type { Batch } from './batch.ts'
import type { PartitionDeps } from './deps.ts'
import type { Memory } from './memory.ts'

export interface CommittedBatch {
  readonly batch: Batch
  /** Arrivals left for the next batch. */
  readonly behind: number
  readonly outputs: number
  readonly commitMs: number
  readonly cycleMs: number
}

/** P1. */
export function reply({ onReplies }: PartitionDeps, { replies }: Batch): void {
  if (replies.length > 0) onReplies(replies)
}

/** P2. */
export function publish({ telemetry, plan, onTasks, onCommitted }: PartitionDeps, memory: Memory, partition: number, { batch, behind, outputs, commitMs, cycleMs }: CommittedBatch): void {
  for (const { entity, failure } of batch.deadLetters.filter(({ directive }) => directive === 'park')) telemetry.log('warn', `${plan.group}/${partition}: '${entity}' is parked: ${failure.class}: ${failure.message}`)
  for (const model of batch.activated) telemetry.log('info', `${plan.group}/${partition}: model ${model} is active from seq ${batch.seq} on`)
  for (const entry of batch.logs) telemetry.log('info', `${plan.definition.name}/${entry.entity}: ${entry.label}`, entry.value)
  onCommitted(memory)
  if (batch.taskStarts.length > 0) onTasks(batch.taskStarts)
  const deadLetters = new Map<string, number>()
  for (const { failure } of batch.deadLetters) deadLetters.set(failure.class, (deadLetters.get(failure.class) ?? 0) + 1)
  telemetry.batch({ group: plan.group, partition, seq: batch.seq, inputs: batch.consumed, outputs, deadLetters, drops: batch.drops, decisions: batch.decisions.length, commitMs, cycleMs, lag: behind })
}
