// History page: the newest of what an entity took, read beside others' work and within a time.
//
// G1. What is told is what a whole replay would tell, whether it was read from the entity's newest stored state on or from the beginning.
// G2. Whether there is more, and why it is not told, is said: nothing is left out in silence.
import { InvariantBroken } from '../protocol/assert.ts'
import { OperationError } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { TypePlan } from '../partition/topology.ts'
import { historyOf, newestHistoryOf } from './history.ts'
import type { History, HistoryEntry, HistoryPlace } from './history.ts'
import { OutOfTime, patientLog } from './patient-log.ts'
import type { Patience } from './patient-log.ts'

/** What stands before the oldest entry of a page: nothing; more; what is not kept any more; or what could not be read in time. */
export type Older = 'none' | 'more' | 'gone' | 'unread'

export interface HistoryPage {
  readonly type: string
  readonly id: string
  /** Where the page was read up to. */
  readonly at: { readonly partition: number; readonly life: string; readonly epoch: number; readonly seq: number }
  /** Newest first. */
  readonly entries: readonly HistoryEntry[]
  /** What vectors hold, in order, by the hash of the model; of the models that the system brings. */
  readonly inputs: ReadonlyMap<string, readonly string[]>
  readonly older: Older
  /** Of 'gone' and 'unread'; '' otherwise. */
  readonly reason: string
}

export interface HistoryAsked extends Patience {
  readonly entriesMax: number
  /** Only what came before it. */
  readonly before?: HistoryPlace | undefined
  /** Only what a model decided about. */
  readonly isDecided?: boolean | undefined
}

/** Throws OperationError and OutOfTime where nothing can be told. */
export async function historyPage(log: Log, codec: Codec, clock: Clock, plan: TypePlan, id: EntityId, { entriesMax, before, isDecided, ...patience }: HistoryAsked): Promise<HistoryPage> {
  const patient = patientLog(log, clock, patience)
  const range = { entriesMax, before, isDecided }
  const newest = await inTime(newestHistoryOf({ log: patient, codec, clock }, plan, id, range).catch(endedMeanwhile))
  if (newest.kind === 'history' && newest.history.left > 0) return pageOf(plan, newest.history, 'more', '')
  const whole = await inTime(historyOf(patient, codec, plan, id, range))
  if (whole.kind === 'history') return pageOf(plan, whole.history, whole.history.left > 0 ? 'more' : 'none', '')
  if (newest.kind === 'history') return pageOf(plan, newest.history, whole.kind, whole.reason)
  throw whole.kind === 'unread' ? new OutOfTime(whole.reason) : new OperationError('history-gone', whole.reason)
}

type Read = { readonly kind: 'history'; readonly history: History } | { readonly kind: 'gone' | 'unread'; readonly reason: string }

async function inTime(reading: Promise<History>): Promise<Read> {
  try {
    return { kind: 'history', history: await reading }
  } catch (thrown) {
    if (thrown instanceof OutOfTime) return { kind: 'unread', reason: thrown.message }
    if (thrown instanceof OperationError && thrown.code === 'history-gone') return { kind: 'gone', reason: thrown.message }
    throw thrown
  }
}

/** States are read after the journal: the entity's may be gone by then. */
function endedMeanwhile(thrown: unknown): never {
  throw thrown instanceof InvariantBroken ? new OutOfTime('the entity came to its end while it was read') : thrown
}

function pageOf({ modelInputs }: TypePlan, { type, id, partition, life, epoch, seq, entries }: History, older: Older, reason: string): HistoryPage {
  return { type, id, at: { partition, life, epoch, seq }, entries: [...entries].reverse(), inputs: modelInputs, older, reason }
}
