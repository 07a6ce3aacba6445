// I12: who asks for entities while a batch is in hand, also for those that it changes, is answered at once, with all of what the commit before it left.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planSystem } from '../../system/partition/topology.ts'
import type { Telemetry } from '../../system/ports/telemetry.ts'
import { givenAnswer } from '../support/chaos/asking.ts'
import { check } from '../support/chaos/checker.ts'
import { runCluster } from '../support/chaos/cluster.ts'
import type { Cluster } from '../support/chaos/cluster.ts'
import { Looker } from '../support/chaos/looker.ts'
import { EVENT, PROCESSING } from '../support/chaos/variant.ts'
import { workloadSystem } from '../support/chaos/workload.ts'
import { testSeed } from '../support/seed.ts'

const SESSION_MS = 10_000
/** Early answers before a commit ends badly. */
const UNKNOWN_AFTER = 100

for (const variant of [PROCESSING, EVENT]) {
  test(`${variant.time} time`, { timeout: 120_000 }, async () => {
    const looker = new Looker(planSystem(workloadSystem(variant)), testSeed(), SESSION_MS)
    const { told, counts, views, clock, batch } = looker
    let cluster: Cluster | undefined
    let unknown = 0
    const probe: Telemetry['probe'] = (point, group, index) => {
      looker.probe(point, group, index)
      if (point !== 'before-commit' || unknown > 0 || counts.early < UNKNOWN_AFTER) return
      unknown += 1
      cluster?.log.inject(group, index, { kind: 'unknown', applied: true, reason: 'as the test asked' })
    }
    const prepared = (made: Cluster): void => {
      cluster = made
      looker.follow(made)
    }
    // In large parts: a fold gives way after so many inputs that small ones would never be asked of amid it.
    const { dump } = await runCluster({ seed: testSeed(), variant, inputs: 3000, parts: 5, nodes: 1, batchRecordsMax: 1000, clock, telemetry: { probe, batch }, prepared })
    await looker.end()
    console.log(`${variant.time}: ${told.length} answers, ${JSON.stringify(counts)}`)
    const all = told.map(({ plan, id, askedAtMs, answer }) => givenAnswer(plan, id, askedAtMs, answer))
    assert.equal(check(dump, { variant, isFinished: true, answers: { all, proofMsMax: SESSION_MS } }).text(), '')
    const watermarks = new Map<string, Set<number | undefined>>()
    for (const { plan, id, answer } of told) {
      const wanted = views.wanted(plan.group, id, answer)
      if (wanted !== 'unknown') assert.deepEqual(answer.entity, wanted, `${plan.group} '${id}' at epoch ${answer.at.epoch}, seq ${answer.at.seq}`)
      const name = `${plan.group}/${answer.at.partition} ${answer.at.epoch} ${answer.at.seq}`
      watermarks.set(name, (watermarks.get(name) ?? new Set()).add(answer.watermarkMs))
    }
    assert.deepEqual([...watermarks].filter(([, times]) => times.size > 1), [])
    assert.equal(unknown, 1)
    assert.ok(counts.early > 200 && counts.ofChanged > 100 && counts.amid > 20 && counts.tasks > 0, JSON.stringify(counts))
    if (variant.time === 'processing') assert.ok(counts.timers > 20, JSON.stringify(counts))
    else assert.ok(counts.held > 20 && new Set([...watermarks.values()].flatMap((times) => [...times])).size > 20, JSON.stringify(counts))
  })
}
