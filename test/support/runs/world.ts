// World: the real runtime under a run's script: nodes over one memory log, a clock that moves only here, faults on demand.
//
// Owns: the processes (a node over a peer of the log each), the clock's movement, what callers and telemetry saw. Decides nothing about right or wrong.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { MemoryCache } from '../../../adapters/memory/cache.ts'
import { SimulatedClock } from '../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import { defineSystem } from '../../../system/authoring/system.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import { defineTable } from '../../../system/authoring/table.ts'
import type { Table } from '../../../system/authoring/table.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { encodeEnvelope, encodeSourceControl, SOURCE_CONTROL_HEADER } from '../../../system/partition/envelope.ts'
import type { Envelope } from '../../../system/partition/envelope.ts'
import type { LoadedModel, Score } from '../../../system/ports/models.ts'
import type { Telemetry } from '../../../system/ports/telemetry.ts'
import { partitionOf } from '../../../system/protocol/murmur2.ts'
import { OperationError } from '../../../system/protocol/failures.ts'
import type { Worker } from './machine-build.ts'
import { APP, artifacts, mainType, peerType, RISK, RISK_LATER } from './actor-types.ts'
import { START_MS } from './plan.ts'
import type { Feed, RunPlan, Step } from './plan.ts'
import { limitOf, RECORD_BYTES_MAX, riskOf } from './spec.ts'

const LOOKS_MAX = 20_000

interface Process {
  readonly node: StatelogNode
  readonly log: MemoryLog
}

export class World {
  readonly plan: RunPlan
  readonly clock = new SimulatedClock(START_MS)
  readonly log: MemoryLog
  readonly system: SystemDefinition
  readonly counts = new Map<string, number>()
  /** What callers got, by command. */
  readonly answers = new Map<string, unknown[]>()
  /** `log` effects by entity of the main type, as telemetry saw them. */
  readonly logs = new Map<string, unknown[]>()
  readonly complaints: string[] = []
  readonly #random: SeededRandom
  readonly #cache: MemoryCache | undefined
  readonly #attempts = new Map<string, number>()
  #processes: Process[] = []
  /** Nothing fails any more that could be mended. */
  #isHealed = false

