// Judge: what a run left behind, held against the oracle: states, outputs, tells, replies, dead letters, drops, logs, and a replay from the start.
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { AnyMachineSnapshot } from 'xstate'
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { readDeadLetter } from '../../../system/partition/dead-letters.ts'
import { encodeEntity } from '../../../system/partition/entity.ts'
import { recover } from '../../../system/partition/recovery.ts'
import { keyedStateStore } from '../../../system/partition/state-store.ts'
import { planSystem } from '../../../system/partition/topology.ts'
import type { TypePlan } from '../../../system/partition/topology.ts'
import { equalBytes } from '../../../system/protocol/utf8.ts'
import { PARTITION_KEY } from '../../../system/protocol/ids.ts'
import { historyOf, readAll, textOf } from './history.ts'
import type { Commit } from './history.ts'
import { oracleMachine } from './machine-build.ts'
import { foldByEventTime } from './oracle-event-time.ts'
import { OracleMachine } from './oracle-step.ts'
import { Oracle } from './oracle.ts'
import type { OracleModel } from './oracle-answers.ts'
import { riskOf } from './spec.ts'
import { APP, RISK, RISK_LATER } from './actor-types.ts'
import type { World } from './world.ts'

const OLD: OracleModel = { version: RISK.version, hash: RISK.hash, scoreOf: riskOf }
const NEW: OracleModel = { version: RISK_LATER.version, hash: RISK_LATER.hash, scoreOf: ([n = 0, value = 0]) => 1 + 2 * n + 3 * value }
const silent = { partition: () => {}, batch: () => {}, log: () => {}, probe: () => {} }

/** Throws when anything differs; answers the oracle of the main type for its counts. */
export async function judge(world: World, onStep: (event: string, before: AnyMachineSnapshot, after: AnyMachineSnapshot) => void): Promise<Oracle> {
  assert.deepEqual(world.complaints, [])
  const plans = planSystem(world.system)
  const main = await judgeType(world, plans.get('main') as TypePlan, onStep)
  await judgeType(world, plans.get('peer') as TypePlan, () => {})
  for (const [command, answers] of world.answers) {
    const replies = main.replies.get(command) ?? []
    for (const answer of answers) assert.ok(replies.some((reply) => isDeepStrictEqual(reply, answer)), `a caller of ${command} got ${JSON.stringify(answer)}, not one of ${JSON.stringify(replies)}`)
  }
  return main
}

async function judgeType(world: World, plan: TypePlan, onStep: OracleMachine['onStep']): Promise<Oracle> {
  const { name } = plan.definition
  const isMain = name === 'main'
  const { variant, machine, peer, stops, fallback, keepStoppedMs, dedup, partitions } = world.plan
  const spec = isMain ? machine : peer
  const byTime = isMain && variant !== 'processing'
  const oracle = new Oracle(new OracleMachine(oracleMachine(spec), spec.root, onStep), {
    app: APP, type: name, inbox: plan.inbox, inputs: plan.inputs, timers: byTime ? 'event' : 'processing',
    dedup: isMain ? { count: dedup.count, withinMs: dedup.within } : { count: 128, withinMs: 86_400_000 },
    stops: new Set(isMain ? stops : []), fallback: isMain ? fallback : undefined, keepStoppedMs: isMain ? keepStoppedMs : 7 * 86_400_000,
    model: OLD, others: new Map([OLD, NEW].map((model) => [model.hash, model])),
  })
  const histories: (readonly Commit[])[] = []
  for (let partition = 0; partition < partitions; partition += 1) histories.push(await historyOf(world.log, plan, partition))
  if (byTime) foldByEventTime(oracle, histories.flat().flatMap((commit) => commit.inputs), variant === 'event-order', world.plan.endMs)
  else histories.forEach((history) => foldByCommits(oracle, history))
  await judgeStates(world, plan, oracle, byTime)
  await judgeOutputs(world, plan, oracle)
  await judgeDeadLetters(world, plan, oracle, byTime)
  const drops = new Map<string, number>()
  for (const commit of histories.flat()) for (const [reason, count] of commit.drops) drops.set(reason, (drops.get(reason) ?? 0) + count)
  for (const reason of ['duplicate', 'stopped', 'stale-task', 'late'] as const) assert.equal(drops.get(reason) ?? 0, oracle.drops.get(reason) ?? 0, `${name}: drops: ${reason}`)
  if (isMain) for (const [entity, seen] of world.logs) assert.ok(isWithin(seen, oracle.logs.get(entity) ?? []), `logs of ${entity}`)
  return oracle
}

/** A partition's commits, one after the other. Its entities are those it has met. */
function foldByCommits(oracle: Oracle, history: readonly Commit[]): void {
  const known = new Set<string>()
  for (const commit of history) {
    oracle.moment(commit.seq, commit.nowMs, commit.refused)
    if (!commit.isLive) continue
    const { ran, ended } = oracle.tick((id) => known.has(id), commit.isSingle ? commit.fired : undefined)
    // A firing may have waited for another's score, and be over when its turn came.
    assert.deepEqual(commit.fired.filter((fired) => !ended.includes(fired)).sort(), ran.sort(), `what fires at seq ${commit.seq}`)
    for (const input of commit.inputs) {
      known.add(input.key)
      oracle.take(input)
    }
  }
}

