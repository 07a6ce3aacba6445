// Mortal: owners of one partition, one after the other, that live the real cycle over one memory log until they die or rest.
import { SimulatedClock } from '../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../adapters/memory/log.ts'
import { LocalTurnstile } from '../../../system/node/turnstile.ts'
import { acquire } from '../../../system/partition/acquisition.ts'
import type { Acquisition } from '../../../system/partition/acquisition.ts'
import { Cycle } from '../../../system/partition/cycle.ts'
import type { PartitionDeps } from '../../../system/partition/deps.ts'
import type { InputRef } from '../../../system/partition/journal.ts'
import { keyedStateStore } from '../../../system/partition/state-store.ts'
import type { Memory } from '../../../system/partition/memory.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import type { KeyedReads } from '../../../system/ports/log.ts'
import type { Lease } from '../../../system/ports/log.ts'
import type { Failure } from '../../../system/protocol/failures.ts'
import type { LogRecord } from '../../../system/protocol/record.ts'
import { utf8Encode } from '../../../system/protocol/utf8.ts'
import { codec, plainOutside } from './bench.ts'
import type { Deed } from './bench.ts'
import { makeTopics, silent } from './owner.ts'

/** Where an owner stands when something of the user is about to run. */
export interface Moment {
  readonly phase: 'recovering' | 'live'
  /** The same for all moments of one owner. */
  readonly owner: object
  readonly topic: string
  readonly offset: number
}

export interface Life {
  readonly end: 'dies' | 'rests'
  /** What the last acquisition rebuilt, and what the cycle then made of it. */
  readonly memory: Memory | undefined
}

export class Mortals {
  readonly log: MemoryLog = memoryLog({ keyed: true })
  readonly plan: TypePlan
  readonly clock = new SimulatedClock(1_000_000)
  #deadly: (moment: Moment) => boolean = () => false

  constructor(plan: TypePlan) {
    this.plan = plan
  }

  async start(): Promise<void> {
    await makeTopics(this.log, this.plan)
  }

  /** From here on whoever gets there dies. */
  dieAt(deadly: (moment: Moment) => boolean): void {
    this.#deadly = deadly
  }

  async append(deeds: readonly Deed[], topic = 'deeds'): Promise<void> {
    await this.log.append(deeds.map((deed) => ({ topic, partition: 0, key: utf8Encode(deed.who), value: utf8Encode(JSON.stringify(deed)), headers: [], timestampMs: deed.time })))
  }

  async all(topic: string): Promise<readonly LogRecord[]> {
    return (await this.log.read(topic, 0, 0, Infinity, { recordsMax: Infinity, bytesMax: Infinity })).records
  }

  /** One owner: acquires and takes everything, then rests without a release, or dies on the way. */
  async live({ recordsMax = 100, unfoldable }: { readonly recordsMax?: number; readonly unfoldable?: Acquisition['unfoldable'] } = {}): Promise<Life> {
    let phase: Moment['phase'] = 'recovering'
    const { plan } = this
    const log = this.log.peer()
    const { promise: assigned, resolve } = Promise.withResolvers<Lease>()
    const member = await log.join({ group: plan.group, topics: plan.inputs, metadataTopic: plan.inbox }, { assigned: resolve })
    const lease = await assigned
    const { promise: died, reject: die } = Promise.withResolvers<never>()
    died.catch(() => {})
    const witness: PartitionDeps['witness'] = {
      running: (_group, _partition, topic, offset) => {
        if (!this.#deadly({ phase, topic, offset, owner: lease })) return
        die(new Died())
        throw new Died()
      },
      resting: () => {},
    }
    const deps: PartitionDeps = {
      log, codec, clock: this.clock, random: { next: () => 0.5, uuid: () => 'life' }, telemetry: silent, plan, turnstile: new LocalTurnstile(), outside: plainOutside, models: { load: async () => undefined },
      states: () => keyedStateStore(log.keyed as KeyedReads, codec, plan, 0), witness,
      settings: { batchRecordsMax: recordsMax, batchBytesMax: 1 << 20, commitWaitMs: 0, drainMsMax: 1000, idleMs: 1_000_000, releasesMax: 100 },
      onReplies: () => {}, onTasks: () => {}, onCommitted: () => {},
    }
    try {
      return await Promise.race([died, this.#run(deps, lease, unfoldable, () => (phase = 'live'))])
    } catch (thrown) {
      if (!(thrown instanceof Died)) throw thrown
      return { end: 'dies', memory: undefined }
    } finally {
      await member.leave()
      await log.close()
    }
  }

  async #run(deps: PartitionDeps, lease: Lease, parking: Acquisition['unfoldable'], isLive: () => void): Promise<Life> {
    let unfoldable = parking
    let forced: ReadonlyMap<InputRef, Failure> = new Map()
    for (let tries = 0; tries < 10; tries += 1) {
      await lease.fence()
      const acquired = await acquire(deps, lease, { forced, unfoldable })
      unfoldable = undefined
      if (acquired.kind === 'again') continue
      if (acquired.kind !== 'live') throw new RangeError(JSON.stringify(acquired))
      isLive()
      const { memory, position } = acquired.parts
      const stop = new AbortController()
      const cycle = new Cycle(deps, lease, acquired.parts).run(stop.signal)
      let isOver = false
      const over = cycle.finally(() => (isOver = true))
      for (let quiet = 0; quiet < 3 && !isOver;) {
        await Promise.race([over, new Promise((resolve) => setTimeout(resolve, 2))])
        const ends = await Promise.all(this.plan.inputs.map(async (topic) => position.of(topic) >= (await this.log.offsetsAt(topic, 0, 'latest'))))
        const due = memory.entities.eventDues.peek()
        quiet = ends.every(Boolean) && !(due !== undefined && memory.watermarks !== undefined && due.dueMs < memory.watermarks.currentMs) ? quiet + 1 : 0
      }
      stop.abort()
      const end = await cycle
      if (end.kind === 'rejected') {
        forced = new Map([...forced, ...end.forced])
        continue
      }
      if (end.kind !== 'stopped') throw new RangeError(JSON.stringify(end))
      return { end: 'rests', memory }
    }
    throw new RangeError('not live after 10 acquisitions')
  }
}

class Died extends Error {}
