// Health: what can be wrong with the durable data of a partition, looked at from outside. Commits nothing, replays nothing.
import { deadLetterTopic, inputCauses } from '../protocol/ids.ts'
import { OperationError } from '../protocol/failures.ts'
import { equalBytes } from '../protocol/utf8.ts'
import { PARTITION_KEY } from '../protocol/ids.ts'
import type { Codec } from '../ports/codec.ts'
import type { Committed, Log } from '../ports/log.ts'
import { disagreementOf } from '../partition/acquisition.ts'
import { inputRefs } from '../partition/arrivals.ts'
import type { JournalRecord, Suspect } from '../partition/journal.ts'
import { isIsolated, standingAttempts } from '../partition/journal-tip.ts'
import { addParked, journalRecords, lastRecord } from '../partition/survey.ts'
import { durableState, partitionState } from '../partition/state-store.ts'
import type { TypePlan } from '../partition/topology.ts'
import { recordsIn } from './topic-records.ts'

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
  /** Entities that stand still; their events are put aside. */
  readonly parked: number
  /** Leases in a row whose owners died early, with the newest one; 0: that was released or ran cleanly, or none ever was. */
  readonly attempts: number
  /** Its owner takes one input at a time. */
  readonly isIsolated: boolean
  /** What was named before it ran and is not known to have gone well: a cause (I2), or `fold <seq>` with or without an entity; and how often in a row. */
  readonly suspect: Suspect | undefined
  /** What is wrong, each with its cure; empty: healthy. */
  readonly problems: readonly string[]
}

/** `committed`: positions and metadata of the group, where the log can tell them without a lease. */
export async function partitionHealth(log: Log, codec: Codec, plan: TypePlan, partition: number, committed: () => Promise<Committed | null>): Promise<PartitionHealth> {
  const problems: string[] = []
  const last = await newest(log, codec, plan, partition, committed, problems)
  const changes = last === undefined ? [] : await checkTail(log, codec, plan, partition, last, problems)
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
  const { states, own } = await damagedStates(log, codec, plan, partition, problems)
  const attempts = last === undefined ? 0 : standingAttempts(last)
  const parked = new Map(own?.record.parked)
  for (const change of changes) if (change.seq > (own?.seq ?? -1)) addParked(parked, change)
  return {
    type: plan.definition.name, partition, seq: last?.seq, epoch: last?.epoch ?? 0, floorDistance: last === undefined ? 0 : last.seq - last.floor.seq,
    lag, deadLetters, states, isReleased: last?.kind === 'release', parked: parked.size, attempts, isIsolated: isIsolated(attempts),
    suspect: last?.suspect === undefined ? undefined : { cause: causeOf(plan, partition, last.suspect.cause), times: last.suspect.times }, problems,
  }
}

/** Inputs are journalled by the number of their topic. */
function causeOf(plan: TypePlan, partition: number, cause: string): string {
  const topic = plan.inputs.find((name) => cause.startsWith(inputRefs(plan.inputs, name)))
  return topic === undefined ? cause : `${inputCauses(topic, partition)}${cause.slice(cause.indexOf(':') + 1)}`
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
  return last
}

type ParkedChanges = Pick<JournalRecord, 'seq' | 'parked'>

/** The journal must be whole from the floor on: that is what a recovery reads. Answers what it says about parked entities. */
async function checkTail(log: Log, codec: Codec, plan: TypePlan, partition: number, last: JournalRecord, problems: string[]): Promise<readonly ParkedChanges[]> {
  const changes: ParkedChanges[] = []
  const start = await log.offsetsAt(plan.journal, partition, 'earliest')
  if (start > last.floor.offset) problems.push(`the journal begins at offset ${start}, a recovery needs it from ${last.floor.offset}. Restore the data from a backup.`)
  let before: number | undefined
  try {
    for await (const { record } of journalRecords(log, codec, plan, partition, Math.max(start, last.floor.offset), await log.offsetsAt(plan.journal, partition, 'latest'))) {
      if (before !== undefined && record.seq !== before + 1) problems.push(`the journal misses the records ${before + 1}..${record.seq - 1}. Restore the data from a backup.`)
      before = record.seq
      if (record.parked.length > 0) changes.push({ seq: record.seq, parked: record.parked })
    }
  } catch (thrown) {
    problems.push(thrown instanceof TypeError ? thrown.message : String(thrown))
  }
  return changes
}

type OwnRecord = ReturnType<typeof partitionState>

/** Counts the stored states and complains about those that fail their checksum. Answers the partition's own record too. */
async function damagedStates(log: Log, codec: Codec, plan: TypePlan, partition: number, problems: string[]): Promise<{ readonly states: number; readonly own: OwnRecord }> {
  let states = 0
  let own: OwnRecord
  for await (const record of recordsIn(log, plan.state, partition)) {
    if (record.value === null || record.key === null) continue
    if (equalBytes(record.key, PARTITION_KEY)) {
      own = partitionState(codec, record)
      if (own === undefined) problems.push(`topic ${plan.state}, offset ${record.offset}: the partition record cannot be read. Restore the data from a backup.`)
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
  return { states, own }
}
