// The snapshot cache in Redis and in Valkey is disposable (I6): whatever happens to the server, outputs and states stay those of a run without one.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SeededRandom } from '../../adapters/memory/random.ts'
import { check } from '../support/chaos/checker.ts'
import { runCluster } from '../support/chaos/cluster.ts'
import { comparableOutputs } from '../support/chaos/comparable.ts'
import type { LogDump } from '../support/chaos/dump.ts'
import { replayAll } from '../support/chaos/replay.ts'
import { RedisTorments } from '../support/chaos/torment-redis.ts'
import { Tormentor } from '../support/chaos/torment.ts'
import type { Torment } from '../support/chaos/torment.ts'
import { EVENT } from '../support/chaos/variant.ts'
import { SERVER_PROGRAMS, withRedis, WITHOUT_REDIS_SERVER } from '../support/redis.ts'
import type { ServerProgram } from '../support/redis.ts'
import { testSeed } from '../support/seed.ts'

/** As in test/chaos/cache.test.ts: nothing depends on processing time, and each batch reads its entities. */
const TIGHT = { ...EVENT, entityBytesMax: 1, dedup: { count: 500, withinMs: 3_600_000 }, keepStoppedMs: 3_600_000 }
const OUTPUTS = ['account-out', 'pool-out']
const INPUTS = 1600
/** Of reads that find the cache tormented. */
const SHARE = 0.4
const TORMENTS: readonly Torment[] = ['flush', 'delete', 'corrupt', 'copy', 'roll back', 'drop a write', 'swap', 'another life', 'unreachable', 'unreachable']
/** Of each torment, in all runs; and runs that begin together: most of their time is waiting for servers that are killed or stand still. */
const TIMES_MIN = { redis: 30, valkey: 12 }
const AT_ONCE = { redis: 2, valkey: 1 }
const SEEDS_MAX = 5

async function untormented(seed: number): Promise<LogDump> {
  return (await runCluster({ seed, variant: { ...EVENT, dedup: TIGHT.dedup, keepStoppedMs: TIGHT.keepStoppedMs }, inputs: INPUTS, calm: true, nodes: 1 })).dump
}

interface Tally {
  readonly counts: Map<string, number>
  reads: number
  restarts: number
  told: number
}

async function tormentedRun(program: ServerProgram, seed: number, tally: Tally): Promise<void> {
  await withRedis([], async (server) => {
    const torments = new RedisTorments(server)
    const tormentor = new Tormentor(torments, new SeededRandom(seed), TORMENTS)
    let restarting: Promise<void> | undefined
    const { dump, log } = await runCluster({
      seed, variant: TIGHT, inputs: INPUTS, calm: true, nodes: 1, cache: tormentor.tormented(SHARE), outside: tormentor.outside, batchRecordsMax: 10,
      prepared: (cluster) => cluster.log.onCommit(() => (cluster.random.next() < 0.02 ? { kind: 'unknown', applied: cluster.random.next() < 0.5, reason: 'as the test asked' } : undefined)),
      between: (cluster) => {
        if (restarting !== undefined || cluster.random.next() > 0.04) return
        tally.restarts += 1
        restarting = cluster.restart(0).finally(() => (restarting = undefined))
      },
    })
    assert.equal(check(dump, { variant: TIGHT, isFinished: true }).text(), '', `seed ${seed}`)
    assert.deepEqual(comparableOutputs(dump, OUTPUTS), comparableOutputs(await untormented(seed), OUTPUTS))
    assert.deepEqual((await replayAll(log, dump, TIGHT)).differences, [])
    const { unreachable: _, ...others } = Object.fromEntries(tormentor.counts)
    for (const [name, times] of Object.entries({ ...others, pause: torments.pauses, kill: torments.kills })) tally.counts.set(name, (tally.counts.get(name) ?? 0) + times)
    tally.reads += tormentor.loads
    tally.told += torments.told.length
  }, program)
}

async function torment(program: ServerProgram): Promise<void> {
  const tally: Tally = { counts: new Map(), reads: 0, restarts: 0, told: 0 }
  const seeds: number[] = []
  const timesMin = TIMES_MIN[program.name]
  // How often each comes depends on how fast the server answers: another seed, while one came too seldom.
  const isEnough = (): boolean => tally.counts.size === TORMENTS.length && [...tally.counts.values()].every((times) => times >= timesMin)
  const another = (): Promise<void> => {
    const seed = testSeed() + seeds.length
    seeds.push(seed)
    return tormentedRun(program, seed, tally)
  }
  await Promise.all(Array.from({ length: AT_ONCE[program.name] }, another))
  while (!isEnough() && seeds.length < SEEDS_MAX) await another()
  console.log(`${program.name}, seeds ${seeds.join(', ')}: ${[...tally.counts].map(([name, times]) => `${times} ${name}`).join(', ')}; ${tally.restarts} restarts; ${tally.reads} reads; ${tally.told} changes told`)
  assert.equal(tally.counts.size, TORMENTS.length)
  for (const [name, times] of tally.counts) assert.ok(times >= timesMin, `${times} ${name}`)
  assert.ok(tally.restarts > 0)
}

const KEPT = 'outputs and states survive every torment, and the journal replays without a cache'

describe('the cache on real servers', { concurrency: SERVER_PROGRAMS.length || 1 }, () => {
  for (const program of SERVER_PROGRAMS) test(`over ${program.name}: ${KEPT}`, () => torment(program))
  if (SERVER_PROGRAMS.length === 0) test(KEPT, WITHOUT_REDIS_SERVER, () => {})
})
