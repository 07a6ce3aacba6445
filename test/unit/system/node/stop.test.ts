// A stop ends in time, also while the log is away and a commit waits for it; what was not committed is read again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { defineSystem } from '../../../../system/authoring/system.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import type { CommitOutcome, Lease, Log } from '../../../../system/ports/log.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { codec, deedSchema, defineActor } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'

const DRAIN_MS = 1000
const TURNS_MAX = 2000
const DEED: Deed = { type: 'x', time: 1, who: 'a' }
const actor = defineActor({ name: 'one', version: 1, machine: createMachine({ context: { n: 0 }, on: { '*': {} } }) as never, sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never })
const system = defineSystem({ name: 'app', actors: [actor], partitions: 1 })

class Stage {
  readonly log: MemoryLog = memoryLog({ keyed: true })
  readonly clock = new SimulatedClock()
  readonly hurry = new AbortController()
  readonly node: StatelogNode
  isAway = false
  waiting = 0

  constructor() {
    this.node = this.nodeOn(new Proxy(this.log, { get: (target, name) => (name === 'join' ? (...[membership, handler]: Parameters<Log['join']>) => target.join(membership, { assigned: (lease) => handler.assigned(this.#unsteady(lease)) }) : memberOf(target, name)) }))
  }

  nodeOn(log: Log): StatelogNode {
    return new StatelogNode({ system, log, codec, clock: this.clock, random: new SeededRandom(1), models: new Map(), telemetry: silent, settings: { drainMsMax: DRAIN_MS, commitWaitMs: 0 }, hurry: this.hurry.signal })
  }

  /** Its commits wait for ever while brokers are away. */
  #unsteady(lease: Lease): Lease {
    const commit = (batch: Parameters<Lease['commit']>[0]): Promise<CommitOutcome> => {
      if (!this.isAway) return lease.commit(batch)
      this.waiting += 1
      return new Promise(() => {})
    }
    return new Proxy(lease, { get: (target, name) => (name === 'commit' ? commit : memberOf(target, name)) })
  }

  /** With a commit that waits, or at rest. */
  async start(hasCommit: boolean): Promise<void> {
    await this.node.start()
    await until(() => this.node.partition('one', 0)?.state === 'live')
    this.isAway = true
    if (!hasCommit) return
    await this.log.append([{ topic: 'deeds', partition: 0, key: utf8Encode('a'), value: utf8Encode(JSON.stringify(DEED)), headers: [], timestampMs: 1 }])
    await until(() => this.waiting > 0)
  }
}

function memberOf(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target)
  return typeof value === 'function' ? value.bind(target) as unknown : value
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns += 1) {
    assert.ok(turns < TURNS_MAX, `still waiting: ${String(isSo)}`)
    await turn()
  }
}

/** Whether a stop is over after so long. */
async function stopsWithin(stage: Stage, ms: number): Promise<readonly [before: boolean, then: boolean]> {
  let isOver = false
  const look = async (): Promise<boolean> => {
    for (let turns = 0; turns < 20; turns += 1) await turn()
    return isOver
  }
  void stage.node.stop().then(() => (isOver = true))
  await look()
  stage.clock.advance(ms - 1)
  const before = await look()
  stage.clock.advance(1)
  return [before, await look()]
}

for (const hasCommit of [true, false]) {
  test(`a stop is over after twice its time to drain while no broker takes ${hasCommit ? 'the commit in hand' : 'a release'}`, { timeout: 5000 }, async () => {
    const stage = new Stage()
    await stage.start(hasCommit)
    assert.deepEqual(await stopsWithin(stage, 2 * DRAIN_MS), [false, true])
  })
}

test('a hurried stop is over after its time to drain', { timeout: 5000 }, async () => {
  const stage = new Stage()
  await stage.start(true)
  stage.hurry.abort()
  assert.deepEqual(await stopsWithin(stage, DRAIN_MS), [false, true])
})

test('what such a stop left uncommitted is read and committed after the next start', { timeout: 5000 }, async () => {
  const stage = new Stage()
  await stage.start(true)
  const journalEnd = (): Promise<number> => stage.log.offsetsAt('app.one.journal', 0, 'latest')
  const before = await journalEnd()
  await stopsWithin(stage, 2 * DRAIN_MS)
  assert.equal(await journalEnd(), before)
  const next = stage.nodeOn(stage.log)
  await next.start()
  await until(() => next.partition('one', 0)?.live?.parts.position.of('deeds') === 1)
  await next.stop()
})
