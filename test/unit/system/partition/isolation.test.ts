import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { lookAt } from '../../../../adapters/node/look.ts'
import { partitionHealth } from '../../../../system/inspect/health.ts'
import { silentTelemetry } from '../../../../system/inspect/silence.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { encodeJournal } from '../../../../system/partition/journal.ts'
import type { JournalRecord } from '../../../../system/partition/journal.ts'
import { lastRecord } from '../../../../system/partition/survey.ts'
import { planSystem, topicSpecs } from '../../../../system/partition/topology.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { accounts, deeds } from '../../../support/parking/accounts.ts'

const plan = planSystem(accounts).get('account') as TypePlan

/** An owner of everything that takes `count` more deeds of one account, then ends. Answers what it said about isolation. */
async function owner(log: MemoryLog, { seed, count, end }: { readonly seed: number; readonly count: number; readonly end: 'dies' | 'stops' }): Promise<readonly string[]> {
  const said: string[] = []
  const key = utf8Encode('a1')
  await log.append(deeds(count, []).map((deed) => ({ topic: 'deeds', partition: partitionOf(key, 2), key, value: utf8Encode(JSON.stringify({ ...deed, account: 'a1' })), headers: [], timestampMs: deed.time })))
  const peer = log.peer()
  const node = new StatelogNode({
    system: accounts, log: peer, codec: cborCodec, clock: wallClock, random: new SeededRandom(seed), models: new Map(), settings: { commitWaitMs: 0, batchRecordsMax: 100 },
    telemetry: { ...silentTelemetry, log: (level, message) => void (message.includes('isolat') && said.push(`${level} ${message}`)) },
  })
  await node.start()
  for (let look = await lookAt(peer, node); look.lag > 0 || !look.partitions.every(({ state }) => state === 'live');) {
    await wallClock.sleep(2)
    look = await lookAt(peer, node)
  }
  if (end === 'stops') await node.stop()
  await peer.close()
  return said
}

test('that a partition isolates, and that its isolation is over, is said once each; health tells attempts and the suspect', async () => {
  const log = memoryLog({ keyed: true })
  await log.ensureTopics(topicSpecs(planSystem(accounts)))
  const at = partitionOf(utf8Encode('a1'), 2)
  const health = () => partitionHealth(log, cborCodec, plan, at, async () => null)
  assert.deepEqual(await owner(log, { seed: 1, count: 3, end: 'dies' }), [])
  assert.deepEqual(await owner(log, { seed: 2, count: 3, end: 'dies' }), [])
  assert.deepEqual([(await health()).attempts, (await health()).isIsolated], [2, false])

  const third = await owner(log, { seed: 3, count: 3, end: 'dies' })
  assert.deepEqual(third.filter((text) => text.includes(`/${at}:`)), [`warn accounts.account/${at}: isolated: 2 owners in a row died early; it takes one input at a time, each named in the journal before it runs, until 20 batches have gone well`])
  const early = await health()
  assert.deepEqual([early.attempts, early.isIsolated, early.suspect, early.problems], [3, true, undefined, []])

  const last = await lastRecord(log, cborCodec, plan, at, await log.offsetsAt(plan.journal, at, 'latest')) as JournalRecord
  const suspect: JournalRecord = { ...last, kind: 'suspect', seq: last.seq + 1, suspect: { cause: '0:9', times: 2 }, inputs: [], verdicts: [], parked: [] }
  await log.append([{ topic: plan.journal, partition: at, key: null, value: encodeJournal(cborCodec, suspect), headers: [], timestampMs: 0 }])
  assert.deepEqual((await health()).suspect, { cause: `deeds-${at}-9`, times: 2 })
})

test('isolation that ends is told by the same owner, and the next one does not isolate', async () => {
  const log = memoryLog({ keyed: true })
  await log.ensureTopics(topicSpecs(planSystem(accounts)))
  const at = partitionOf(utf8Encode('a1'), 2)
  for (const seed of [1, 2]) await owner(log, { seed, count: 2, end: 'dies' })
  const third = (await owner(log, { seed: 3, count: 50, end: 'dies' })).filter((text) => text.includes(`/${at}:`))
  assert.deepEqual(third.map((text) => /isolated: 2 owners|isolation is over: 20 batches/.exec(text)?.[0]), ['isolated: 2 owners', 'isolation is over: 20 batches'])
  const { attempts, isIsolated } = await partitionHealth(log, cborCodec, plan, at, async () => null)
  assert.deepEqual([attempts, isIsolated], [0, false])
  assert.deepEqual((await owner(log, { seed: 4, count: 2, end: 'stops' })).filter((text) => text.includes(`/${at}:`)), [])
})
