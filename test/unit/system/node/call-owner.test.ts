import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { memoryRpc } from '../../../../adapters/memory/rpc.ts'
import { callOwner } from '../../../../system/node/call-owner.ts'
import type { OwnerAnswer, Reading } from '../../../../system/node/call-owner.ts'
import type { Rpc, RpcResult } from '../../../../system/ports/rpc.ts'

const HERE = { group: 'shop.card', partition: 3 }
const take = (bytes: Uint8Array): Reading<number> => (bytes[0] === 0 ? { kind: 'moving', reason: 'not mine', state: 'fencing' } : { kind: 'taken', value: bytes[0] ?? -1 })

async function asked(rpc: Rpc, clock: SimulatedClock, deadlineMs: number, onStep: () => void = () => {}): Promise<OwnerAnswer<number>> {
  let answer: OwnerAnswer<number> | undefined
  void callOwner({ rpc, clock, random: new SeededRandom(1) }, { address: HERE, request: new Uint8Array([1]), deadlineMs, read: take }).then((one) => (answer = one))
  for (;;) {
    await new Promise(setImmediate)
    if (answer !== undefined) return answer
    clock.advance(Number.isFinite(clock.nextMs) ? clock.nextMs : 1)
    onStep()
  }
}

/** Answers every call with the next of these, the last for ever, and notes what was asked. */
function scripted(results: RpcResult[], clock: SimulatedClock, tries: { atMs: number; ms: number }[]): Rpc {
  return {
    serve: async () => async () => {},
    call: async (_address, _request, ms) => {
      tries.push({ atMs: clock.monotonicMs(), ms })
      const result = (results.length > 1 ? results.shift() : results[0]) as RpcResult
      if (result.kind === 'deadline') await clock.sleep(ms)
      return result
    },
    close: async () => {},
  }
}

test('a partition that nobody owns is asked for until somebody does', async () => {
  const clock = new SimulatedClock()
  const rpc = memoryRpc(clock)
  const answer = await asked(rpc, clock, 5000, () => {
    if (clock.monotonicMs() >= 700) void rpc.serve(HERE, async () => new Uint8Array([9]))
  })
  assert.deepEqual(answer, { kind: 'taken', value: 9 })
  assert.ok(clock.monotonicMs() < 1500, `${clock.monotonicMs()} ms`)
})

test('O1: it ends at its deadline, with the last reason', async () => {
  const clock = new SimulatedClock()
  const tries: { atMs: number; ms: number }[] = []
  const answer = await asked(scripted([{ kind: 'no-server' }, { kind: 'answer', bytes: new Uint8Array([0]) }], clock, tries), clock, 2000)
  assert.deepEqual(answer, { kind: 'none', reason: `no answer for shop.card/3 within 2000 ms, asked ${tries.length} times; the last: not mine`, state: 'fencing' })
  assert.ok(clock.monotonicMs() >= 1990 && clock.monotonicMs() <= 2000)
  assert.ok(tries.length > 5 && tries.length < 20, `${tries.length} tries`)
})

test('O1: where nobody serves, that reason is why', async () => {
  const answer = await asked(scripted([{ kind: 'no-server', reason: 'it does not start' }], new SimulatedClock(), []), new SimulatedClock(), 1)
  assert.ok(answer.kind === 'none' && answer.state === 'absent' && answer.reason.endsWith('the last: nobody owns the partition now: it does not start'))
})

test('O2: a call that failed is not tried again', async () => {
  const clock = new SimulatedClock()
  const tries: { atMs: number; ms: number }[] = []
  assert.deepEqual(await asked(scripted([{ kind: 'failed', reason: 'no state' }], clock, tries), clock, 2000), { kind: 'none', reason: 'no state', state: 'unknown' })
  assert.equal(tries.length, 1)
})

test('O3: an owner that hangs costs half of what is left, and another is asked', async () => {
  const clock = new SimulatedClock()
  const tries: { atMs: number; ms: number }[] = []
  const answer = await asked(scripted([{ kind: 'deadline' }, { kind: 'deadline' }, { kind: 'answer', bytes: new Uint8Array([4]) }], clock, tries), clock, 1000)
  assert.deepEqual(answer, { kind: 'taken', value: 4 })
  assert.equal(tries[0]?.ms, 500)
  assert.ok(tries.every(({ atMs, ms }) => atMs + ms <= 1000))
})

test('without time nobody is asked', async () => {
  const clock = new SimulatedClock()
  const tries: { atMs: number; ms: number }[] = []
  for (const deadlineMs of [0, -1, NaN]) assert.equal((await asked(scripted([{ kind: 'no-server' }], clock, tries), clock, deadlineMs)).kind, 'none')
  assert.equal(tries.length, 0)
})

test('it ends when nobody waits for the answer any more, also while an owner that is silent is asked', async () => {
  for (const isSilent of [false, true]) {
    const clock = new SimulatedClock()
    const rpc = memoryRpc(clock)
    if (isSilent) await rpc.serve(HERE, () => new Promise(() => {}))
    const leaving = new AbortController()
    const ends: OwnerAnswer<number>[] = []
    void callOwner({ rpc, clock, random: new SeededRandom(1) }, { address: HERE, request: new Uint8Array([1]), deadlineMs: 60_000, read: take, signal: leaving.signal }).then((one) => ends.push(one))
    await new Promise(setImmediate)
    assert.deepEqual(ends, [])
    leaving.abort()
    await new Promise(setImmediate)
    assert.deepEqual(ends.map(({ kind }) => kind), ['none'], isSilent ? 'a silent owner' : 'no owner')
    assert.equal(clock.monotonicMs(), 0)
  }
})
