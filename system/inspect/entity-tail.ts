// Entity tail: what an entity takes, commit after commit, from its newest stored state on.
//
// Owns: the fold of its partition's journal for that entity alone, as far as it was read; what was read and not taken yet waits (`waiting-entries.ts`).
//
// K1. What is told is what a history would tell: the same replay, gone on with instead of begun anew.
// K2. A read that its time cuts short goes on with the same record the next time: until a record is folded nothing of it counts.
// K3. Once it has begun it knows whether there is the entity: no state is looked for any more, which would be one of later.
// K4. What is armed for it is what its state says, also where that was stored after what is armed had been read.
// K5. Another life of the partition, records that are gone, or an entity whose inputs were passed over: the next read begins anew.
import { InvariantBroken } from '../protocol/assert.ts'
import type { EntityId } from '../protocol/ids.ts'
import { partitionOf } from '../protocol/murmur2.ts'
import { utf8Encode } from '../protocol/utf8.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { Log } from '../ports/log.ts'
import type { Batch } from '../partition/batch.ts'
import type { JournalFolder } from '../partition/journal-folder.ts'
import type { JournalRecord } from '../partition/journal.ts'
import { loadEntities } from '../partition/loading.ts'
import type { Memory } from '../partition/memory.ts'
import { Gone } from '../partition/range-reading.ts'
import { recoverToGoOn } from '../partition/recovery.ts'
import type { StateStore } from '../partition/state-store.ts'
import { journalRecords } from '../partition/survey.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { TurnTrace } from '../partition/turn-input.ts'
import { entryOf } from './history.ts'
import type { HistoryEntry, HistoryPlace } from './history.ts'
import { ownKeys } from './own-keys.ts'
import { OutOfTime, patientLog } from './patient-log.ts'
import type { Patience } from './patient-log.ts'
import { shownStates } from './shown-states.ts'
import { silentTelemetry } from './silence.ts'
import { WaitingEntries } from './waiting-entries.ts'

export interface Taken {
  readonly life: string
  /** Read up to this commit. */
  readonly seq: number
  /** Nothing is missing that came after this commit. */
  readonly fromSeq: number
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[]
}

interface TailPorts {
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
}

interface Folding {
  readonly memory: Memory
  readonly folder: JournalFolder
  readonly reading: Reading
  readonly life: string
  readonly fromSeq: number
  /** Of the journal: the first record that is not folded. */
  next: number
}

/** The log that a fold reads from: another for each read, which has its own time. */
interface Reading extends Log {
  through: Log
}

export class EntityTail {
  readonly #ports: TailPorts
  readonly #plan: TypePlan
  readonly #partition: number
  readonly #id: EntityId
  #folding: Folding | undefined
  #turns: TurnTrace[] = []
  #waiting = new WaitingEntries()

  constructor(ports: TailPorts, plan: TypePlan, id: EntityId) {
    this.#ports = ports
    this.#plan = plan
    this.#partition = partitionOf(utf8Encode(id), plan.partitions)
    this.#id = id
  }

  /** What came after the place, as far as it can be read in time; undefined: the partition has not run yet. Throws OperationError, Gone, InvariantBroken, OutOfTime. */
  async read(patience: Patience, after: HistoryPlace | undefined): Promise<Taken | undefined> {
    const log = patientLog(this.#ports.log, this.#ports.clock, patience)
    try {
      const folding = this.#folding ??= await this.#begin(log)
      if (folding === undefined) return undefined
      folding.reading.through = log
      if (!(await this.#goOn(log, folding))) this.#folding = undefined
      if (after !== undefined) this.letGo(after)
      return { life: folding.life, seq: folding.memory.seq, fromSeq: Math.max(folding.fromSeq, this.#waiting.pushedOutSeq), entries: this.#waiting.entries }
    } catch (thrown) {
      if (thrown instanceof Gone || thrown instanceof InvariantBroken) this.#folding = undefined
      throw thrown
    }
  }

  /** What is no later than this is known from elsewhere. */
  letGo(upTo: HistoryPlace): void {
    this.#waiting.letGo(upTo)
  }

  async #begin(log: Log): Promise<Folding | undefined> {
    this.#turns = []
    this.#waiting = new WaitingEntries()
    const { codec, clock } = this.#ports
    const [plan, partition, id] = [this.#plan, this.#partition, this.#id]
    const reading = readingThrough(log)
    let hasBegun = false
    const stored = shownStates({ log: reading, codec, clock }, ownKeys(reading, id), plan, partition)
    const states: StateStore = { ...stored, load: async (ids) => (hasBegun ? new Map() : stored.load(ids)) }
    const { recovered: { memory, last, journalEnd }, folder } = await recoverToGoOn({
      log: reading, codec, plan, partition, states, telemetry: silentTelemetry,
      watch: { entity: id, onTurn: (turn) => this.#turns.push(turn) }, onFolded: (record, batch) => this.#take(record, batch),
    })
    if (folder === undefined) return undefined
    if (!memory.entities.has(id)) await loadEntities(memory, codec, states, new Set([id]), false)
    // States are read after the journal: it may have come to its end meanwhile.
    if (!memory.entities.has(id) && await log.offsetsAt(plan.journal, partition, 'latest') > journalEnd) throw new OutOfTime('the partition went on while it was read')
    hasBegun = true
    // Nobody else's are there.
    for (const dues of [memory.entities.eventDues, memory.entities.clockDues]) for (const due of dues.due(Infinity, Infinity)) memory.entities.disarm(due)
    const entity = memory.entities.peek(id)
    if (entity !== undefined) memory.entities.armAll(entity)
    // What was refused changes no state, and holds the floor back no longer than others do.
    const fromSeq = Math.max(entity?.savedSeq ?? 0, (last?.floor.seq ?? 0) - 1)
    return { memory, folder, reading, life: memory.life, fromSeq, next: journalEnd }
  }

  /** False: it cannot be gone on with (K5). */
  async #goOn(log: Log, folding: Folding): Promise<boolean> {
    const end = await log.offsetsAt(this.#plan.journal, this.#partition, 'latest')
    try {
      for await (const { record, offset } of journalRecords(log, this.#ports.codec, this.#plan, this.#partition, folding.next, end)) {
        if (record.life !== folding.life || record.parked.some(({ entity, unfoldedFrom }) => entity === this.#id && unfoldedFrom !== undefined)) return false
        await folding.folder.fold(record)
        folding.next = offset + 1
      }
    } catch (thrown) {
      if (!(thrown instanceof OutOfTime)) throw thrown
    }
    return true
  }

  #take(record: JournalRecord, batch: Batch): void {
    this.#waiting.add(this.#turns.map((turn, n) => entryOf(this.#ports.codec, this.#plan, n, turn, record, batch)))
    this.#turns = []
  }
}

function readingThrough(first: Log): Reading {
  const reading: Reading = {
    through: first,
    ensureTopics: (...args) => reading.through.ensureTopics(...args),
    topics: () => reading.through.topics(),
    join: (...args) => reading.through.join(...args),
    append: (...args) => reading.through.append(...args),
    read: (...args) => reading.through.read(...args),
    offsetsAt: (...args) => reading.through.offsetsAt(...args),
    keyed: first.keyed === undefined ? undefined : { get: async (...args) => await reading.through.keyed?.get(...args) ?? [], armed: async (...args) => await reading.through.keyed?.armed(...args) ?? [] },
    close: async () => {},
  }
  return reading
}
