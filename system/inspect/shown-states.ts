// Shown states: a partition's stored states for whoever looks at it without a lease, beside the newest commit that the journal shows.
//
// A cluster shows the partitions of a commit one after the other, for as long as its markers travel: a reader may see the journal's record, and of the state
// topic what was there before. That record's floor is past what its states hold, so that they would be missed for good: an entity would be told as it was
// stored before, and a partition's counts without what came since.
//
// H1. What is told beside a commit are the states of that commit or of later ones, never those before it: until they are shown whoever looks waits, and
//     after WAIT_MS_MAX is told that they are not (Unreachable).
// H2. Only the newest commit's can be hidden: its owner began it when all before it was visible. Of what it wrote, tombstones are removed some time after.
// H3. A log that is read by key shows a commit at once.
// H4. States of another life than the journal that was read are those of topics made anew meanwhile: whoever reads own keys is told so (Unreachable).
// H5. A log that shows less than it said to have shows the rest soon: a cluster may say of a record that it is committed a moment before it is. Who meets that
//     looks again, and after WAIT_MS_MAX is told of it (Hidden).
import { PARTITION_KEY } from '../protocol/ids.ts'
import { Unreachable } from '../protocol/failures.ts'
import { TOMBSTONES_KEPT_MS } from '../protocol/limits.ts'
import type { LogRecord } from '../protocol/record.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { KeyedReads, Log } from '../ports/log.ts'
import type { JournalRecord } from '../partition/journal.ts'
import { Hidden } from '../partition/range-reading.ts'
import { keyedStateStore, partitionState } from '../partition/state-store.ts'
import type { StateStore } from '../partition/state-store.ts'
import type { TypePlan } from '../partition/topology.ts'
import { readStateHeader } from '../partition/states.ts'
import type { OwnKeys, OwnReads } from './own-keys.ts'

/** What it takes to look at a partition. */
export interface Looking {
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
  /** Of looks before, and of those that come after. */
  readonly own?: OwnKeys
}

type Newest = Pick<JournalRecord, 'nowMs' | 'stateFrom' | 'partitionFrom' | 'saved' | 'tombstones'>

const AGAIN_MS = 2
const AGAIN_MS_MAX = 50
/** Markers that travel longer wait for brokers. */
const WAIT_MS_MAX = 5000

/** `keyed`: reads by key of the log, or of what is read of it whole. */
export function shownStates({ log, codec, clock }: Looking, keyed: OwnReads, plan: TypePlan, partition: number): StateStore {
  if (log.keyed !== undefined) return keyedStateStore(keyed, codec, plan, partition)
  let life: string | undefined
  const ofLife: KeyedReads = {
    get: async (...asked) => {
      const found = await keyed.get(...asked)
      for (const record of found) assertOfLife(codec, plan, partition, record, life)
      return found
    },
    armed: (...asked) => keyed.armed(...asked),
  }
  return {
    ...keyedStateStore(ofLife, codec, plan, partition),
    partitionRecord: async (newest) => {
      if (keyed.beside !== undefined) {
        life = newest.life
        keyed.beside(plan.state, partition, life)
      }
      await untilShown(log, clock, plan, partition, newest)
      const [record] = await ofLife.get(plan.state, partition, [PARTITION_KEY])
      const offset = record?.offset ?? -1
      if (newest.partitionFrom > 0 && offset < newest.partitionFrom) throw new Hidden(plan.state, partition, offset + 1, newest.partitionFrom + 1)
      return record === undefined ? undefined : partitionState(codec, record)
    },
  }
}

/** H4. What says of no life whose it is passes. */
function assertOfLife(codec: Codec, plan: TypePlan, partition: number, record: LogRecord | undefined, life: string | undefined): void {
  const of = record === undefined || life === undefined ? undefined : readStateHeader(codec, record)?.life
  if (of !== undefined && of !== life) throw new Unreachable('log/unreachable', `topic ${plan.state}, partition ${partition}, offset ${record?.offset}: a state of life ${of} of the partition, beside a journal of life ${life}`)
}

/** H5. `look`: may be made again. */
export async function onceShown<T>(clock: Clock, look: () => Promise<T>): Promise<T> {
  const untilMs = clock.monotonicMs() + WAIT_MS_MAX
  for (let againMs = AGAIN_MS; ; againMs = Math.min(AGAIN_MS_MAX, againMs * 2)) {
    try {
      return await look()
    } catch (thrown) {
      if (!(thrown instanceof Hidden) || clock.monotonicMs() >= untilMs) throw thrown
      await clock.sleep(againMs)
    }
  }
}

/** H1. */
export async function untilShown(log: Log, clock: Clock, plan: TypePlan, partition: number, newest: Newest): Promise<void> {
  if (log.keyed !== undefined) return
  const untilMs = clock.monotonicMs() + WAIT_MS_MAX
  for (let againMs = AGAIN_MS; ; againMs = Math.min(AGAIN_MS_MAX, againMs * 2)) {
    const end = await log.offsetsAt(plan.state, partition, 'latest')
    if (await showsStates(log, clock, plan, partition, newest, end)) return
    if (clock.monotonicMs() >= untilMs) throw new Hidden(plan.state, partition, end, Math.max(end, newest.stateFrom) + 1)
    await clock.sleep(againMs)
  }
}

/** Whether a state topic that ends here holds what the newest commit wrote (H2). */
export async function showsStates(log: Log, clock: Clock, plan: TypePlan, partition: number, { nowMs, stateFrom, partitionFrom, saved, tombstones }: Newest, end: number): Promise<boolean> {
  const hasStates = saved.length > 0 && (tombstones?.length === 0 || clock.nowMs() - nowMs <= TOMBSTONES_KEPT_MS)
  const hasPartition = partitionFrom > 0 && partitionFrom === stateFrom
  if (!hasStates && !hasPartition) return end >= stateFrom
  for (let at = stateFrom; at < end;) {
    const { records, to } = await log.read(plan.state, partition, at, end, { recordsMax: 1, bytesMax: 256 << 10 })
    if (records.length > 0) return true
    if (to <= at) return false
    at = to
  }
  return false
}
