import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, setup } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { memoryRpc } from '../../../../adapters/memory/rpc.ts'
import { defineActor, defineSystem, reply } from '../../../../adapters/node/statelog.ts'
import { QueryClient } from '../../../../system/node/query-client.ts'
import type { ClientAnswer, Misplaced } from '../../../../system/node/query-client.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { answerQuery, answerQuestion } from '../../../../system/node/queries.ts'
import { parseQuestion } from '../../../../system/node/questions.ts'
import type { QueryAnswer } from '../../../../system/node/questions.ts'
import { eventSum } from '../../../../system/partition/envelope.ts'
import { Entities } from '../../../../system/partition/entities.ts'
import type { Rpc } from '../../../../system/ports/rpc.ts'
import type { Telemetry } from '../../../../system/ports/telemetry.ts'
import { partitionOf } from '../../../../system/protocol/murmur2.ts'
import { utf8Encode } from '../../../../system/protocol/utf8.ts'
import { entityId } from '../../../support/partition/bench.ts'
import { silent } from '../../../support/partition/owner.ts'
import { plan } from '../../../support/partition/state-writer.ts'

const machine = setup({ types: { context: {} as { n: number }, events: {} as { type: 'add'; by: number } | { type: 'boom' } } }).createMachine({
  context: { n: 0 },
  initial: 'open',
  states: { open: { on: { add: { actions: [assign({ n: ({ context, event }) => context.n + event.by }), reply(({ context }) => context.n)] }, boom: { actions: assign(() => { throw new RangeError('no boom') }) } } } },
})
const counter = defineActor({ name: 'counter', version: 1, machine, limits: { entityBytesMax: 1 }, snapshotEvery: 0 })
const system = defineSystem({ name: 'q', actors: [counter], partitions: 2 })

async function started(log: MemoryLog, rpc: Rpc, telemetry: Telemetry = silent, batchRecordsMax = 1000): Promise<StatelogNode> {
  const node = new StatelogNode({ system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), rpc, settings: { commitWaitMs: 0, batchRecordsMax }, telemetry })
  await node.start()
  return node
}

const clientOf = (rpc: Rpc, { plans }: Pick<StatelogNode, 'plans'>): QueryClient => new QueryClient({ rpc, clock: wallClock, random: new SeededRandom(2) }, cborCodec, plans)

const reasonOf = (answer: ClientAnswer): string => (answer.kind === 'refused' ? answer.reason : 'not refused')

test('a query shows what was committed, with partition, life, epoch and seq, also for entities that left memory', async () => {
  const rpc = memoryRpc(wallClock)
  const node = await started(memoryLog({ keyed: true }), rpc)
  const client = clientOf(rpc, node)
  assert.equal(await node.commands.ask('counter', 'a', { type: 'add', by: 2 }, { deadlineMs: 5000 }), 2)
  assert.equal(await node.commands.ask('counter', 'a', { type: 'add', by: 3 }, { deadlineMs: 5000 }), 5)
  for (const id of ['b', 'c', 'd']) await node.commands.ask('counter', id, { type: 'add', by: 1 }, { deadlineMs: 5000 })
  const answer = await client.get('counter', 'a', { deadlineMs: 1000 })
  assert.ok(answer.kind === 'state')
  assert.deepEqual(answer.entity?.context, { n: 5 })
  assert.equal(answer.entity?.configuration, 'open')
  assert.equal(answer.at.epoch, 1)
  assert.ok(answer.at.seq >= 2)
  const none = await client.get('counter', 'nobody', { deadlineMs: 1000 })
  assert.ok(none.kind === 'state' && none.entity === undefined)
  await node.stop()
  assert.match(reasonOf(await client.get('counter', 'a', { deadlineMs: 30 })), /^no answer for q.counter.* within 30 ms, asked \d+ times; the last: nobody owns the partition now$/)
})

