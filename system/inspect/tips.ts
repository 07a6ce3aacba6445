// Tips: how partitions stand at the ends of their journals: the newest record, and entities by state, read on from where they were read last.
//
// Owns: what was seen of each partition. Reads beside whoever runs them, and folds nothing.
//
// E1. What is told of a partition is that of one commit (I12), and never goes back.
// E2. A partition is read by one reader at a time. Who comes while one reads shares the next, which reads what is new: each sees what was committed before it asked.
import { OperationError } from '../protocol/failures.ts'
import type { EntityId } from '../protocol/ids.ts'
import type { Log } from '../ports/log.ts'
import type { JournalRecord } from '../partition/journal.ts'
import { Gone } from '../partition/range-reading.ts'
import type { ParkedEntry } from '../partition/states.ts'
import { addCounts, addParked, journalRecords, lastRecord, surveyed } from '../partition/survey.ts'
import type { TypePlan } from '../partition/topology.ts'
import { patientLog } from './patient-log.ts'
import { OwnKeys } from './own-keys.ts'
import { SharedTurns } from './shared-turns.ts'
import { onceShown, shownStates } from './shown-states.ts'
import type { Looking } from './shown-states.ts'

export interface Tip {
  /** Newest journal record. */
  readonly last: JournalRecord
  /** Of the journal. */
  readonly end: number
  readonly occupancy: ReadonlyMap<string, number>
  readonly parked: ReadonlyMap<EntityId, ParkedEntry>
}

/** Reading goes on for so long, whoever waits for it, ms. */
const READ_MS_MAX = 30_000
/** An owner that commits meanwhile makes what was read disagree: after each look a longer rest, half a second in all. */
const LOOKS_MAX = 10
const AGAIN_MS = 10

export class Tips {
  readonly #ports: Looking
  readonly #known = new Map<string, Tip>()
  readonly #turns = new SharedTurns<Tip | undefined>()
  readonly #own: OwnKeys

  constructor(ports: Looking) {
    this.#ports = ports
    this.#own = new OwnKeys(() => this.#log(), ports.clock)
  }

  /** Undefined: the partition has not run yet. Throws OperationError, Gone; Hidden after a while (H5 of `shown-states.ts`). */
  of(plan: TypePlan, partition: number): Promise<Tip | undefined> {
    const name = `${plan.group}/${partition}`
    return this.#turns.next(name, () => onceShown(this.#ports.clock, () => this.#read(name, plan, partition)))
  }

  #log(): Log {
    return patientLog(this.#ports.log, this.#ports.clock, { deadlineMs: READ_MS_MAX })
  }

  async #read(name: string, plan: TypePlan, partition: number): Promise<Tip | undefined> {
    const log = this.#log()
    const known = this.#known.get(name)
    const end = await log.offsetsAt(plan.journal, partition, 'latest')
    if (known !== undefined && (end === known.end || (end < known.end && !(await this.#isAnew(log, plan, partition, known, end))))) return known
    const tip = (known === undefined || end < known.end ? undefined : await this.#readOn(log, plan, partition, known, end)) ?? await this.#survey(log, plan, partition)
    if (tip !== undefined) this.#known.set(name, tip)
    return tip
  }

  /** E1: a journal that shows less than before shows less than it has, unless it was begun anew. */
  async #isAnew(log: Log, plan: TypePlan, partition: number, { last }: Tip, end: number): Promise<boolean> {
    const newest = await lastRecord(log, this.#ports.codec, plan, partition, end)
    return newest !== undefined && newest.life !== last.life
  }

  /** `countedSeq`: commit up to which what is known of entities counts. Undefined: what is new does not follow what is known. */
  async #readOn(log: Log, plan: TypePlan, partition: number, known: Tip, end: number, countedSeq = known.last.seq): Promise<Tip | undefined> {
    let { last } = known
    const occupancy = new Map(known.occupancy)
    const parked = new Map(known.parked)
    for await (const { record } of journalRecords(log, this.#ports.codec, plan, partition, known.end, end)) {
      if (record.life !== last.life || record.seq !== last.seq + 1) return undefined
      last = record
      if (record.seq <= countedSeq) continue
      addCounts(occupancy, record.occupancy)
      addParked(parked, record)
    }
    return { last, end, occupancy, parked }
  }

  async #survey(log: Log, plan: TypePlan, partition: number): Promise<Tip | undefined> {
    const { codec } = this.#ports
    for (let looks = 1; ; looks += 1) {
      const end = await log.offsetsAt(plan.journal, partition, 'latest')
      const last = await lastRecord(log, codec, plan, partition, end)
      if (last === undefined) return undefined
      const states = shownStates({ ...this.#ports, log }, log.keyed ?? this.#own.of(), plan, partition)
      const own = await states.partitionRecord(last)
      try {
        if (own === undefined || own.seq <= last.seq) {
          const { occupancy, parked } = await surveyed({ log, codec, plan, partition }, { ...states, partitionRecord: async () => own }, last, end, false)
          return { last, end, occupancy, parked }
        }
        // Its counts are those of a commit that the journal showed since, or does not show yet.
        const since = await this.#readOn(log, plan, partition, { last, end, ...own.record }, await log.offsetsAt(plan.journal, partition, 'latest'), own.seq)
        if (since !== undefined && since.last.seq >= own.seq) return since
      } catch (thrown) {
        if (!(thrown instanceof Gone) || looks === LOOKS_MAX) throw thrown
      }
      await this.#ports.clock.sleep(looks * AGAIN_MS)
      if (looks === LOOKS_MAX) throw new OperationError('journal/moving', `partition ${partition} of '${plan.definition.name}' commits faster than it is read`)
    }
  }
}
