// Recovery: a partition's memory from the log alone: the newest states, then the journal from the floor.
//
// Owns nothing afterwards. Reads the log and the state store; commits nothing. Used by owners and by readers that own nothing.
//
// V1. The result equals the memory of the owner that made the last commit (I5), whatever the cache says (I6).
// V2. Missing journal records or inputs above the floor stop it with the reason: nothing is guessed.
import { assert } from '../protocol/assert.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { JournalRecord } from './journal.ts'
import { JournalFolder } from './journal-folder.ts'
import type { FolderDeps, Refold } from './journal-folder.ts'
import { emptyMemory } from './memory.ts'
import type { Memory } from './memory.ts'
import { Gone } from './range-reading.ts'
import { turnsOf } from './reach.ts'
import { lastRecord, surveyed } from './survey.ts'
import type { Survey, TailRecord } from './survey.ts'
import { tombstones } from './tombstones.ts'

/** A journal record, and what folding it again took. */
export interface FoldedRecord extends Refold {
  readonly seq: number
  readonly offset: number
}

export interface Recovered {
  readonly kind: 'recovered'
  readonly memory: Memory
  /** The last journal record; undefined: the journal is empty. */
  readonly last: JournalRecord | undefined
  readonly journalEnd: number
  /** Records since the floor: what `snapshots.ts` starts from. */
  readonly folded: readonly FoldedRecord[]
  readonly marks: readonly number[]
  /** Commits whose outputs the code of today does not repeat. */
  readonly rebased: readonly number[]
}

export type Recovery = Recovered | { readonly kind: 'history-gone'; readonly reason: string }

export interface RecoveryDeps extends FolderDeps {
  /** Made already. */
  readonly survey?: Survey
  /** The end of the journal, for whoever wrote its newest record. */
  readonly tip?: JournalEnd
}

/** Bounds of what is read ahead. */
const TOGETHER_RECORDS_MAX = 256
const TOGETHER_INPUTS = 2000

export interface JournalEnd {
  readonly last: JournalRecord | undefined
  readonly end: number
}

/** Rebuilds the memory as of the end of the journal. */
export async function recover(deps: RecoveryDeps): Promise<Recovery> {
  try {
    return (await recoverToGoOn(deps)).recovered
  } catch (thrown) {
    if (thrown instanceof Gone) return { kind: 'history-gone', reason: thrown.message }
    throw thrown
  }
}

/** The same for a reader that goes on folding what comes after. `folder` is undefined while the journal is empty. Throws Gone. */
export async function recoverToGoOn(deps: RecoveryDeps): Promise<{ readonly recovered: Recovered; readonly folder: JournalFolder | undefined }> {
  const { log, plan, partition, states, watch } = deps
  const memory = emptyMemory(plan, partition)
  const { last, end: journalEnd } = deps.tip ?? await foundTip(deps)
  if (last === undefined) return { recovered: { kind: 'recovered', memory, last, journalEnd, folded: [], marks: [], rebased: [] }, folder: undefined }
  const fromStart = deps.fromStart === true
  const survey = deps.survey ?? await surveyed(deps, states, last, journalEnd, fromStart)
  for (const [configuration, count] of survey.occupancy) memory.occupancy.set(configuration, count)
  for (const [id, entry] of survey.parked) memory.parked.set(id, entry)
  memory.life = last.life
  // Expectations stand before the first load: they need only the records' `saved` lists.
  states.expect(last.life, survey.marks, survey.starts)
  const armed = fromStart ? [] : [...(await states.armed())].filter(({ dues }) => watch === undefined || dues[0]?.entity === watch.entity).sort((a, b) => a.seq - b.seq)
  const stateEnd = fromStart ? 0 : await log.offsetsAt(plan.state, partition, 'latest')
  const gone = fromStart ? new Map<EntityId, number>() : await tombstones(deps, survey, stateEnd)
  const folder = new JournalFolder(deps, memory, { armed, gone, stateEnd, firstSeq: fromStart ? 0 : last.floor.seq, unfolded: survey.unfolded })
  const folded: FoldedRecord[] = []
  for await (const entries of together(survey.tail())) {
    await folder.prepare(entries.map(({ record }) => record))
    for (const { record, offset } of entries) folded.push({ seq: record.seq, offset, ...await folder.fold(record) })
  }
  assert(memory.seq === last.seq, `J1: recovered up to ${memory.seq}, the journal ends at ${last.seq}`)
  folder.finish()
  return { recovered: { kind: 'recovered', memory, last, journalEnd, folded, marks: survey.marks, rebased: folder.rebased }, folder }
}

/** Records whose states are loaded together. */
async function* together(tail: AsyncIterable<TailRecord>): AsyncGenerator<readonly TailRecord[]> {
  let entries: TailRecord[] = []
  let inputs = 0
  for await (const entry of tail) {
    entries.push(entry)
    inputs += turnsOf(entry.record.inputs, 0)
    if (entries.length < TOGETHER_RECORDS_MAX && inputs < TOGETHER_INPUTS) continue
    yield entries
    entries = []
    inputs = 0
  }
  if (entries.length > 0) yield entries
}

async function foundTip({ log, codec, plan, partition }: RecoveryDeps): Promise<JournalEnd> {
  const end = await log.offsetsAt(plan.journal, partition, 'latest')
  return { end, last: await lastRecord(log, codec, plan, partition, end) }
}
