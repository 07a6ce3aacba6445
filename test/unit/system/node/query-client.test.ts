import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { memoryRpc } from '../../../../adapters/memory/rpc.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { QueryClient } from '../../../../system/node/query-client.ts'
import { planSystem } from '../../../../system/partition/topology.ts'

const system = defineSystem({ name: 'q', actors: [defineActor({ name: 'counter', version: 1, machine: createMachine({}) })], partitions: 1 })
const HERE = { group: 'q.counter', partition: 0 }
const state = (life: string, epoch: number, seq: number): unknown => ({ kind: 'state', at: { partition: 0, life, epoch, seq }, code: 'counter@1', entity: undefined })

/** A client whose owner gives these answers, one after the other, the last for ever. */
async function clientOf(answers: unknown[]): Promise<{ readonly get: (deadlineMs?: number) => ReturnType<QueryClient['get']>; readonly clock: SimulatedClock }> {
  const clock = new SimulatedClock()
  const rpc = memoryRpc(clock)
  await rpc.serve(HERE, async () => cborCodec.encode(answers.length > 1 ? answers.shift() : answers[0]))
  const client = new QueryClient({ rpc, clock, random: new SeededRandom(1) }, cborCodec, planSystem(system))
  return { get: (deadlineMs = 1000) => client.get('counter', 'a', { deadlineMs }), clock }
}

/** Lets time pass until the work is done. */
async function passing<T>(clock: SimulatedClock, work: Promise<T>): Promise<T> {
  let isDone = false
  void work.finally(() => (isDone = true))
  for (;;) {
    await new Promise(setImmediate)
    if (isDone) return work
    clock.advance(Number.isFinite(clock.nextMs) ? Math.max(1, clock.nextMs) : 1)
  }
}

test('an answer that goes back in time within a life is rejected, and the question asked again', async () => {
  const { get, clock } = await clientOf([state('l', 2, 7), state('l', 2, 6), state('l', 1, 9), state('l', 2, 7)])
  const first = await passing(clock, get())
  const second = await passing(clock, get())
  assert.deepEqual([first, second].map((answer) => answer.kind === 'state' && answer.at.seq), [7, 7])
  assert.ok(clock.monotonicMs() > 0, 'with pauses between')
})

test('a client whose owner stays in the past is told so when its time is up', async () => {
  const { get, clock } = await clientOf([state('l', 2, 7), state('l', 2, 6)])
  await passing(clock, get())
  const answer = await passing(clock, get())
  assert.match(answer.kind === 'refused' ? answer.reason : '', /within 1000 ms, asked \d+ times; the last: the answer is older than one given before \(epoch 2, seq 6\)$/)
  assert.ok(clock.monotonicMs() >= 990 && clock.monotonicMs() <= 1000)
})

test('another life may begin anew', async () => {
  const { get, clock } = await clientOf([state('l', 2, 7), state('m', 1, 0)])
  await passing(clock, get())
  assert.equal((await passing(clock, get())).kind, 'state')
})

test('an owner that has moved is asked again; a refusal is final', async () => {
  const moved = { kind: 'moved', state: 'recovering', reason: 'partition 0 of q.counter is recovering' }
  const { get, clock } = await clientOf([moved, moved, moved, state('l', 1, 1)])
  assert.equal((await passing(clock, get())).kind, 'state')
  const refused = { kind: 'refused', reason: 'no' }
  const other = await clientOf([refused, state('l', 1, 1)])
  assert.deepEqual(await passing(other.clock, other.get()), { ...refused, state: 'live' })
})

test('what is no answer for the partition is refused', async () => {
  for (const wrong of [null, 7, {}, { kind: 'moved' }, { kind: 'state' }, { kind: 'state', at: { partition: 1, life: 'l', epoch: 1, seq: 1 } }, { kind: 'state', at: { partition: 0, life: 'l', epoch: 'x', seq: 1 } }]) {
    const { get, clock } = await clientOf([wrong])
    const answer = await passing(clock, get())
    assert.match(answer.kind === 'refused' ? answer.reason : '', /not understood here/)
  }
})

test('a type or an id that cannot be is a mistake of the caller', async () => {
  const client = new QueryClient({ rpc: memoryRpc(new SimulatedClock()), clock: new SimulatedClock(), random: new SeededRandom(1) }, cborCodec, planSystem(system))
  await assert.rejects(client.get('nothing', 'a', { deadlineMs: 10 }), /no actor type 'nothing'/)
  await assert.rejects(client.get('counter', '', { deadlineMs: 10 }), /no entity id/)
})
