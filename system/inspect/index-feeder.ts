// Index feeder: brings an index of entities up to what the state topics hold. Reads the log without a lease and commits nothing there.
//
// Owns: the rounds under way. Between rounds nothing is read: an index that nobody asks costs nothing.
//
// F1. A row is committed state, as of the commit that stored it; a state is stored some time after it has changed (`snapshotEvery`).
// F2. The `seq` of a place says up to which commit nothing is missing: of the journal's floor, or of the owner, who knows whether all is stored. It is
//     worked out before the state topic's end is looked up, and promised once that end has been read: a log may show less than it has for a while. An owner
//     sees a commit before others do, and is taken at its word once the log shows the states that it speaks of; without it, once it shows those of the newest commit.
//     What is stored again while it is read may have what it replaces removed before that is read: it is read on until the end stands still for a moment. Where it
//     never does, an entity of which that is so may not be there at all, and the lag says since when.
// F5. Of a log that shows less than was read of it before, also where it is nothing of the journal, nothing is thrown away, and nothing is promised, unless it is
//     no more (`shortages.ts`): then what it shows is read in the same round.
// F3. One round of a type at a time; who comes while one runs shares the next, so that what was committed before it asked is read.
// F4. Half of the thread's time at the most, in pieces.
import type { EntityId } from '../protocol/ids.ts'
import { parseEntityId, PARTITION_KEY } from '../protocol/ids.ts'
import { TOMBSTONES_KEPT_MS } from '../protocol/limits.ts'
import type { LogRecord } from '../protocol/record.ts'
import { equalBytes, utf8Decode } from '../protocol/utf8.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { EntityIndex, IndexedEntity, IndexPlace } from '../ports/entity-index.ts'
import type { Log } from '../ports/log.ts'
import { decodeEntity } from '../partition/entity.ts'
import type { JournalRecord } from '../partition/journal.ts'
import { durableState } from '../partition/state-store.ts'
import { readStateHeader } from '../partition/states.ts'
import { journalRecords, lastRecord } from '../partition/survey.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { Standing, StoredUpTo } from '../node/questions.ts'
import { numbersOf } from './numbers.ts'
import { SharedTurns } from './shared-turns.ts'
import { Shortages } from './shortages.ts'
import { showsStates } from './shown-states.ts'

const PIECE = { recordsMax: 64, bytesMax: 256 << 10 }
const MOVED_MAX = 5
/** To an end that has moved on, in a round. */
const PASSES_MAX = 8

/** What an owner says of its states, and where it stands. */
export type Stored = StoredUpTo & Pick<Standing, 'life' | 'seq'>

export interface FeederPorts {
  readonly log: Log
  readonly codec: Codec
  readonly clock: Clock
  readonly index: EntityIndex
  /** Undefined: nobody answers. */
  stored(type: string, partition: number): Promise<Stored | undefined>
}

/** Up to which commit nothing is missing once the state topic is read up to `end`, and the time of the first one after it. `isShown`: that end can be right. */
type Whole = Pick<IndexPlace, 'seq' | 'behindMs'> & { readonly end: number; readonly isShown: boolean }

export class IndexFeeder {
  readonly #ports: FeederPorts
  readonly #turns = new SharedTurns<void>()
  readonly #shortages: Shortages

  constructor(ports: FeederPorts) {
    this.#ports = ports
    this.#shortages = new Shortages(ports.clock)
  }

