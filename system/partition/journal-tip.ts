// JournalTip: the end of a partition's journal while nothing is folded yet: lease, suspect and park records of an acquisition.
//
// Owns: seq, time and end of the journal between fencing and going live. `commit.ts` goes on from there.
//
// J1. Seqs follow each other without gaps. J3. After any outcome but `done` nothing of this object may be used again.
import { ISOLATE_ATTEMPTS } from '../protocol/limits.ts'
import { CLEAN_COMMITS } from '../protocol/limits.ts'
import type { OutRecord } from '../protocol/record.ts'
import type { CommitOutcome, Lease } from '../ports/log.ts'
import type { PartitionDeps } from './deps.ts'
import { encodeJournal, encodeMetadata } from './journal.ts'
import type { JournalKind, JournalRecord, ParkedChange, Verdict } from './journal.ts'
import type { Suspects } from './suspicion.ts'

/** What of a record differs from the one before it. */
export interface TipChange {
  readonly kind: Extract<JournalKind, 'lease' | 'suspect' | 'park'>
  readonly suspects: Suspects
  readonly verdicts?: readonly Verdict[]
  readonly parked?: readonly ParkedChange[]
  readonly saved?: readonly number[]
  /** Written before the journal record. */
  readonly records?: readonly OutRecord[]
  /** Among `records` is a new partition record. */
  readonly hasPartition?: boolean
}

/** A commit that was not done: what the owner must do about it. */
export class TipBroken extends TypeError {
  override readonly name = 'TipBroken'
  readonly outcome: Exclude<CommitOutcome, { readonly kind: 'done' }>
  constructor(outcome: Exclude<CommitOutcome, { readonly kind: 'done' }>) {
    super(`a journal record was not committed: ${outcome.kind}${'reason' in outcome ? `: ${outcome.reason}` : ''}`)
    this.outcome = outcome
  }
}

export class JournalTip {
  readonly #deps: PartitionDeps
  readonly #lease: Lease
  /** Written by this object, in order. */
  readonly written: { readonly seq: number; readonly offset: number }[] = []
  #last: JournalRecord
  #end: number

  /** `last`: the newest record, or what the first ever starts from. */
  constructor(deps: PartitionDeps, lease: Lease, last: JournalRecord, end: number) {
    this.#deps = deps
    this.#lease = lease
    this.#last = last
    this.#end = end
  }

  get last(): JournalRecord {
    return this.#last
  }

  /** End of the journal topic. */
  get end(): number {
    return this.#end
  }

  /** Commits one more record. Throws TipBroken when that is not done. */
  async write(change: TipChange): Promise<void> {
    const { log, plan, codec, clock } = this.#deps
    const { partition } = this.#lease
    const stateFrom = await log.offsetsAt(plan.state, partition, 'latest')
    const record = this.#record(change, Math.max(clock.nowMs(), this.#last.nowMs), stateFrom)
    const own: OutRecord = { topic: plan.journal, partition, key: null, value: encodeJournal(codec, record), headers: [], timestampMs: record.nowMs }
    const metadata = encodeMetadata({ life: record.life, seq: record.seq, journalFrom: this.#end, floorOffset: record.floor.offset })
    const outcome = await this.#lease.commit({ records: [...(change.records ?? []), own], positions: record.positions, metadata })
    if (outcome.kind !== 'done') throw new TipBroken(outcome)
    this.#end = outcome.end.get(plan.journal) ?? this.#end + 1
    this.#last = record
    this.written.push({ seq: record.seq, offset: this.#end - 1 })
  }

  #record({ kind, suspects, verdicts = [], parked = [], saved = [], hasPartition = false }: TipChange, nowMs: number, stateFrom: number): JournalRecord {
    const { plan } = this.#deps
    const isLease = kind === 'lease'
    return {
      ...this.#last, kind, seq: this.#last.seq + 1, epoch: this.#last.epoch + (isLease ? 1 : 0), nowMs, ...suspects, verdicts, parked, saved, stateFrom,
      code: plan.code, owner: this.#lease.owner, batches: isLease ? 0 : this.#last.batches, partitionFrom: hasPartition ? stateFrom : this.#last.partitionFrom,
      inputs: [], timers: [], watermarks: undefined, cut: undefined, decisions: [], choices: [], drops: new Map(), occupancy: new Map(), hash: 0, tombstones: [],
      models: isLease ? plan.models : undefined,
    }
  }
}

/** Leases in a row whose owners died, with the next one. `isAlive`: whoever had the partition last lives, it only lost it or begins again. */
export function attemptsAfter(last: JournalRecord | undefined, isAlive: boolean): number {
  if (last === undefined) return 1
  const standing = standingAttempts(last)
  return standing === 0 ? 1 : standing + (isAlive ? 0 : 1)
}

/** Leases in a row that count when their owner, the writer of the newest record, dies; 0: it released the partition, or ran cleanly. */
export function standingAttempts({ kind, attempts, batches }: JournalRecord): number {
  return kind === 'release' || batches >= CLEAN_COMMITS ? 0 : attempts
}

export const isIsolated = (attempts: number): boolean => attempts >= ISOLATE_ATTEMPTS
