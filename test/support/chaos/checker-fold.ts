// The plain fold: what one partition must have done, from its inputs in journal order. Written as directly as possible, for reading.
//
// Takes from the journal: the cut of the batches, the processing time and its firings (checked against what was armed), nothing else.
import { blank, byDue, byHold, duesOf } from './checker-entity.ts'
import type { PlainDue, PlainEntity } from './checker-entity.ts'
import { readInbox, readPromise, textOf } from './checker-codec.ts'
import type { Entry, PlainEvent } from './checker-codec.ts'
import type { PlainType } from './checker-types.ts'
import { PlainWatermarks } from './checker-watermarks.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'

export interface FoldedOutput {
  readonly id: string
  readonly entity: string
  readonly type: string
  readonly payload: string
  readonly timeMs: number
}

export interface FoldedTell {
  readonly id: string
  readonly target: string
  readonly to: string
  readonly from: string
  readonly event: PlainEvent
  readonly timeMs: number
  readonly source: string
  readonly sourceId: string
  /** What caused it came behind the watermark: no promise covers it. */
  readonly isLate: boolean
}

/** What one commit must have written, and said about itself. */
export interface Folded {
  readonly seq: number
  readonly outputs: FoldedOutput[]
  readonly tells: FoldedTell[]
  readonly letters: { readonly topic: string; readonly offset: number | undefined; readonly timer: string | undefined; readonly class: string; readonly record: LogRecord | undefined }[]
  readonly verdicts: string[]
  readonly drops: Map<string, number>
  /** Keys of tasks started -> the number they were given. */
  readonly tasks: Map<string, number>
  readonly faults: string[]
}

export interface Arriving {
  readonly topic: string
  readonly record: LogRecord
}

interface Turn {
  readonly entity: PlainEntity
  readonly event: PlainEvent
  readonly ref: string
  readonly cause: string
  readonly timeMs: number
  readonly source: string
  readonly sourceId: string
  readonly timer?: string
  readonly isLate: boolean
  readonly letter: { readonly topic: string; readonly offset: number | undefined; readonly timer: string | undefined; readonly record: LogRecord | undefined }
}

const TASK_LEASE_MS = 30_000