test('a retried command with the same id is applied once and gets its first reply', async () => {
  const node = await started(memoryLog({ keyed: true }), memoryRpc(wallClock))
  assert.equal(await node.commands.ask('counter', 'a', { type: 'add', by: 2 }, { deadlineMs: 5000, commandId: 'one' }), 2)
  assert.equal(await node.commands.ask('counter', 'a', { type: 'add', by: 2 }, { deadlineMs: 5000, commandId: 'one' }), 2)
  assert.equal(await node.commands.ask('counter', 'a', { type: 'add', by: 2 }, { deadlineMs: 5000, commandId: 'two' }), 4)
  // Asked at once, of several entities and twice of one.
  const ask = (id: string, by: number): Promise<unknown> => node.commands.ask('counter', id, { type: 'add', by }, { deadlineMs: 5000, commandId: 'three' })
  assert.deepEqual(await Promise.all([ask('a', 1), ask('b', 100), ask('a', 1)]), [5, 100, 5])
  await node.stop()
})

test('a command that is refused says so, with its class', async () => {
  const node = await started(memoryLog({ keyed: true }), memoryRpc(wallClock))
  await assert.rejects(node.commands.ask('counter', 'a', { type: 'add', by: Symbol.iterator as never }, { deadlineMs: 5000 }), /Symbol|symbol/)
  await assert.rejects(node.commands.ask('counter', 'a', { type: 'boom' }, { deadlineMs: 5000 }), /class action: .*no boom/)
  await node.stop()
})

test('an answer whose proof of ownership is older than half the session says that the partition has moved', async () => {
  const rpc = memoryRpc(wallClock)
  const provenMs = wallClock.monotonicMs() - 5001
  const node = await started(memoryLog({ keyed: true, proofMs: () => provenMs }), rpc)
  await node.commands.ask('counter', 'a', { type: 'add', by: 2 }, { deadlineMs: 5000 })
  assert.match(reasonOf(await clientOf(rpc, node).get('counter', 'a', { deadlineMs: 30 })), /the last: the last proof of ownership is too old$/)
  await node.stop()
})

test('a query that waits for a batch whose outcome is not known is asked again when its owner is back', async () => {
  const rpc = memoryRpc(wallClock)
  const log = memoryLog({ keyed: true })
  const answers: Promise<ClientAnswer>[] = []
  let isBroken = false
  const probe = (point: string): void => {
    if (isBroken && point === 'after-step' && answers.length === 0) answers.push(client.get('counter', 'a', { deadlineMs: 5000 }))
  }
  const node = await started(log, rpc, { ...silent, probe })
  const client = clientOf(rpc, node)
  await node.commands.ask('counter', 'a', { type: 'add', by: 2 }, { deadlineMs: 5000 })
  isBroken = true
  log.inject('q.counter', partitionOf(utf8Encode('a'), 2), { kind: 'unknown', applied: true, reason: 'as the test asked' })
  await node.commands.ask('counter', 'a', { type: 'add', by: 3 }, { deadlineMs: 50 }).catch(() => undefined)
  const answer = await answers[0]
  await node.stop()
  assert.ok(answer?.kind === 'state')
  assert.deepEqual(answer.entity?.context, { n: 5 })
})

test('I12: an entity that ends while a query loads it is absent as of its end, not as of a seq at which it was there', async () => {
  const memory = { life: 'l', epoch: 1, seq: 5, entities: new Entities(false), parked: new Map() }
  // As of seq 5 its state is stored and it is not in memory. While the load is under way commit 6 ends it.
  const states = { load: async () => {
    memory.seq = 6
    return new Map()
  } }
  const owner = { live: { parts: { memory, states }, get seq() { return memory.seq }, at: async (_: string, look: (entity: undefined, seq: number) => unknown) => look(undefined, memory.seq) }, lease: { partition: 0, provenAtMs: () => Infinity } }
  const answer = await answerQuery(plan, owner as never, cborCodec, wallClock, 10_000, entityId('a'))
  assert.deepEqual(answer, { kind: 'state', at: { partition: 0, life: 'l', epoch: 1, seq: 6 }, code: plan.code, watermarkMs: undefined, entity: undefined })
})