async function judgeStates(world: World, plan: TypePlan, oracle: Oracle, byTime: boolean): Promise<void> {
  const expected = new Map<string, string>()
  for (const [id, stored] of oracle.stored()) expected.set(id, viewOf(cborCodec.canonical(stored), byTime))
  const stored = new Map<string, string>()
  const replayed = new Map<string, string>()
  const isReplayed = world.plan.seed % 3 === 0
  for (let partition = 0; partition < world.plan.partitions; partition += 1) {
    for (const { key, value } of await readAll(world.log, plan.state, partition)) {
      if (key === null || equalBytes(key, PARTITION_KEY)) continue
      if (value === null) stored.delete(textOf(key))
      else stored.set(textOf(key), viewOf(value, byTime))
    }
    // A replay takes as long as the run did: every third run has one.
    if (!isReplayed) continue
    const none = keyedStateStore({ get: async (_topic, _partition, keys) => keys.map(() => undefined), armed: async () => [] }, cborCodec, plan, partition)
    const replay = await recover({ log: world.log, codec: cborCodec, plan, partition, states: none, telemetry: silent, fromStart: true })
    if (replay.kind !== 'recovered') throw new TypeError(replay.reason)
    assert.deepEqual(replay.rebased, [], 'a replay from the start gives the same outputs')
    for (const entity of replay.memory.entities.values()) {
      if (entity.machine === undefined && entity.seen.length === 0 && entity.holds.length === 0 && !entity.stopped) continue
      replayed.set(entity.id, viewOf(encodeEntity(cborCodec, plan.definition, entity), byTime))
    }
  }
  const sorted = (map: ReadonlyMap<string, string>): object => Object.fromEntries([...map].sort())
  assert.deepEqual(sorted(stored), sorted(expected), `states of ${plan.definition.name} (actual: stored, expected: oracle)`)
  if (isReplayed) assert.deepEqual(sorted(replayed), sorted(expected), `states of ${plan.definition.name} (actual: replayed, expected: oracle)`)
}

/** A stored entity as text. In event time, which commit armed a timer and when a stopped entity ends are not part of what is promised. */
function viewOf(bytes: Uint8Array, byTime: boolean): string {
  const decoded = cborCodec.decode(bytes)
  const entity = (decoded as { value: { t?: unknown[][]; x?: number } }).value
  if (byTime) {
    entity.t = entity.t?.map(([id, , dueMs, event]) => [id, dueMs, event]) ?? []
    delete entity.x
  }
  return JSON.stringify(entity)
}

async function judgeOutputs(world: World, plan: TypePlan, oracle: Oracle): Promise<void> {
  const isMain = plan.definition.name === 'main'
  const outputs = new Map<string, string[]>()
  const tells = new Map<string, string[]>()
  const ids = new Set<string>()
  for (let partition = 0; partition < world.plan.partitions; partition += 1) {
    for (const { key, value, headers } of await readAll(world.log, isMain ? 'outs' : 'peer-outs', partition)) {
      add(outputs, textOf(key), textOf(value))
      const id = textOf(headers.find(([name]) => name === 'ce_id')?.[1] ?? null)
      assert.ok(!ids.has(id), `I2: output ${id} is written twice`)
      ids.add(id)
    }
    const target = isMain ? 'peer' : 'main'
    for (const { key, value } of await readAll(world.log, `${APP}.${target}.inbox`, partition)) {
      const parts = (cborCodec.decode(value as Uint8Array) as { value: readonly unknown[] }).value
      const event = parts[9] as { from?: string }
      if (parts[0] !== 't' || parts[4] === 'forged') continue
      assert.ok(!ids.has(parts[4] as string), `I2: tell ${String(parts[4])} is written twice`)
      ids.add(parts[4] as string)
      add(tells, `${event.from ?? ''} ${textOf(key)}`, JSON.stringify(event))
    }
  }
  const expected = new Map<string, string[]>()
  for (const [entity, told] of oracle.tells) for (const [, id, event] of told.map((text) => JSON.parse(text) as [string, string, object])) add(expected, `${entity} ${id}`, JSON.stringify(event))
  const sorted = (map: ReadonlyMap<string, readonly string[]>): object => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
  assert.deepEqual(sorted(outputs), sorted(oracle.outputs), `outputs of ${plan.definition.name} (expected: oracle)`)
  assert.deepEqual(sorted(tells), sorted(expected), `tells of ${plan.definition.name} (expected: oracle)`)
}

async function judgeDeadLetters(world: World, plan: TypePlan, oracle: Oracle, byTime: boolean): Promise<void> {
  const letters: string[] = []
  for (const [index, topic] of plan.inputs.entries()) {
    for (let partition = 0; partition < world.plan.partitions; partition += 1) {
      for (const record of await readAll(world.log, `${topic}.dlq`, partition)) {
        const info = readDeadLetter(record)
        letters.push(`${info?.timer ?? `${index}:${info?.offset}@${info?.partition}`} ${info?.class}`)
      }
    }
  }
  const plain = (letter: string): string => (byTime ? letter.replace(/^(timer-.*)-[\d.]+ /, '$1 ') : letter)
  assert.deepEqual(letters.map(plain).sort(), oracle.deadLetters.map(plain).sort(), `dead letters of ${plan.definition.name} (expected: oracle)`)
}

/** Everything seen was due, in its order; a crash may have kept some from being seen. */
function isWithin(seen: readonly unknown[], due: readonly unknown[]): boolean {
  let at = 0
  for (const each of due) if (at < seen.length && Object.is(seen[at], each)) at += 1
  return at === seen.length
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