/** Percent-encoding of one part of an id. */
const part = (text: string): string => encodeURIComponent(text).replace(/[-!*'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

export class PlainFold {
  readonly entities = new Map<string, PlainEntity>()
  /** Touched since they were seen to wait for nothing. */
  readonly #stirred = new Set<PlainEntity>()
  readonly #type: PlainType
  readonly #partition: number
  readonly #refusals: boolean
  readonly #releasesMax: number
  readonly #watermarks: PlainWatermarks | undefined
  readonly #recordAt: (topic: string, offset: number) => LogRecord | undefined
  #entry: Entry
  #folded: Folded
  #arms = new Map<PlainEntity, number>()

  constructor(type: PlainType, partition: number, options: { readonly refusals: boolean; readonly releasesMax: number; readonly recordAt: (topic: string, offset: number) => LogRecord | undefined }) {
    this.#type = type
    this.#partition = partition
    this.#refusals = options.refusals
    this.#releasesMax = options.releasesMax
    this.#recordAt = options.recordAt
    this.#watermarks = type.awaited === undefined ? undefined : new PlainWatermarks(type.awaited)
    this.#entry = { seq: -1 } as Entry
    this.#folded = emptyFolded(-1)
  }

  /** Entities that wait for something by processing time, for the end of a run. */
  dueBy(ms: number): readonly PlainDue[] {
    return [...this.entities.values()].flatMap((entity) => duesOf(entity, 'processing', this.#type.eventTimers)).filter((due) => due.dueMs <= ms)
  }

  fold(entry: Entry, arrivals: readonly Arriving[]): Folded {
    this.#entry = entry
    this.#folded = emptyFolded(entry.seq)
    this.#arms = new Map()
    const difference = this.#watermarks?.differs(entry.watermarks)
    if (difference !== undefined) this.#folded.faults.push(`the watermark differs: ${difference}`)
    this.#fireClock(arrivals.length === 0)
    if (entry.cut?.atStart !== true) this.#release(undefined)
    for (const arriving of arrivals) this.#arrive(arriving)
    if (entry.cut !== undefined) {
      this.#watermarks?.take(entry.cut.watermarks)
      if (entry.cut.after !== undefined) this.#release(entry.cut.after)
    }
    return this.#folded
  }

  #entity(id: string): PlainEntity {
    const known = this.entities.get(id) ?? blank(id)
    this.entities.set(id, known)
    this.#stirred.add(known)
    return known
  }

  /** Everything due by this time, of entities that may have something due. */
  #dues(time: 'event' | 'processing'): readonly PlainDue[] {
    const dues: PlainDue[] = []
    for (const entity of this.#stirred) {
      const found = duesOf(entity, time, this.#type.eventTimers)
      dues.push(...found)
      const other = time === 'event' ? 'processing' : 'event'
      if (found.length === 0 && duesOf(entity, other, this.#type.eventTimers).length === 0) this.#stirred.delete(entity)
    }
    return dues
  }

  #drop(reason: string): void {
    this.#folded.drops.set(reason, (this.#folded.drops.get(reason) ?? 0) + 1)
  }

  #refuse(ref: string, letter: Turn['letter'], failure: string): void {
    this.#folded.letters.push({ ...letter, class: failure })
    this.#folded.verdicts.push(`${ref} ${failure}`)
  }

  /** Processing-time firings: all that is due at the batch's time, in order; nothing else and nothing less. */
  #fireClock(isQuiet: boolean): void {
    const { firings, nowMs, isSingle } = this.#entry
    const due = this.#dues('processing').filter((one) => one.dueMs <= nowMs).sort(byDue).slice(0, isSingle ? 1 : this.#releasesMax)
    const says = (one: PlainDue): string => `${one.dueMs} ${one.entity} ${one.kind} ${one.id}`
    const isDrain = isQuiet && firings.length === 0
    if (!isDrain && firings.map(says).join('\n') !== due.map(says).join('\n')) this.#folded.faults.push(`fired [${firings.map(says).join(', ')}], due was [${due.map(says).join(', ')}]`)
    for (const firing of firings) {
      const entity = this.#entity(firing.entity)
      const own = firing.kind === 1 ? entity.timers.get(firing.id)?.generation : firing.kind === 2 ? entity.tasks.get(firing.id)?.key : ''
      if (own !== firing.generation) this.#folded.faults.push(`${firing.entity}: fired ${firing.id} of generation ${firing.generation}, armed is ${own}`)
      const task = entity.tasks.get(firing.id)
      if (firing.kind === 1) this.#fireTimer(entity, firing.id, firing.dueMs)
      else if (firing.kind === 2 && task !== undefined) task.dueMs = nowMs + TASK_LEASE_MS
      else if (firing.kind === 3) {
        for (let left = entity.holds.length; left > 0; left -= 1) this.#drop('stopped')
        Object.assign(entity, { now: undefined, stopped: false, seen: [], holds: [], expireAtMs: undefined })
      }
    }
  }

  #fireTimer(entity: PlainEntity, id: string, dueMs: number): void {
    const timer = entity.timers.get(id)
    const cause = `timer-${part(entity.id)}-${part(id)}-${timer?.generation}`
    this.#turn({ isLate: timer?.isLate === true, entity, event: { type: 'reminded' }, ref: cause, cause, timeMs: dueMs, source: this.#type.group, sourceId: cause, timer: id, letter: { topic: this.#type.inbox, offset: undefined, timer: cause, record: undefined } })
  }

  /** Holds and event-time timers below the watermark, in order; with `after`, not beyond it. */
  #release(after: PlainDue | undefined): void {
    if (this.#watermarks === undefined) return
    for (;;) {
      const [due] = this.#dues('event').toSorted(byDue)
      if (due === undefined || due.dueMs >= this.#watermarks.currentMs || (after !== undefined && byDue(due, after) > 0)) return
      const entity = this.#entity(due.entity)
      const held = due.kind === 0 ? entity.holds.shift() : undefined
      if (held === undefined) this.#fireTimer(entity, due.id, due.dueMs)
      else this.#turn(this.#turnOf(entity, held.event, held.topic, held.offset, held.timeMs, held.source, held.sourceId, false))
    }
  }

  #turnOf(entity: PlainEntity, event: PlainEvent, topic: string, offset: number, timeMs: number, source: string, sourceId: string, isLate: boolean): Turn {
    return {
      entity, event, isLate, ref: `${this.#type.inputs.indexOf(topic)}:${offset}`, cause: `${part(topic)}-${this.#partition}-${offset}`, timeMs, source, sourceId,
      letter: { topic, offset, timer: undefined, record: this.#recordAt(topic, offset) },
    }
  }

  #arrive({ topic, record }: Arriving): void {
    const source = this.#type.sources.get(topic)
    if (source === undefined) return this.#arriveInbox(topic, record)
    const promise = readPromise(record)
    if (promise !== undefined) {
      this.#watermarks?.promise(topic, promise, false)
      return this.#release(undefined)
    }
    const judged = source.judge(textOf(record.key), textOf(record.value))
    if (judged.kind === 'bad') {
      this.#release(undefined)
      return this.#refuse(`${this.#type.inputs.indexOf(topic)}:${record.offset}`, { topic, offset: record.offset, timer: undefined, record }, judged.class)
    }
    this.#watermarks?.promise(topic, judged.timeMs - source.outOfOrderMs, false)
    this.#release(undefined)
    const entity = this.#entity(judged.entity)
    if (judged.id !== undefined && this.#isSeen(entity, `${topic}/${judged.id}`, judged.timeMs)) return this.#drop('duplicate')
    const sourceId = judged.id ?? `${this.#partition}-${String(record.offset).padStart(16, '0')}`
    this.#apply(entity, judged.event, topic, record.offset, judged.timeMs, topic, sourceId, false)
  }

  #arriveInbox(topic: string, record: LogRecord): void {
    const item = readInbox(record)
    if (item === undefined) return this.#refuse(`${this.#type.inputs.indexOf(topic)}:${record.offset}`, { topic, offset: record.offset, timer: undefined, record }, 'decode')
    if (item.kind !== 'result' && item.watermark !== undefined) this.#watermarks?.promise(item.sender, item.watermark, item.kind === 'watermark' && item.idle)
    this.#release(undefined)
    if (item.kind === 'watermark') return
    const entity = this.#entity(textOf(record.key) ?? '')
    if (item.kind === 'tell') return this.#apply(entity, item.event, topic, record.offset, item.timeMs, item.source, item.sourceId, item.watermark === undefined)
    if (entity.tasks.get(item.task)?.key !== item.key) return this.#drop('stale-task')
    entity.tasks.delete(item.task)
    this.#apply(entity, { type: `${item.task}.done`, output: item.value }, topic, record.offset, item.timeMs, 'task', item.key, true)
  }

  #apply(entity: PlainEntity, event: PlainEvent, topic: string, offset: number, timeMs: number, source: string, sourceId: string, onArrival: boolean): void {
    const isBehind = this.#watermarks !== undefined && timeMs < this.#watermarks.currentMs
    if (onArrival || !this.#type.eventOrder || isBehind) return this.#turn(this.#turnOf(entity, event, topic, offset, timeMs, source, sourceId, isBehind))
    const rank = this.#type.rank.indexOf(event.type)
    entity.holds.push({ timeMs, rank: rank === -1 ? this.#type.rank.length : rank, source, sourceId, topic, offset, event })
    entity.holds.sort(byHold)
  }

  #isSeen(entity: PlainEntity, key: string, timeMs: number): boolean {
    if (entity.seen.some((one) => one.key === key)) return true
    const newestMs = Math.max(timeMs, ...entity.seen.map((one) => one.timeMs))
    const { count, withinMs } = this.#type.dedup
    entity.seen = [...entity.seen.filter((one) => one.timeMs > newestMs - withinMs), { key, timeMs }].slice(-count)
    return false
  }

  #turn(turn: Turn): void {
    const { entity, event } = turn
    const forced = this.#refusals && this.#entry.verdicts.some((verdict) => verdict.input === turn.ref && verdict.class === 'size')
    if (entity.stopped && !forced) return this.#drop('stopped')
    if (turn.timer !== undefined) entity.timers.delete(turn.timer)
    if (forced) return this.#refuse(turn.ref, turn.letter, 'size')
    const reaction = this.#type.behaviour.react(entity.now ?? this.#type.behaviour.initial, event)
    if (reaction.kind === 'failed') return this.#refuse(turn.ref, turn.letter, reaction.class)
    entity.now = reaction.next
    let written = 0
    for (const ask of reaction.asks) {
      const id = `${this.#type.group}/${turn.cause}/${written}`
      switch (ask.ask) {
        case 'emit':
          this.#folded.outputs.push({ id, entity: entity.id, type: ask.event.type, payload: JSON.stringify(ask.event), timeMs: turn.timeMs })
          written += 1
          break
        case 'tell':
          this.#folded.tells.push({ id, target: ask.target, to: ask.id, from: entity.id, event: ask.event, timeMs: turn.timeMs, source: turn.source, sourceId: turn.sourceId, isLate: turn.isLate })
          written += 1
          break
        case 'arm': {
          const dueMs = (this.#type.eventTimers ? turn.timeMs : this.#entry.nowMs) + ask.delayMs
          entity.timers.set(ask.timer, { generation: `${this.#entry.seq}.${this.#arm(entity)}`, dueMs, isLate: this.#type.eventTimers && dueMs < (this.#watermarks?.currentMs ?? -Infinity) })
          break
        }
        case 'cancel':
          entity.timers.delete(ask.timer)
          break
        case 'task': {
          const key = `${this.#type.name}/${entity.id}/${ask.task}/${this.#entry.seq}-${this.#arm(entity)}`
          entity.tasks.set(ask.task, { key, dueMs: this.#entry.nowMs + TASK_LEASE_MS })
          this.#folded.tasks.set(key, ask.n)
          break
        }
        case 'stopTask': entity.tasks.delete(ask.task)
      }
    }
    if (reaction.isOver) Object.assign(entity, { stopped: true, timers: new Map(), tasks: new Map(), expireAtMs: this.#entry.nowMs + this.#type.keepStoppedMs })
  }

  #arm(entity: PlainEntity): number {
    const arms = (this.#arms.get(entity) ?? 0) + 1
    this.#arms.set(entity, arms)
    return arms
  }
}

function emptyFolded(seq: number): Folded {
  return { seq, outputs: [], tells: [], letters: [], verdicts: [], drops: new Map(), tasks: new Map(), faults: [] }
}
