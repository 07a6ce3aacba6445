// Another model takes the place of the active one by a control record in the inbox: at its position, over crashes, until new code says otherwise.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createMachine, emit } from 'xstate'
import { wallClock } from '../../adapters/memory/clock.ts'
import { memoryLog } from '../../adapters/memory/log.ts'
import type { MemoryLog } from '../../adapters/memory/log.ts'
import { memoryModels } from '../../adapters/memory/models.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { systemClock } from '../../adapters/node/clock.ts'
import { infer } from '../../system/authoring/effects.ts'
import { defineSystem } from '../../system/authoring/system.ts'
import { activeModels } from '../../system/inspect/models.ts'
import { verifyPartition } from '../../system/inspect/verify.ts'
import { encodeModel } from '../../system/models/artifact.ts'
import { defineModel } from '../../system/models/definition.ts'
import type { Model } from '../../system/models/model.ts'
import { loadedModel } from '../../system/models/scorer.ts'
import { activationRecords } from '../../system/node/activations.ts'
import { StatelogNode } from '../../system/node/node.ts'
import { readDeadLetter } from '../../system/partition/dead-letters.ts'
import { planSystem } from '../../system/partition/topology.ts'
import type { TypePlan } from '../../system/partition/topology.ts'
import type { ModelStore } from '../../system/ports/models.ts'
import { utf8Decode, utf8Encode } from '../../system/protocol/utf8.ts'
import { codec, deedSchema, defineActor } from '../support/partition/bench.ts'
import type { Deed } from '../support/partition/bench.ts'
import { silent } from '../support/partition/owner.ts'

const modelOf = (version: number, features: readonly string[] = ['x']): Model => defineModel({ name: 'm', version, kind: 'linear', features, weights: features.map(() => version), bias: 0 })
const machine = createMachine({ on: {
  judge: { actions: infer('m', () => [1]) as never },
  'inference.m': { actions: emit((({ event }: { event: { version?: number; score?: number } }) => ({ type: 'judged', by: event.version, score: event.score })) as never) as never },
} })
const actor = defineActor({ name: 'one', version: 1, machine: machine as never, outputs: { judged: 'judged' }, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never })

/** The system whose code brings version `version`. */
const systemOf = (version: number) => defineSystem({ name: 'app', actors: [actor], models: [modelOf(version)], partitions: 1 })

class Stage {
  readonly log: MemoryLog = memoryLog({ keyed: true })
  readonly store = memoryModels()
  readonly states: string[] = []
  #node: StatelogNode | undefined
  #judged = 0

  constructor(t: TestContext) {
    t.after(() => this.#node?.stop())
  }

  get plan(): TypePlan {
    return planSystem(systemOf(1)).get('one') as TypePlan
  }

  async start(version: number, store: ModelStore = this.store): Promise<void> {
    const model = modelOf(version)
    const telemetry = { ...silent, partition: ({ state, reason }: { state: string; reason?: string }) => void this.states.push(reason === undefined ? state : `${state}: ${reason}`) }
    this.#node = new StatelogNode({ system: systemOf(version), log: this.log.peer(), codec, clock: systemClock, random: new SeededRandom(1), telemetry, models: new Map([['m', loadedModel(model)]]), modelStore: store, settings: { commitWaitMs: 0 } })
    await this.#node.start()
  }

  async stop(): Promise<void> {
    await this.#node?.stop()
  }

  /** The process is gone, without a word to the log. */
  async crash(): Promise<void> {
    const node = this.#node
    this.log.move('app.one', 0, this.log.holder('app.one', 0) ?? 0, { told: false })
    await node?.stop()
  }

  async judge(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) await this.log.append([{ topic: 'deeds', partition: 0, key: utf8Encode('a'), value: utf8Encode(JSON.stringify({ type: 'judge', who: 'a', time: 5 })), headers: [], timestampMs: 0 }])
    this.#judged += count
  }

  async activate(model: { readonly name: string; readonly version: number; readonly hash: string }): Promise<void> {
    await this.log.append(activationRecords([this.plan], codec, model, 0))
  }

  async until(fits: () => Promise<boolean> | boolean): Promise<void> {
    for (let looks = 0; looks < 2000; looks += 1) {
      if (await fits()) return
      await systemClock.sleep(5)
    }
    throw new TypeError(`not reached: ${this.states.join(', ')}`)
  }

