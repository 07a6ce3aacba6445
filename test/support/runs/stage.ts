// Stage: one actor type on one partition of a memory log, driven by hand in simulated time: for tests that name one fact.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { SimulatedClock } from '../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import { checkedEngine } from '../statecharts/checked-engine.ts'
import { actorDefiner } from '../../../system/authoring/actor.ts'
import type { ActorOptions } from '../../../system/authoring/actor.ts'
import type { StandardSchemaV1 } from '../../../system/authoring/standard-schema.ts'
import { defineSystem } from '../../../system/authoring/system.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { readDeadLetter } from '../../../system/partition/dead-letters.ts'
import { encodeEnvelope } from '../../../system/partition/envelope.ts'
import type { Envelope } from '../../../system/partition/envelope.ts'
import { decodeJournal } from '../../../system/partition/journal.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import type { AnyStateMachine } from 'xstate'
import { readAll, textOf } from './history.ts'
import { START_MS } from './plan.ts'

const anything: StandardSchemaV1<unknown, MachineEvent> = { '~standard': { version: 1, vendor: 'stage', validate: (value) => ({ value: value as MachineEvent }) } }

export class Stage {
  readonly clock = new SimulatedClock(START_MS)
  /** States of the partition's life, as they came. */
  readonly moves: string[] = []
  readonly #log = memoryLog({ keyed: true, clock: this.clock })
  readonly #node: StatelogNode
  /** Prefers larger batches to earlier ones, so that what is fed together is folded together. */
  constructor(machine: unknown, options: Partial<ActorOptions<AnyStateMachine, Record<never, never>>> = {}) {
    const actor = actorDefiner(checkedEngine, true)({
      name: 'one', version: 1, machine: machine as AnyStateMachine, snapshotEvery: 0, outputs: { out: 'outs' },
      sources: { src: { schema: anything, key: (event: MachineEvent) => String(event['who']), time: (event: MachineEvent) => event['time'] as number } } as never,
      ...options,
    })
    this.#node = new StatelogNode({
      system: defineSystem({ name: 'stage', actors: [actor], partitions: 1 }), log: this.#log, codec: cborCodec, clock: this.clock, random: new SeededRandom(1), models: new Map(),
      telemetry: { partition: ({ state }) => this.moves.push(state), batch: () => {}, log: () => {}, probe: () => {} }, settings: { commitWaitMs: 0 },
    })
  }

  get commands(): StatelogNode['commands'] {
    return this.#node.commands
  }

  async start(): Promise<this> {
    await this.#node.start()
    await this.settle()
    return this
  }

  /** All in one batch. */
  async feed(...events: readonly (Partial<MachineEvent> & { readonly type: string })[]): Promise<void> {
    await this.#append('src', events.map((event) => new TextEncoder().encode(JSON.stringify({ who: 'a', time: this.clock.nowMs(), ...event }))))
  }

  async inbox(...envelopes: readonly Envelope[]): Promise<void> {
    await this.#append('stage.one.inbox', envelopes.map((envelope) => encodeEnvelope(cborCodec, envelope)))
  }

  async pass(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0; ) {
      const strideMs = Math.min(leftMs, Math.max(1, this.clock.nextMs))
      this.clock.advance(strideMs)
      leftMs -= strideMs
      await this.settle()
    }
  }

  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** The newest stored form of entity a; undefined: none. */
  async state(): Promise<{ readonly m: { readonly value: unknown; readonly context: unknown }; readonly k?: readonly (readonly unknown[])[] } | undefined> {
    const value = (await readAll(this.#log, 'stage.one.state', 0)).findLast((record) => textOf(record.key) === 'a')?.value
    const decoded = value === undefined || value === null ? undefined : cborCodec.decode(value)
    return decoded?.kind === 'ok' ? decoded.value as never : undefined
  }

  async context(): Promise<unknown> {
    return (await this.state())?.m.context
  }

  async outputs(topic = 'outs'): Promise<readonly string[]> {
    return (await readAll(this.#log, topic, 0)).map((record) => textOf(record.value))
  }

  async classes(topic = 'src'): Promise<readonly (string | undefined)[]> {
    return (await readAll(this.#log, `${topic}.dlq`, 0)).map((record) => readDeadLetter(record)?.class)
  }

  /** Drops by reason, over all commits. */
  async drops(): Promise<Record<string, number>> {
    const drops: Record<string, number> = {}
    for (const { value } of await readAll(this.#log, 'stage.one.journal', 0)) {
      for (const [reason, count] of (value === null ? undefined : decodeJournal(cborCodec, value))?.drops ?? []) drops[reason] = (drops[reason] ?? 0) + count
    }
    return drops
  }

  async stop(): Promise<void> {
    let isDone = false
    const done = this.#node.stop().finally(() => (isDone = true))
    for (await this.settle(); !isDone; await this.settle()) this.clock.advance(Math.min(1000, this.clock.nextMs))
    await done
  }

  async #append(topic: string, values: readonly Uint8Array[]): Promise<void> {
    await this.#log.append(values.map((value) => ({ topic, partition: 0, key: new TextEncoder().encode('a'), value, headers: [], timestampMs: this.clock.nowMs() })))
    await this.settle()
  }
}
