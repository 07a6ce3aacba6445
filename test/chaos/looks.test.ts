// I12: who asks for entities while a batch is in hand, also for those that it changes, is answered at once, with what the commit before it left.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { answerQuery } from '../../system/node/queries.ts'
import { planSystem } from '../../system/partition/topology.ts'
import { entityId } from '../support/partition/bench.ts'
import { givenAnswer } from '../support/chaos/asking.ts'
import { check } from '../support/chaos/checker.ts'
import { runCluster } from '../support/chaos/cluster.ts'
import type { Cluster } from '../support/chaos/cluster.ts'
import type { GivenAnswer } from '../support/chaos/deaths.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { workloadSystem } from '../support/chaos/workload.ts'
import { testSeed } from '../support/seed.ts'

const POINTS = ['after-load', 'after-step', 'before-commit', 'after-commit']
const ASKED_OF = 25
const SESSION_MS = 10_000

for (const variant of [PROCESSING, EVENT]) {
  test(`${variant.time} time`, { timeout: 120_000 }, async () => {
    const random = new SeededRandom(testSeed())
    const plans = planSystem(workloadSystem(variant))
    const answers: GivenAnswer[] = []
    // Of each commit that was asked of.
    const watermarks = new Map<string, Set<number | undefined>>()
    const counts = { early: 0, ofChanged: 0, held: 0 }
    const asking: Promise<void>[] = []
    let cluster: Cluster | undefined
    const ask = async (type: string, index: number): Promise<void> => {
      const plan = plans.get(type)
      const partition = cluster?.nodes[0]?.partition(type, index)
      const memory = partition?.live?.parts.memory
      if (plan === undefined || partition === undefined || memory === undefined || cluster === undefined) return
      // Mostly somebody whom the batch has changed.
      const known = [...memory.entities.dirty()].at(-1 - random.between(0, 3))
      const id = known === undefined || random.next() < 0.3 ? entityId(`${type}-${random.between(0, ASKED_OF)}`) : known.id
      const [seq, askedAtMs] = [memory.seq, cluster.clock.nowMs()]
      const isChanged = memory.entities.peek(id)?.seq === seq
      const answer = await answerQuery(plan, partition, cborCodec, cluster.clock, SESSION_MS, id)
      if (answer.kind !== 'state') return
      answers.push(givenAnswer(plan, id, askedAtMs, answer))
      const name = `${type}/${index} ${answer.at.epoch} ${answer.at.seq}`
      watermarks.set(name, (watermarks.get(name) ?? new Set()).add(answer.watermarkMs))
      if (answer.at.seq >= seq) return
      counts.early += 1
      if (isChanged) counts.ofChanged += 1
      if ((answer.entity?.held.length ?? 0) > 0) counts.held += 1
    }
    const probe = (point: string, group: string, index: number): void => {
      const type = group.slice(group.indexOf('.') + 1)
      if (POINTS.includes(point)) asking.push(ask(type, index))
      // When the commit is known, and the loop has not gone on yet.
      if (point === 'after-commit') queueMicrotask(() => asking.push(ask(type, index)))
    }
    const { dump } = await runCluster({ seed: testSeed(), variant, inputs: 3000, nodes: 1, telemetry: { probe }, prepared: (made) => (cluster = made) })
    await Promise.all(asking)
    assert.equal(check(dump, { variant, isFinished: true, answers: { all: answers, proofMsMax: SESSION_MS } }).text(), '')
    console.log(`${variant.time}: ${answers.length} answers, ${counts.early} before the batch in hand, ${counts.ofChanged} of them of who was changed by it, ${counts.held} with events that wait`)
    assert.deepEqual([...watermarks].filter(([, told]) => told.size > 1), [])
    assert.ok(counts.early > 200 && counts.ofChanged > 100, JSON.stringify(counts))
  })
}