  /** Who judged each deed, when all are judged. */
  async judges(): Promise<readonly unknown[]> {
    await this.until(async () => (await this.#all('judged')).length === this.#judged)
    return (await this.#all('judged')).map(({ value }) => (JSON.parse(utf8Decode(value ?? new Uint8Array()) ?? '') as { by: unknown }).by)
  }

  async refusals(): Promise<readonly string[]> {
    return (await this.#all('app.one.inbox.dlq')).map((record) => `${readDeadLetter(record)?.class}: ${readDeadLetter(record)?.message}`)
  }

  async #all(topic: string) {
    return (await this.log.read(topic, 0, 0, Infinity, { recordsMax: 10_000, bytesMax: Infinity })).records
  }

  async active(version: number): Promise<number | undefined> {
    const plan = planSystem(systemOf(version)).get('one') as TypePlan
    return (await activeModels({ log: this.log, codec, clock: wallClock }, plan, 0)).get('m')?.version
  }

  async verify(): Promise<void> {
    const found = await verifyPartition({ log: this.log, codec, clock: wallClock }, this.plan, 0)
    assert.deepEqual([found.gone, found.outputMismatches, found.stateMismatches], [undefined, [], []])
  }
}

test('A1: what stands before the activation is scored by the old model, what comes after by the new', async (t) => {
  const stage = new Stage(t)
  await stage.log.ensureTopics([{ name: 'deeds', partitions: 1, cleanup: 'delete' }])
  const { hash } = modelOf(2)
  await stage.store.save(hash, encodeModel(modelOf(2)))
  await stage.start(1)
  await stage.judge(3)
  assert.deepEqual(await stage.judges(), [1, 1, 1])
  await stage.activate({ name: 'm', version: 2, hash })
  await stage.until(async () => (await stage.active(1)) === 2)
  await stage.judge(2)
  assert.deepEqual(await stage.judges(), [1, 1, 1, 2, 2])
  await stage.stop()
  await stage.verify()
})

test('A2: it stands over a crash and a restart with the same code; other code brings its own; the old code then comes back with its own', async (t) => {
  const stage = new Stage(t)
  const { hash } = modelOf(7)
  await stage.store.save(hash, encodeModel(modelOf(7)))
  await stage.start(1)
  await stage.activate({ name: 'm', version: 7, hash })
  await stage.judge(1)
  await stage.until(async () => (await stage.active(1)) === 7)
  await stage.crash()
  for (const [code, judge] of [[1, 7], [1, 7], [2, 2], [1, 1]] as const) {
    await stage.start(code)
    await stage.judge(1)
    assert.equal((await stage.judges()).at(-1), judge, `code ${code}`)
    assert.equal(await stage.active(code), judge)
    await stage.stop()
  }
  await stage.verify()
})

test('A3: an unknown name, a missing artifact, damaged bytes, other features and a wrong version are dead letters; the old model goes on', async (t) => {
  const stage = new Stage(t)
  const [wide, fine] = [modelOf(3, ['x', 'y']), modelOf(4)]
  await stage.store.save(wide.hash, encodeModel(wide))
  await stage.store.save(fine.hash, encodeModel(fine))
  await stage.store.save('00', encodeModel(fine))
  await stage.start(1)
  for (const model of [{ name: 'other', version: 1, hash: 'aa' }, { name: 'm', version: 2, hash: 'aa' }, { name: 'm', version: 4, hash: '00' }, wide, { ...fine, version: 5 }]) await stage.activate(model)
  await stage.until(async () => (await stage.refusals()).length === 5)
  await stage.judge(1)
  assert.deepEqual(await stage.judges(), [1])
  const reasons = await stage.refusals()
  assert.deepEqual(reasons.map((reason) => reason.replace(/^model: model '\w+' v\d was not activated: /, '').slice(0, 30)), ["there is no model 'other' in t", 'there is no artifact aa', 'artifact 00 is damaged', 'it takes the features x, y; th', `artifact ${fine.hash.slice(0, 21)}`])
  await stage.stop()
  await stage.verify()
})

test('A3: while the artifacts cannot be reached the partition waits, says why, and loses nothing', async (t) => {
  const stage = new Stage(t)
  const model = modelOf(9)
  await stage.store.save(model.hash, encodeModel(model))
  let isDown = true
  const store: ModelStore = { ...stage.store, load: async (hash) => {
    if (isDown) throw new RangeError('the store is down')
    return stage.store.load(hash)
  } }
  await stage.start(1, store)
  await stage.activate(model)
  await stage.judge(1)
  await stage.until(() => stage.states.some((state) => /^waiting: the artifact of model 'm' v9 cannot be reached: the store is down$/.test(state)))
  isDown = false
  await stage.until(async () => (await stage.active(1)) === 9)
  await stage.judge(1)
  assert.equal((await stage.judges()).at(-1), 9)
  assert.deepEqual(await stage.refusals(), [])
  await stage.stop()
  await stage.verify()
})
