// Snapshots: which dirty states a commit writes, and how far the floor may move.
//
// Owns: the bucket marks, and since when the partition record is dirty. `reach.ts` knows the way from the floor, `states.ts` the form, `cycle.ts` commits.
//
// P1. Oldest first; states dirty for less than `snapshotEvery` wait, unless the floor or the memory needs them out. No more are pressed out than
//     that takes: what is written early is soon written again. While more input waits than a batch takes, those that are only old wait longer, but not without end.
//     A commit writes few, or some more than its batch touched: what came with many would wait for all of them. Where the floor is much too far back, or
//     memory over its bound, it writes more than that: else large ones would pile up.
// P2. The floor is the first journal record that dirtied something not yet written: recovery needs nothing before it.
import { SNAPSHOT_BYTES_PER_COMMIT_MAX } from '../protocol/limits.ts'
import { NotPlainData } from '../ports/codec.ts'
import type { Codec } from '../ports/codec.ts'
import type { OutRecord } from '../protocol/record.ts'
import { encodeEntity } from './entity.ts'
import type { Entity } from './entity.ts'
import type { Memory } from './memory.ts'
import { Reach } from './reach.ts'
import type { FoldCost } from './reach.ts'
import { partitionRecord, stateRecord, stateStamp } from './states.ts'
import type { StateStamp } from './states.ts'
import type { StateStore } from './state-store.ts'
import { Escalation } from './supervision.ts'

export interface WrittenSnapshot {
  readonly entity: Entity
  readonly record: OutRecord
}

export interface SnapshotPlan {
  readonly snapshots: readonly WrittenSnapshot[]
  /** Undefined: not written by this commit. */
  readonly partition: OutRecord | undefined
  readonly floor: { readonly seq: number; readonly offset: number }
  readonly saved: readonly number[]
}

/** What is left of a plan when its records are with the log: kept while they are written, these would outlive the young generation. */
export interface SentPlan {
  readonly written: readonly { readonly entity: Entity; readonly bytes: number }[]
  readonly writesPartition: boolean
  readonly floor: SnapshotPlan['floor']
}

export function sentPlan({ snapshots, partition, floor }: SnapshotPlan): SentPlan {
  return { written: snapshots.map(({ entity, record }) => ({ entity, bytes: record.value?.length ?? 0 })), writesPartition: partition !== undefined, floor }
}

/** How eagerly states are written: by age; by age later (more input waits); all that is left and can be stored (draining); none (releasing). */
export type Pace = 'steady' | 'busy' | 'drain' | 'release'

/** Few states. */
const FEW_BYTES = 32 * 1024
/** States written inside one commit that touched many, at most; and where the floor is much too far back, draining, or with memory over its bound. */
const PRESSED_BYTES = 256 * 1024
const PRESSED_BYTES_MAX = 4 << 20
/**
 * Once something must be written, so is what would have to be soon: up to this share of a bound on age, inputs or memory. States of one commit share
 * pages of the log's index by key, a few in every commit would have it written over and over.
 */
const TOGETHER_SHARE = 7 / 8
/** Times as many states as a batch touched are written where that is more than few, and where the floor is much too far back more than those bytes. */
const GAIN = 1.25
/** While more input waits states become this many times as old before they are written for their age. */
const BUSY_PATIENCE = 4

export class Snapshots {
  readonly #memory: Memory
  readonly #codec: Codec
  readonly #store: StateStore
  readonly #reach: Reach
  readonly marks: number[]
  /** Seq of the oldest change to the partition record that is not written; 0: none. */
  #partitionDirtySeq = 0
  #partitionDirtyAtMs = 0

  constructor(memory: Memory, codec: Codec, store: StateStore, marks: readonly number[]) {
    this.#memory = memory
    this.#codec = codec
    this.#store = store
    this.#reach = new Reach(memory.plan.definition.limits.foldInputsMax)
    this.marks = Array.from({ length: store.buckets }, (_, bucket) => marks[bucket] ?? 0)
    this.#measured()
  }

  /** A journal record exists: just committed with this cost of its fold, or recovered. */
  journalled(seq: number, offset: number, turns: number, cost?: FoldCost): void {
    this.#reach.add(seq, offset, turns, cost)
  }

