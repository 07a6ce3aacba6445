// An entity waits for a timer and for a task when its owner is killed and the snapshot cache is lost: the next owner rebuilds it from the state topic; the
// timer fires once, and what the task brings arrives once (I2, I5, I6).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Errands, keyOf } from '../support/errands/owners.ts'
import { REMIND_MS } from '../support/errands/errands.ts'
import { HAS_REDIS_SERVER, until, withRedis, WITHOUT_REDIS_SERVER } from '../support/redis.ts'
import type { RedisServer } from '../support/redis.ts'
import { serviceTest } from '../support/services.ts'

const TIMEOUT = { timeout: 120_000 }
const WAIT_MS_MAX = 40_000
const IDS = Array.from({ length: 12 }, (_, n) => `errand-${n}`)
/** Others, by which the journal goes on. */
const NUDGED = Array.from({ length: 8 }, (_, n) => `other-${n}`)
const TIMER = 1

/** What is armed stands on the state topic alone: below the floor, where no recovery folds it again. */
async function untilBelowFloor(errands: Errands): Promise<void> {
  await until(async () => {
    const stored = new Set((await errands.records(errands.plan.state)).map(keyOf))
    return IDS.every((id) => stored.has(id))
  }, WAIT_MS_MAX)
  const armed = (await errands.journals()).map((journal) => journal.at(-1)?.seq ?? 0)
  await until(async () => {
    await errands.send(NUDGED, 'nudge')
    await until(() => errands.isConsumed(), WAIT_MS_MAX)
    return (await errands.journals()).every((journal, partition) => (journal.at(-1)?.floor.seq ?? 0) > (armed[partition] ?? 0))
  }, WAIT_MS_MAX)
}

async function lose(redis: RedisServer | undefined): Promise<void> {
  if (redis === undefined) return
  assert.ok(await redis.admin.dbsize() > 0, 'there was something to lose')
  await redis.admin.flushall()
}

async function outcomesOf(errands: Errands): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = Map.groupBy(await errands.records('outcomes'), keyOf)
  return new Map([...found].map(([id, outcomes]) => [id, outcomes.map(({ record }) => (JSON.parse(new TextDecoder().decode(record.value ?? undefined)) as { readonly type: string }).type).sort()]))
}

async function lost(kafka: string, redis: RedisServer | undefined): Promise<void> {
  const errands = await Errands.on(kafka)
  try {
    const first = errands.owner({ redis: redis?.url, aheadMs: 0, hangs: true })
    await errands.send(IDS, 'start')
    await until(() => first.started.length === IDS.length, WAIT_MS_MAX)
    await untilBelowFloor(errands)
    await first.kill()
    await lose(redis)
    assert.equal((await outcomesOf(errands)).size, 0)

    const second = errands.owner({ redis: redis?.url, aheadMs: REMIND_MS + 1000, hangs: false })
    await until(async () => (await errands.records('outcomes')).length >= 2 * IDS.length, WAIT_MS_MAX)
    assert.deepEqual([...second.started].sort(), [...first.started].sort())
    const repeated = await errands.repeatResults()
    assert.equal(repeated, IDS.length)
    await untilBelowFloor(errands)
    await second.kill()
    await lose(redis)

    // Much later nobody finds anything left to do.
    const third = errands.owner({ redis: redis?.url, aheadMs: 10 * REMIND_MS, hangs: false })
    await errands.send([...IDS, ...NUDGED], 'nudge')
    await until(() => errands.isConsumed(), WAIT_MS_MAX)
    await third.kill()
    assert.deepEqual(third.started, [])
    const outcomes = await outcomesOf(errands)
    assert.deepEqual([...outcomes.keys()].sort(), [...IDS].sort())
    for (const [id, types] of outcomes) assert.deepEqual(types, ['fetched', 'reminded'], id)
    const journals = await errands.journals()
    const fired = journals.flat().flatMap(({ timers }) => timers.filter(({ due }) => due.kind === TIMER)).map(({ due }) => due.entity)
    assert.deepEqual([...fired].sort(), [...IDS].sort())
    assert.equal(journals.flat().reduce((sum, { drops }) => sum + (drops.get('stale-task') ?? 0), 0), repeated)
    for (const journal of journals) assert.deepEqual(journal.filter(({ kind }) => kind === 'lease').map(({ epoch }) => epoch), [1, 2, 3])
    assert.deepEqual(await errands.problems(), [])
  } finally {
    await errands.close()
  }
}

serviceTest('kafka', 'timer and task outlive their owner and its memory, each with one outcome', TIMEOUT, (kafka) => lost(kafka, undefined))

const FLUSHED = 'timer and task outlive their owner and a flushed Redis, each with one outcome'
if (HAS_REDIS_SERVER) serviceTest('kafka', FLUSHED, TIMEOUT, (kafka) => withRedis([], (redis) => lost(kafka, redis)))
else test(FLUSHED, WITHOUT_REDIS_SERVER, () => {})
