// Turnstile: N1, N2, on one thread and in shared memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulatedClock } from '../../../../adapters/memory/clock.ts'
import { clearSlot, SharedTurnstile, turnstileMemory } from '../../../../adapters/node/threads/turnstile.ts'
import { LocalTurnstile } from '../../../../system/node/turnstile.ts'
import type { Turnstile } from '../../../../system/ports/turnstile.ts'

/** Lets everything run that can, and time pass for those who look again. */
async function settle(clock: SimulatedClock): Promise<void> {
  for (let n = 0; n < 5; n += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(5)
  }
  await new Promise((resolve) => setImmediate(resolve))
}

function rules(name: string, make: () => { readonly one: Turnstile; readonly other: Turnstile; readonly clock: SimulatedClock }): void {
  test(`${name}: many are in together; one alone waits until all have left, and those who come after wait for it`, async () => {
    const { one, other, clock } = make()
    const order: string[] = []
    assert.deepEqual([one.enter(), other.enter()], [undefined, undefined])
    void one.enterAlone().then(() => order.push('alone'))
    await settle(clock)
    const late = other.enter()
    void Promise.resolve(late).then(() => order.push('late'))
    assert.notEqual(late, undefined, 'N2')
    one.leave()
    await settle(clock)
    assert.deepEqual(order, [], 'N1')
    other.leave()
    await settle(clock)
    assert.deepEqual(order, ['alone'])
    one.leaveAlone()
    await settle(clock)
    assert.deepEqual(order, ['alone', 'late'])
    other.leave()
    assert.equal(one.enter(), undefined)
  })

  test(`${name}: of two who want to be alone each has its turn`, async () => {
    const { one, other, clock } = make()
    const order: string[] = []
    void one.enterAlone().then(() => order.push('one'))
    void other.enterAlone().then(() => order.push('other'))
    await settle(clock)
    assert.equal(order.length, 1)
    if (order[0] === 'one') one.leaveAlone()
    else other.leaveAlone()
    await settle(clock)
    assert.deepEqual([...order].sort(), ['one', 'other'])
  })
}

test('who waits for another thread does not keep its neighbour out, who wants to be alone', async () => {
  const [memory, clock] = [turnstileMemory(2), new SimulatedClock(0)]
  const [one, other] = [new SharedTurnstile(memory, 0, clock), new SharedTurnstile(memory, 1, clock)]
  await other.enterAlone()
  const order: string[] = []
  void Promise.resolve(one.enter()).then(() => order.push('together'))
  void one.enterAlone().then(() => order.push('alone'))
  await settle(clock)
  assert.deepEqual(order, [])
  other.leaveAlone()
  await settle(clock)
  assert.deepEqual(order, ['alone'])
  one.leaveAlone()
  await settle(clock)
  assert.deepEqual(order, ['alone', 'together'])
})

rules('one thread', () => {
  const turnstile = new LocalTurnstile()
  return { one: turnstile, other: turnstile, clock: new SimulatedClock(0) }
})
rules('two threads', () => {
  const [memory, clock] = [turnstileMemory(2), new SimulatedClock(0)]
  return { one: new SharedTurnstile(memory, 0, clock), other: new SharedTurnstile(memory, 1, clock), clock }
})

test('N3: a thread that died, in or alone, keeps nobody out', async () => {
  const [memory, clock] = [turnstileMemory(2), new SimulatedClock(0)]
  const survivor = new SharedTurnstile(memory, 1, clock)
  const first = new SharedTurnstile(memory, 0, clock)
  await first.enterAlone()
  clearSlot(memory, 0)
  assert.equal(survivor.enter(), undefined)
  survivor.leave()
  assert.equal(new SharedTurnstile(memory, 0, clock).enter(), undefined)
  clearSlot(memory, 0)
  let isIn = false
  void survivor.enterAlone().then(() => (isIn = true))
  await settle(clock)
  assert.ok(isIn)
})