test('who has the seq of the batch in hand is answered when that is committed, and not sent away to ask again', async () => {
  const near = memoryRpc(wallClock)
  let calls = 0
  const rpc: Rpc = { ...near, call: (...call) => {
    calls += 1
    return near.call(...call)
  } }
  let answer: Promise<ClientAnswer | Misplaced> | undefined
  let isAhead = false
  const probe = (point: string, _: string, index: number): void => {
    const glance = isAhead && point === 'before-commit' ? node.partition('counter', index)?.live : undefined
    if (glance === undefined) return
    isAhead = false
    calls = 0
    // As a reader of the log has it, a moment before the owner does.
    answer = client.get('counter', 'a', { deadlineMs: 5000 }, { epoch: glance.parts.memory.epoch, seq: glance.seq + 1 })
  }
  const node: StatelogNode = await started(memoryLog({ keyed: true }), rpc, { ...silent, probe })
  const client = clientOf(rpc, node)
  await client.get('counter', 'a', { deadlineMs: 5000 })
  isAhead = true
  await node.commands.ask('counter', 'a', { type: 'add', by: 2 }, { deadlineMs: 5000 })
  const told = await answer
  await node.stop()
  assert.ok(told?.kind === 'state')
  assert.deepEqual([told.entity?.context, calls], [{ n: 2 }, 1])
})

test('a place that is none is not waited for', () => {
  const question = { kind: 'entity', id: 'a' }
  const places = [{ epoch: 1, seq: 2 }, undefined, 7, {}, { epoch: 1 }, { epoch: 1, seq: 0.5 }, { epoch: '1', seq: 2 }]
  assert.deepEqual(places.map((atLeast) => parseQuestion({ ...question, atLeast })), [{ ...question, atLeast: { epoch: 1, seq: 2 } }, ...Array.from({ length: 6 }, () => question)])
})

test('a command is asked for while its batch is in hand: its reply is told, although its entity has forgotten it by then', async () => {
  const forgetful = defineSystem({ name: 'q', actors: [defineActor({ name: 'counter', version: 1, machine, snapshotEvery: 0, dedup: { count: 1, within: '1m' } })], partitions: 1 })
  const asked: Promise<QueryAnswer>[] = []
  let isAsked = false
  const probe = (point: string): void => {
    const [owner, known] = [node.partition('counter', 0), node.plans.get('counter')]
    if (!isAsked || point !== 'after-step' || owner === undefined || known === undefined) return
    isAsked = false
    const question = { kind: 'command', id: entityId('a'), command: 'first', offset: 1, sum: eventSum(cborCodec, { type: 'add', by: 1 }) } as const
    asked.push(answerQuestion(known, owner, { log, codec: cborCodec, clock: wallClock, sessionMs: 10_000, replies: node.commands.replies }, question))
  }
  const log = memoryLog({ keyed: true })
  const node: StatelogNode = new StatelogNode({ system: forgetful, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 20 }, telemetry: { ...silent, probe } })
  await node.start()
  const ask = (id: string, by: number, commandId: string): Promise<unknown> => node.commands.ask('counter', id, { type: 'add', by }, { deadlineMs: 5000, commandId })
  await ask('z', 1, 'none')
  isAsked = true
  assert.deepEqual(await Promise.all([ask('a', 1, 'first'), ask('a', 2, 'second')]), [1, 3])
  const answer = await asked[0]
  await node.stop()
  assert.ok(answer?.kind === 'command' && answer.isTaken)
  assert.equal(answer.reply, 1)
})

test('an entity that is not there is told so while a backlog is taken, however slow commits and loads are', async () => {
  const node = await started(memoryLog({ keyed: true }), memoryRpc(wallClock), silent, 16)
  await node.commands.ask('counter', 'a', { type: 'add', by: 1 }, { deadlineMs: 5000 })
  const [owner, known] = [node.partition('counter', partitionOf(utf8Encode('a'), 2)), node.plans.get('counter')]
  const states = owner?.live?.parts.states
  assert.ok(owner !== undefined && known !== undefined && states !== undefined)
  const [commit, load] = [owner.lease.commit.bind(owner.lease), states.load.bind(states)]
  owner.lease.commit = async (batch) => {
    await wallClock.sleep(8)
    return commit(batch)
  }
  states.load = async (ids) => {
    if (ids[0] === 'nobody') await wallClock.sleep(3)
    return load(ids)
  }
  let isOver = false
  const feeding = (async () => {
    while (!isOver) await Promise.all(Array.from({ length: 64 }, () => node.commands.ask('counter', 'a', { type: 'add', by: 1 }, { deadlineMs: 5000 })))
  })()
  const kinds: string[] = []
  for (let asked = 0; asked < 20; asked += 1) kinds.push((await answerQuery(known, owner, cborCodec, wallClock, 10_000, entityId('nobody'))).kind)
  isOver = true
  await feeding
  await node.stop()
  assert.deepEqual(kinds, Array.from({ length: 20 }, () => 'state'))
})