  /** The partition record changed in commit `seq`. */
  touchPartition(seq: number, nowMs: number): void {
    if (this.#partitionDirtySeq !== 0) return
    this.#partitionDirtySeq = seq
    this.#partitionDirtyAtMs = nowMs
  }

  get isClean(): boolean {
    return this.#memory.entities.dirtyCount === 0 && this.#partitionDirtySeq === 0
  }

  /** True when the oldest dirty state is old enough to be written although nothing else happens. */
  isDue(nowMs: number): boolean {
    return this.#isOld(nowMs, this.#memory.plan.definition.snapshotEveryMs)
  }

  #isOld(nowMs: number, ageMs: number): boolean {
    for (const entity of this.#memory.entities.dirty()) return nowMs - entity.dirtyAtMs >= ageMs
    return this.#partitionDirtySeq !== 0 && nowMs - this.#partitionDirtyAtMs >= ageMs
  }

  /**
   * Chooses and encodes what commit `seq` writes. `journalEnd`: end of the journal topic before it. Throws Escalation for a state that cannot be stored;
   * draining leaves that to the next owner, who folds it again.
   */
  plan(seq: number, nowMs: number, journalEnd: number, pace: Pace): SnapshotPlan {
    const { entities, plan, partition, life } = this.#memory
    const { snapshotEveryMs, limits } = plan.definition
    const snapshots: WrittenSnapshot[] = []
    const reachSeq = pace === 'drain' ? Infinity : this.#reach.pressed(TOGETHER_SHARE)
    const isFar = this.#reach.isFarOver
    const statesMin = GAIN * this.#measured()
    const pressedBytesMax = pace === 'drain' || isFar ? PRESSED_BYTES_MAX : PRESSED_BYTES
    const ageMs = pace === 'busy' ? BUSY_PATIENCE * snapshotEveryMs : snapshotEveryMs
    const agedMs = this.#isOld(nowMs, ageMs) ? nowMs - ageMs * TOGETHER_SHARE : -Infinity
    const stamp = stateStamp(this.#codec, plan, { life, seq, nowMs })
    let bytes = 0
    const write = (entity: Entity): void => {
      const record = pace === 'drain' ? this.#encodeIfStorable(entity, stamp) : this.#encode(entity, stamp)
      if (record === undefined) return
      // A tombstone stands in the journal by its key.
      bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0)
      snapshots.push({ entity, record })
    }
    for (const entity of pace === 'release' ? [] : entities.dirty()) {
      const mustReach = entity.dirtySeq < reachSeq
      if (!mustReach && entity.dirtyAtMs > agedMs) break
      const isMore = mustReach && isFar && snapshots.length < statesMin
      const isFew = pace === 'drain' || (mustReach && isFar) || bytes < FEW_BYTES || snapshots.length < statesMin
      if (!isMore && (!isFew || bytes >= (mustReach ? pressedBytesMax : SNAPSHOT_BYTES_PER_COMMIT_MAX))) break
      write(entity)
    }
    const writing = new Set<Entity>()
    for (const { entity } of snapshots) writing.add(entity)
    if ((pace === 'steady' || pace === 'busy') && entities.bytes > limits.entityBytesMax) {
      this.#makeRoom(limits.entityBytesMax, writing, () => bytes < PRESSED_BYTES_MAX || snapshots.length < statesMin, write)
      for (const { entity } of snapshots) writing.add(entity)
    }
    const saved = [...new Set(this.#store.buckets === 0 ? [] : snapshots.map(({ entity }) => this.#store.bucketOf(entity.id)))].sort((a, b) => a - b)
    for (const bucket of saved) this.marks[bucket] = seq
    if (saved.length > 0) this.touchPartition(seq, nowMs)
    const partitionDue = this.#partitionDirtySeq !== 0 && (this.#partitionDirtySeq < reachSeq || this.#partitionDirtyAtMs <= agedMs)
    const record = partitionDue ? partitionRecord(this.#codec, plan, partition, { occupancy: this.#memory.occupancy, marks: this.marks, parked: this.#memory.parked }, { life, seq, nowMs }) : undefined
    return { snapshots, partition: record, floor: this.#floor(seq, journalEnd, writing, record !== undefined), saved }
  }

  /** The planned commit is done: what it wrote is clean. */
  settled({ written, writesPartition, floor }: SentPlan): void {
    for (const { entity, bytes } of written) this.#memory.entities.clean(entity, bytes)
    if (writesPartition) this.#partitionDirtySeq = 0
    this.#reach.settle(floor.seq)
  }

  /** Writes those that must leave memory, least recently used first, until what is clean then gives room enough. */
  #makeRoom(bytesMax: number, writing: ReadonlySet<Entity>, hasRest: () => boolean, write: (entity: Entity) => void): void {
    const { entities } = this.#memory
    let over = entities.bytes - bytesMax * TOGETHER_SHARE
    for (const entity of entities.values()) {
      if (over <= 0 || !hasRest()) return
      if (entity.dirtySeq !== 0 && !writing.has(entity)) write(entity)
      over -= entities.bytesOf(entity)
    }
  }

  /** How many entities the commit in hand touched. A few of them are measured. */
  #measured(): number {
    const { entities, plan } = this.#memory
    return entities.sizes.measure((entity) => {
      try {
        return encodeEntity(this.#codec, plan.definition, entity).length
      } catch (thrown) {
        // Whoever writes it will say so.
        if (thrown instanceof NotPlainData) return undefined
        throw thrown
      }
    })
  }

  #floor(seq: number, journalEnd: number, writing: ReadonlySet<Entity>, partition: boolean): { seq: number; offset: number } {
    // Never past this commit: its inputs are looked at again for what they say about time.
    let oldest = partition || this.#partitionDirtySeq === 0 ? seq : this.#partitionDirtySeq
    for (const entity of this.#memory.entities.dirty()) {
      if (writing.has(entity)) continue
      oldest = Math.min(oldest, entity.dirtySeq)
      break
    }
    return { seq: oldest, offset: this.#reach.offsetFrom(oldest) ?? journalEnd }
  }

  #encodeIfStorable(entity: Entity, stamp: StateStamp): OutRecord | undefined {
    try {
      return this.#encode(entity, stamp)
    } catch (thrown) {
      if (thrown instanceof Escalation) return undefined
      throw thrown
    }
  }

  #encode(entity: Entity, stamp: StateStamp): OutRecord {
    const { plan, partition } = this.#memory
    const refuse = (message: string): never => {
      throw new Escalation('park', `${plan.definition.name}/${entity.id}`, entity.id, { class: 'size', message, stage: 'snapshot' })
    }
    try {
      const record = stateRecord(this.#codec, plan, partition, entity, stamp)
      const bytes = record.value?.length ?? 0
      if (bytes > plan.definition.limits.stateBytesMax) return refuse(`the state of '${entity.id}' has ${bytes} bytes, at most ${plan.definition.limits.stateBytesMax} are allowed`)
      return record
    } catch (thrown) {
      if (thrown instanceof NotPlainData) return refuse(`the state of '${entity.id}' cannot be stored: ${thrown.message}`)
      throw thrown
    }
  }
}