  constructor(plan: RunPlan) {
    this.plan = plan
    this.#random = new SeededRandom(plan.seed)
    this.#cache = plan.cached ? new MemoryCache() : undefined
    this.log = memoryLog({ keyed: !plan.cached, clock: this.clock, recordBytesMax: RECORD_BYTES_MAX })
    this.system = defineSystem({ name: APP, partitions: plan.partitions, models: [RISK], tables: [this.#limits()], actors: [mainType(plan, this.#worker), peerType(plan, this.#worker)] })
    if (plan.slowCommits) this.log.onCommit(async () => {
      if (this.#random.next() < 0.3) await this.clock.sleep(this.#random.between(1, 50))
      return undefined
    })
  }

  get first(): StatelogNode {
    return (this.#processes[0] as Process).node
  }

  /** Runs the script, heals, waits until all is consumed, and stops in good order. */
  async run(): Promise<void> {
    await this.#start()
    await this.#settle()
    for (const step of this.plan.steps) await this.#step(step)
    await this.#end()
    await this.#stopAll()
    this.#isHealed = true
    await this.#start()
    await this.#untilConsumed()
    await this.#stopAll()
  }

  readonly #worker: Worker = async ({ delayMs, fails, amount }, key, signal) => {
    const attempt = (this.#attempts.get(key) ?? 0) + 1
    this.#attempts.set(key, attempt)
    if (delayMs > 0) await this.clock.sleep(delayMs, signal)
    if (attempt <= fails) throw new TypeError('the work failed')
    return { amount }
  }

  async #start(): Promise<void> {
    const log = this.log.peer()
    const { plan } = this
    const node = new StatelogNode({
      system: this.system, log, codec: cborCodec, clock: this.clock, random: this.#random, telemetry: this.#telemetry(),
      models: new Map([['risk', this.#model()]]), modelStore: artifacts(),
      ...(this.#cache === undefined ? {} : { cache: this.#cache }),
      settings: { batchRecordsMax: plan.batchRecordsMax, commitWaitMs: plan.commitWaitMs, releasesMax: plan.releasesMax },
    })
    this.#processes.push({ node, log })
    await node.start()
  }

  /** Answers at once or later; now and then not at all. */
  #limits(): Table {
    const rowsOf = (keys: readonly string[]): readonly unknown[] => keys.map(limitOf).map((row) => (row === 'unfit' ? { amount: () => 1 } : row))
    return defineTable({ name: 'limits', find: (keys) => {
      const chance = this.#random.next()
      if (chance < 0.04 && !this.#isHealed) {
        this.count('table down')
        throw new TypeError('the table is down')
      }
      return chance < 0.3 ? this.clock.sleep(this.#random.between(0, 5)).then(() => rowsOf(keys)) : rowsOf(keys)
    } })
  }

  #model(): LoadedModel {
    const scores = (vectors: readonly (readonly number[])[]): readonly Score[] => vectors.map((vector) => {
      const score = riskOf(vector)
      return score === undefined ? { kind: 'none', reason: 'no risk' } : { kind: 'score', score }
    })
    const slow = async (vectors: readonly (readonly number[])[]): Promise<readonly Score[]> => {
      await this.clock.sleep(this.#random.between(0, 5))
      return scores(vectors)
    }
    return { name: RISK.name, version: RISK.version, hash: RISK.hash, score: this.plan.slowModel ? slow : scores }
  }

  #telemetry(): Telemetry {
    return {
      partition: ({ group, partition, state, reason }) => {
        if (state === 'recovering') this.count('acquired')
        if (state === 'failed' || state === 'position-moved') this.complaints.push(`${group}/${partition} is ${state}: ${reason}`)
      },
      batch: () => this.count('batch'),
      log: (level, message, detail) => {
        const effect = /^main\/(.*): run$/.exec(message)
        if (effect !== null) this.logs.set(effect[1] as string, [...(this.logs.get(effect[1] as string) ?? []), detail])
        if (level === 'error' || message.includes('rebased')) this.complaints.push(`${level}: ${message} ${String(detail ?? '')}`)
      },
      probe: () => {},
    }
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  async #step(step: Step): Promise<void> {
    this.count(step.kind === 'restart' ? `restart ${step.how}` : step.kind === 'fault' ? `fault ${step.fault}` : step.kind)
    switch (step.kind) {
      case 'feed':
        for (const feed of step.records) await this.#append(feed.source, feed)
        return this.#settle()
      case 'command': return this.#ask(step)
      case 'forge': return this.#forge(step)
      case 'activate': return this.#activate(step)
      case 'pass': return this.#pass(step.ms)
      case 'restart': return this.#restart(step)
      case 'fault': return this.#fault(step)
      case 'join': return this.#join(step)
    }
  }

  async #append(source: Feed['source'], feed: Feed): Promise<void> {
    const topic = this.plan.variant === 'event-arrival' ? 'a' : source
    await this.#write(topic, feed.key, new TextEncoder().encode(feed.text))
  }

  async #write(topic: string, key: string, value: Uint8Array): Promise<void> {
    const bytes = new TextEncoder().encode(key)
    const outcome = await this.log.append([{ topic, partition: partitionOf(bytes, this.plan.partitions), key: bytes, value, headers: [], timestampMs: this.clock.nowMs() }])
    if (outcome.kind !== 'done') throw new TypeError(outcome.reason)
  }

  async #ask(step: Extract<Step, { kind: 'command' }>): Promise<void> {
    const answers = this.answers.get(step.id) ?? []
    this.answers.set(step.id, answers)
    void this.first.commands.ask('main', step.entity, step.event, { deadlineMs: 100_000, commandId: step.id }).then(
      (reply) => answers.push(reply),
      (thrown: unknown) => {
        if (!(thrown instanceof OperationError)) this.complaints.push(`a command failed: ${String(thrown)}`)
      },
    )
    await this.#settle()
  }

  async #forge({ entity, what, nth }: Extract<Step, { kind: 'forge' }>): Promise<void> {
    const timeMs = this.clock.nowMs()
    const event = { type: ['xstate.done.actor.work1', 'xstate.error.actor.work2', 'inference.risk', 'xstate.init', 'xstate.after.300.n2', 'xstate.stop'][nth] as string, output: { amount: 1 }, score: 1 }
    const envelope: Envelope = what === 'command' ? { kind: 'command', id: `forged${nth}`, timeMs, event }
      : what === 'task' ? { kind: 'task', task: 'work1', key: `main/${entity}/work1/${nth}-1`, timeMs, ok: nth % 2 === 0, value: { amount: nth } }
      : { kind: 'tell', sender: `${APP}.peer`, senderPartition: 0, watermark: undefined, id: 'forged', timeMs, ingestedMs: timeMs, origin: { source: 'a', id: 'forged' }, event }
    await this.#write(`${APP}.main.inbox`, entity, encodeEnvelope(cborCodec, envelope))
    await this.#settle()
  }

  async #activate({ partition, model }: Extract<Step, { kind: 'activate' }>): Promise<void> {
    const { version, hash } = model === 'old' ? RISK : RISK_LATER
    const value = encodeEnvelope(cborCodec, { kind: 'activation', model: 'risk', version, hash: model === 'unknown' ? 'ab' : hash, timeMs: this.clock.nowMs() })
    await this.log.append([{ topic: `${APP}.main.inbox`, partition: partition % this.plan.partitions, key: null, value, headers: [], timestampMs: this.clock.nowMs() }])
    await this.#settle()
  }

  async #restart({ how, applied }: Extract<Step, { kind: 'restart' }>): Promise<void> {
    if (how === 'orderly') await this.#stopAll()
    else {
      // Cut: the process ends while commits are on their way.
      if (how === 'cut') for (let partition = 0; partition < this.plan.partitions; partition += 1) this.log.inject(`${APP}.main`, partition, { kind: 'unknown', applied, reason: 'cut' })
      if (how === 'cut') await this.#settle()
      for (const { log } of this.#processes.splice(0)) await log.close()
    }
    await this.#start()
    await this.#settle()
  }

  async #fault({ type, partition, fault }: Extract<Step, { kind: 'fault' }>): Promise<void> {
    this.log.inject(`${APP}.${type}`, partition % this.plan.partitions, fault === 'fenced' ? { kind: 'fenced' } : { kind: 'unknown', applied: fault === 'applied', reason: 'injected' })
  }

  async #join({ partition, zombie }: Extract<Step, { kind: 'join' }>): Promise<void> {
    await this.#start()
    await this.#settle()
    const index = partition % this.plan.partitions
    if (zombie) this.log.move(`${APP}.main`, index, this.log.holder(`${APP}.main`, index) === 0 ? 1 : 0, { told: false })
    await this.#settle()
  }

