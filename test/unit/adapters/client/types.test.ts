// What the compiler knows of a client's system. Each @ts-expect-error is a mistake that must not compile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine, setup } from 'xstate'
import { defineActor, defineSystem } from 'statelog'
import { client } from 'statelog/client'
import type { Transport } from '../../../../system/gateway/transport.ts'

const card = defineActor({
  name: 'card', version: 1,
  machine: setup({
    types: { context: {} as { total: number; since: Date; raw: Uint8Array }, events: {} as { type: 'pay'; amount: number; time: number } | { type: 'thaw' } | { type: 'inference.fraud'; score: number } },
  }).createMachine({
    context: { total: 0, since: new Date(0), raw: new Uint8Array() }, initial: 'open',
    states: { open: { initial: 'calm', states: { calm: {}, alert: {} } }, frozen: {} },
  }),
})
const plain = defineActor({ name: 'plain', version: 1, machine: createMachine({ initial: 'a', states: { a: {} } }) })
const system = defineSystem({ name: 'bank', actors: [card, plain] })
type Bank = typeof system

const nobody: Transport = { ask: async () => ({ status: 404, body: { error: { code: 'entity/not-found', message: 'there is none' } } }) }

/** Compiled, and never run. */
async function whatMayBeWritten(): Promise<void> {
  const c = client<Bank>({ url: 'http://127.0.0.1:8080', token: 'a token of some length' })
  const one = c.card('c1')
  await one.send({ type: 'pay', amount: 3 })
  await one.send({ type: 'pay', amount: 3, time: 7 }, { key: 'k', withinMs: 100 })
  await one.send({ type: 'thaw' })
  // @ts-expect-error no such event
  await one.send({ type: 'melt' })
  // @ts-expect-error a field is missing
  await one.send({ type: 'pay' })
  // @ts-expect-error a field is of another type
  await one.send({ type: 'pay', amount: '3' })
  // @ts-expect-error what models say does not come from outside
  await one.send({ type: 'inference.fraud', score: 1 })
  const entity = await one.get()
  // @ts-expect-error it may not exist
  entity.context
  const total: number | undefined = entity?.context?.total
  const since: string | undefined = entity?.context?.since
  const raw: string | undefined = entity?.context?.raw
  // @ts-expect-error no such field of the context
  entity?.context?.sum
  const value: 'frozen' | 'open' | { open?: 'calm' | 'alert' } | undefined = entity?.value
  await one.wait('frozen', { withinMs: 100 })
  await one.wait('open')
  await one.wait('open.alert')
  // @ts-expect-error no such state
  await one.wait('melted')
  // @ts-expect-error no such child
  await one.wait('open.melted')
  await c.card.list({ state: 'open.calm', limit: 10 })
  // @ts-expect-error no such state
  await c.card.list({ state: 'melted' })
  for await (const each of one.watch()) each?.context?.total.toFixed()
  const page = await one.history({ limit: 3 })
  page.events[0]?.context?.total.toFixed()
  // A machine without types has any event and any state.
  await c.plain('x').send({ type: 'whatever', n: 1 })
  // @ts-expect-error no such actor type
  c.terminal
  // @ts-expect-error nothing to be reached by
  client(system, {})
  void [total, since, raw, value]
}

test('what compiles also runs: with the definition at hand only its types are there, without it any that can be', async () => {
  const known = client(system, { transport: nobody })
  assert.equal(await known.card('c1').get(), undefined)
  assert.deepEqual(['card' in known, 'terminal' in known, Reflect.get(known, 'terminal')], [true, false, undefined])
  const typed = client<Bank>({ transport: nobody })
  assert.equal(await typed.card('c1').get(), undefined)
  assert.equal(await (async () => typed)(), typed, 'it is no promise')
  assert.equal(typeof whatMayBeWritten, 'function')
})