  /** F3. Rejects with OperationError for a damaged state or index. */
  round(plan: TypePlan): Promise<void> {
    return this.#turns.next(plan.group, async () => {
      for (let partition = 0; partition < plan.partitions; partition += 1) await this.#bringUp(plan, partition)
    })
  }

  async #bringUp(plan: TypePlan, partition: number): Promise<void> {
    // Another process may feed the same file.
    for (let moved = 0; moved < MOVED_MAX; moved += 1) if (await this.#feed(plan, partition) === 'fed') return
  }

  async #feed(plan: TypePlan, partition: number): Promise<'fed' | 'moved'> {
    const { log, codec, clock, index } = this.#ports
    const readMs = clock.nowMs()
    const journalEnd = await log.offsetsAt(plan.journal, partition, 'latest')
    const tip = await lastRecord(log, codec, plan, partition, journalEnd)
    const { end: firstEnd, isShown, ...whole } = await this.#whole(plan, partition, tip, journalEnd)
    let known = await index.place(plan.group, partition)
    let shows = known === undefined ? 'shown' : this.#shows(plan, partition, known, tip, firstEnd)
    // Tombstones that it has not read may be removed by now.
    const isOld = known !== undefined && log.keyed === undefined && readMs - known.readMs > TOMBSTONES_KEPT_MS
    if (known !== undefined && (shows === 'gone' || (tip !== undefined && (known.life !== tip.life || known.code !== plan.code || isOld)))) {
      await index.clear(plan.group, partition)
      known = undefined
      shows = 'shown'
    }
    let place: IndexPlace = known ?? { life: tip?.life ?? '', code: plan.code, epoch: 0, next: await log.offsetsAt(plan.state, partition, 'earliest'), seq: undefined, behindMs: undefined, readMs }
    let from = known?.next
    let end = firstEnd
    let isStill = true
    for (let passes = 0; place.next < end && passes < PASSES_MAX;) {
      const startedMs = clock.monotonicMs()
      const range = await log.read(plan.state, partition, place.next, Number.MAX_SAFE_INTEGER, PIECE)
      const next = range.to > place.next ? range.to : await log.offsetsAt(plan.state, partition, 'earliest')
      if (next <= place.next) break
      place = { ...place, next }
      isStill = next >= end && (await log.offsetsAt(plan.state, partition, 'latest')) <= next
      if (await index.apply({ group: plan.group, partition, from, ...this.#rows(plan, partition, range.records, place.life), place }) === 'moved') return 'moved'
      from = place.next
      await clock.sleep(Math.max(1, clock.monotonicMs() - startedMs))
      if (next < end || isStill) continue
      passes += 1
      end = await log.offsetsAt(plan.state, partition, 'latest')
    }
    // Shown less than there is, it promises what it promised before, and lacks something since then.
    const isReached = isShown && shows === 'shown' && place.next >= firstEnd
    const behindMs = isStill ? whole.behindMs : Math.min(whole.behindMs ?? readMs, readMs)
    const promised: IndexPlace = isReached ? { ...place, seq: Math.max(whole.seq ?? -1, place.seq ?? -1), behindMs, epoch: tip?.epoch ?? 0, readMs } : { ...place, behindMs: place.behindMs ?? place.readMs }
    return await index.apply({ group: plan.group, partition, from, rows: [], gone: [], place: promised }) === 'moved' ? 'moved' : 'fed'
  }

  /** F5. One that is read by key hides nothing. */
  #shows(plan: TypePlan, partition: number, { life, next }: IndexPlace, tip: JournalRecord | undefined, end: number): 'shown' | 'hidden' | 'gone' {
    const at = (topic: string, place: number, topicEnd: number) => {
      if (this.#ports.log.keyed !== undefined) return place <= topicEnd ? 'shown' : 'gone'
      return this.#shortages.at(topic, partition, place, topicEnd)
    }
    // Of a journal that has run something is shown.
    const journal = life === '' ? 'shown' : at(plan.journal, 1, tip === undefined ? 0 : 1)
    const states = at(plan.state, next, end)
    return journal === 'shown' || states === 'gone' ? states : journal
  }

  /** F2. */
  async #whole(plan: TypePlan, partition: number, tip: JournalRecord | undefined, journalEnd: number): Promise<Whole> {
    const first = tip === undefined ? undefined : await this.#firstUnstored(plan, partition, tip, journalEnd)
    const stored = first === undefined ? undefined : await this.#ports.stored(plan.definition.name, partition)
    const end = await this.#ports.log.offsetsAt(plan.state, partition, 'latest')
    if (tip === undefined) return { seq: -1, behindMs: undefined, end, isShown: true }
    const isStored = stored?.life === tip.life && stored.seq >= tip.seq && (stored.dirtySeq ?? Infinity) > tip.seq && stored.stateEnd <= end
    const isShown = isStored || (await showsStates(this.#ports.log, this.#ports.clock, plan, partition, tip, end))
    return first === undefined || isStored ? { seq: tip.seq, behindMs: undefined, end, isShown } : { seq: first.seq - 1, behindMs: first.nowMs, end, isShown }
  }

  /** The first commit that may have changed something that is not stored: a batch from the floor on. Others change no entity. */
  async #firstUnstored(plan: TypePlan, partition: number, { floor }: JournalRecord, journalEnd: number): Promise<JournalRecord | undefined> {
    const { log, codec } = this.#ports
    for (let from = floor.offset, step = 4; from < journalEnd; from += step, step *= 8) {
      for await (const { record } of journalRecords(log, codec, plan, partition, from, Math.min(journalEnd, from + step))) {
        if (record.seq >= floor.seq && record.kind === 'batch') return record
      }
    }
    return undefined
  }

  #rows(plan: TypePlan, partition: number, records: readonly LogRecord[], life: string): { readonly rows: readonly IndexedEntity[]; readonly gone: readonly EntityId[] } {
    const newest = new Map<EntityId, LogRecord>()
    for (const record of records) {
      const text = record.key === null || equalBytes(record.key, PARTITION_KEY) ? undefined : utf8Decode(record.key)
      const id = text === undefined ? undefined : parseEntityId(text)
      if (id !== undefined) newest.set(id, record)
    }
    const rows: IndexedEntity[] = []
    const gone: EntityId[] = []
    for (const [id, record] of newest) {
      const isOurs = record.value !== null && readStateHeader(this.#ports.codec, record)?.life === life
      if (record.value === null || !isOurs) gone.push(id)
      else rows.push(this.#row(plan, partition, id, record, record.value))
    }
    return { rows, gone }
  }

  #row(plan: TypePlan, partition: number, id: EntityId, record: LogRecord, value: Uint8Array): IndexedEntity {
    const { codec } = this.#ports
    const { seq } = durableState(codec, plan, partition, record, value)
    const read = decodeEntity(codec, plan.definition, id, seq, value)
    const state = read.kind === 'ok' ? read.entity.machine : undefined
    const { machine } = plan.definition
    return {
      id, seq, storedMs: record.timestampMs,
      configuration: state === undefined ? undefined : machine.configuration(state), numbers: state === undefined ? {} : numbersOf(machine.context(state)),
    }
  }
}
