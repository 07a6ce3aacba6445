// Health: what can be wrong with the durable data of a partition, looked at from outside. Commits nothing, replays nothing.
import { deadLetterTopic } from '../protocol/ids.ts'
import { OperationError } from '../protocol/failures.ts'
import { equalBytes } from '../protocol/utf8.ts'
import { PARTITION_KEY } from '../protocol/ids.ts'
import type { Codec } from '../ports/codec.ts'
import type { Committed, Log } from '../ports/log.ts'
import { disagreementOf } from '../partition/acquisition.ts'
import type { JournalRecord } from '../partition/journal.ts'
import { journalRecords, lastRecord } from '../partition/survey.ts'
import { durableState, partitionState } from '../partition/state-store.ts'
import type { TypePlan } from '../partition/topology.ts'

export interface PartitionHealth {
  readonly type: string
  readonly partition: number
  /** Newest journal record; undefined: the partition never ran. */
  readonly seq: number | undefined
  readonly epoch: number
  /** Commits that a recovery would fold. */
  readonly floorDistance: number
  /** Records behind the end of its inputs. */
  readonly lag: number
  readonly deadLetters: number
  readonly states: number
  readonly isReleased: boolean
  /** What is wrong, each with its cure; empty: healthy. */
  readonly problems: readonly string[]
}

const READ = { recordsMax: 1000, bytesMax: 8 << 20 }

/** `committed`: positions and metadata of the group, where the log can tell them without a lease. */
export async function partitionHealth(log: Log, codec: Codec, plan: TypePlan, partition: number, committed: () => Promise<Committed | null>): Promise<PartitionHealth> {
  const problems: string[] = []
  const last = await newest(log, codec, plan, partition, committed, problems)
  let lag = 0
  let deadLetters = 0
  for (const topic of plan.inputs) {
    const end = await log.offsetsAt(topic, partition, 'latest')
    const start = await log.offsetsAt(topic, partition, 'earliest')
    const next = last?.positions.get(topic) ?? start
    lag += Math.max(0, end - next)
    if (next > end) problems.push(`topic ${topic} ends at ${end}, before the committed position ${next}: records are missing. Restore the data from a backup.`)
    if (next < start) problems.push(`topic ${topic} begins at ${start}, after the committed position ${next}: unread records have expired. Lengthen its retention.`)
    const letters = deadLetterTopic(topic)
    deadLetters += (await log.offsetsAt(letters, partition, 'latest')) - (await log.offsetsAt(letters, partition, 'earliest'))
  }
  const states = await damagedStates(log, codec, plan, partition, problems)
  return {
    type: plan.definition.name, partition, seq: last?.seq, epoch: last?.epoch ?? 0, floorDistance: last === undefined ? 0 : last.seq - last.floor.seq,
    lag, deadLetters, states, isReleased: last?.kind === 'release', problems,
  }
}

async function newest(log: Log, codec: Codec, plan: TypePlan, partition: number, committed: () => Promise<Committed | null>, problems: string[]): Promise<JournalRecord | undefined> {
  // A running owner commits between two reads: what agrees at one moment is sound.
  let last: JournalRecord | undefined
  let complaint: string | undefined
  for (let look = 0; look < 5; look += 1) {
    try {
      last = await lastRecord(log, codec, plan, partition, await log.offsetsAt(plan.journal, partition, 'latest'))
    } catch (thrown) {
      problems.push(thrown instanceof TypeError ? thrown.message : String(thrown))
      return undefined
    }
    const disagreement = disagreementOf(plan.group, partition, await committed(), last)
    complaint = disagreement !== undefined && 'reason' in disagreement ? disagreement.reason : undefined
    if (complaint === undefined) break
  }
  if (complaint !== undefined) problems.push(complaint)
  if (last !== undefined) await checkFloor(log, codec, plan, partition, last, problems)
  return last
}

/** The journal must be whole from the floor on: that is what a recovery reads. */
async function checkFloor(log: Log, codec: Codec, plan: TypePlan, partition: number, last: JournalRecord, problems: string[]): Promise<void> {
  const start = await log.offsetsAt(plan.journal, partition, 'earliest')
  if (start > last.floor.offset) problems.push(`the journal begins at offset ${start}, a recovery needs it from ${last.floor.offset}. Restore the data from a backup.`)
  let before: number | undefined
  try {
    for await (const { record } of journalRecords(log, codec, plan, partition, Math.max(start, last.floor.offset), await log.offsetsAt(plan.journal, partition, 'latest'))) {
      if (before !== undefined && record.seq !== before + 1) problems.push(`the journal misses the records ${before + 1}..${record.seq - 1}. Restore the data from a backup.`)
      before = record.seq
    }
  } catch (thrown) {
    problems.push(thrown instanceof TypeError ? thrown.message : String(thrown))
  }
}

/** Counts the stored states and complains about those that fail their checksum. */
async function damagedStates(log: Log, codec: Codec, plan: TypePlan, partition: number, problems: string[]): Promise<number> {
  let states = 0
  const end = await log.offsetsAt(plan.state, partition, 'latest')
  for (let at = await log.offsetsAt(plan.state, partition, 'earliest'); at < end;) {
    const range = await log.read(plan.state, partition, at, end, READ)
    for (const record of range.records) {
      if (record.value === null || record.key === null) continue
      if (equalBytes(record.key, PARTITION_KEY)) {
        if (partitionState(codec, record) === undefined) problems.push(`topic ${plan.state}, offset ${record.offset}: the partition record cannot be read. Restore the data from a backup.`)
        continue
      }
      states += 1
      try {
        durableState(codec, plan, partition, record, record.value)
      } catch (thrown) {
        if (!(thrown instanceof OperationError)) throw thrown
        problems.push(thrown.message)
      }
    }
    if (range.to <= at) break
    at = range.to
  }
  return states
}