  /** Everything that can run without time has run. */
  async #settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** In at most a dozen strides: what sleeps less than one wakes late, as on a busy machine. */
  async #pass(ms: number): Promise<void> {
    let leftMs = ms
    await this.#settle()
    while (leftMs > 0) {
      const strideMs = Math.min(leftMs, Math.max(Math.ceil(this.clock.nextMs), Math.ceil(ms / 12)))
      this.clock.advance(strideMs)
      leftMs -= strideMs
      await this.#settle()
    }
  }

  /** Lets time pass until the promise is settled. */
  async #pump(promise: Promise<unknown>): Promise<void> {
    let isDone = false
    const done = promise.finally(() => (isDone = true))
    await this.#settle()
    for (let looks = 0; !isDone && looks < LOOKS_MAX; looks += 1) {
      if (this.clock.nextMs !== Infinity) this.clock.advance(this.clock.nextMs)
      await this.#settle()
    }
    if (!isDone) throw new TypeError('I10: a stop does not end')
    await done
  }

  async #stopAll(): Promise<void> {
    for (const { node, log } of this.#processes.splice(0)) {
      await this.#pump(node.stop())
      await log.close()
    }
  }

  /** Sources promise that nothing older comes. */
  async #end(): Promise<void> {
    if (this.plan.variant === 'processing') return
    const value = encodeSourceControl(cborCodec, { watermark: this.plan.endMs })
    for (const topic of this.plan.variant === 'event-arrival' ? ['a'] : ['a', 'b']) {
      for (let partition = 0; partition < this.plan.partitions; partition += 1) {
        await this.log.append([{ topic, partition, key: null, value: null, headers: [[SOURCE_CONTROL_HEADER, value]], timestampMs: this.clock.nowMs() }])
      }
    }
  }

  /** Until nothing is left to consume, and in event time nothing left to release. */
  async #untilConsumed(): Promise<void> {
    for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
      await this.#settle()
      if (this.complaints.length > 0 || (await this.#isConsumed())) return
      if (this.clock.nextMs !== Infinity) this.clock.advance(this.clock.nextMs)
    }
    this.complaints.push(`I10: not consumed: ${JSON.stringify(await this.first.status())}`)
  }

  async #isConsumed(): Promise<boolean> {
    const status = await this.first.status()
    if (status.length < 2 * this.plan.partitions || status.some(({ state, lag }) => state !== 'live' || lag > 0)) return false
    return status.every(({ type, partition }) => {
      const memory = this.first.partition(type, partition)?.live?.parts.memory
      if (memory?.watermarks === undefined) return true
      const dueMs = memory.entities.eventDues.peek()?.dueMs ?? Infinity
      return memory.watermarks.currentMs === this.plan.endMs && dueMs >= this.plan.endMs
    })
  }
}
