// StateWriter: commits states of entities as an owner does it, behind a cache, for tests of what loads then answer.
import assert from 'node:assert/strict'
import { createMachine } from 'xstate'
import { MemoryCache } from '../../../adapters/memory/cache.ts'
import { systemClock } from '../../../adapters/node/clock.ts'
import { memoryLog } from '../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../adapters/memory/log.ts'
import { CachedStates } from '../../../system/partition/cached-states.ts'
import { blankEntity, encodeEntity } from '../../../system/partition/entity.ts'
import type { Entity } from '../../../system/partition/entity.ts'
import type { StateStart } from '../../../system/partition/state-store.ts'
import { ARMED_HEADER, stateRecord, stateStamp } from '../../../system/partition/states.ts'
import { headerOf } from '../../../system/protocol/record.ts'
import { utf8Decode } from '../../../system/protocol/utf8.ts'
import { codec, defineActor, entityId, planOf } from './bench.ts'
import { makeTopics, silent } from './owner.ts'

export const plan = planOf([defineActor({ name: 'one', version: 1, machine: createMachine({}) as never })], 'one')

/** Ids that share the bucket of the first, and one that does not. */
export function idsOf(states: CachedStates): readonly [string, string, string] {
  const names = Array.from({ length: 500 }, (_, index) => `id${index}`)
  const bucket = states.bucketOf(entityId('id0'))
  const same = names.slice(1).find((name) => states.bucketOf(entityId(name)) === bucket)
  const other = names.find((name) => states.bucketOf(entityId(name)) !== bucket)
  return ['id0', same ?? '', other ?? '']
}

export class StateWriter {
  readonly log: MemoryLog = memoryLog()
  readonly cache = new MemoryCache()
  readonly #marks: number[] = []
  readonly #starts: StateStart[] = []
  readonly #ended = new Set<string>()
  states = this.#fresh()
  readonly ids = idsOf(this.states)
  #seq = 0

  #fresh(): CachedStates {
    return new CachedStates({ log: this.log, cache: this.cache, codec, clock: systemClock, telemetry: silent }, plan, 0)
  }

  async start(): Promise<void> {
    await makeTopics(this.log, plan)
    this.states.expect('life', [], [])
  }

  /** A commit that writes states of these entities, with a timer each, as the owner does it. */
  async commit(...ids: readonly string[]): Promise<void> {
    this.#seq += 1
    const seq = this.#seq
    const records = ids.map((id) => stateRecord(codec, plan, 0, this.#ended.has(id) ? blankEntity(entityId(id)) : this.entity(id, seq), stateStamp(codec, plan, { life: 'life', seq, nowMs: 0 })))
    this.#starts.push({ seq, stateFrom: await this.log.offsetsAt(plan.state, 0, 'latest'), tombstones: records.flatMap(({ value }, at) => (value === null ? [entityId(ids[at] ?? '')] : [])) })
    await this.log.append(records)
    for (const id of ids) this.#marks[this.states.bucketOf(entityId(id))] = seq
    this.states.written(seq, records.map((record, index) => ({
      id: entityId(ids[index] ?? ''), state: record.value === null ? null : { seq, value: record.value }, armed: headerOf(record.headers, ARMED_HEADER),
    })), await this.log.offsetsAt(plan.state, 0, 'latest'))
  }

  /** A commit that writes the tombstone of an entity. */
  async end(id: string): Promise<void> {
    this.#ended.add(id)
    await this.commit(id)
    this.#ended.delete(id)
  }

  /** The cleaner takes tombstones, after what they replaced. */
  compact(): void {
    const read = this.log.read.bind(this.log)
    this.log.read = async (...args) => {
      const found = await read(...args)
      const newest = new Map(found.records.map(({ key, offset }) => [utf8Decode(key ?? new Uint8Array()), offset]))
      return { ...found, records: found.records.filter(({ key, value, offset }) => value !== null && newest.get(utf8Decode(key ?? new Uint8Array())) === offset) }
    }
  }

  entity(id: string, seq: number): Entity {
    return blankEntity(entityId(id), { seen: [{ key: `${id}/${seq}`, timeMs: seq }], timers: new Map([['t', { generation: `${seq}.1`, dueMs: seq, event: { type: 'x' } }]]) })
  }

  /** Another owner takes over: it knows what the journal says, nothing else. */
  takeOver(): void {
    this.states = this.#fresh()
    this.states.expect('life', Array.from(this.#marks, (mark) => mark ?? 0), this.#starts)
  }

  /** Loads one entity and tells the seq of its state. */
  async seqOf(id: string): Promise<number | undefined> {
    const found = (await this.states.load([entityId(id)])).get(entityId(id))
    if (found !== undefined) assert.deepEqual(found.value, encodeEntity(codec, plan.definition, this.entity(id, found.seq)))
    return found?.seq
  }
}

export async function stateWriter(): Promise<StateWriter> {
  const made = new StateWriter()
  await made.start()
  return made
}
