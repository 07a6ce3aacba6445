import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, setup } from 'xstate'
import { effectActionOf, infer, reply, tell } from '../../../../system/authoring/effects.ts'

test('an effect carries its description, and nothing else does', () => {
  const id = (): string => 'id'
  assert.deepEqual(effectActionOf(tell('card', id, { type: 'x' })), { kind: 'tell', target: 'card', id, event: { type: 'x' } })
  assert.deepEqual(effectActionOf(infer({ name: 'fraud' }, [1])), { kind: 'infer', model: 'fraud', vector: [1] })
  assert.deepEqual(effectActionOf(reply(7)), { kind: 'reply', value: 7 })
  for (const other of [() => {}, assign({}), 'tell', undefined, {}]) assert.equal(effectActionOf(other), undefined)
})

test('context and event are typed by the machine, inline and named', () => {
  const machine = setup({
    types: { context: {} as { total: number }, events: {} as { type: 'pay'; amount: number } | { type: 'ask'; who: string } },
    actions: { answer: reply(({ context }: { context: { total: number } }) => context.total) },
  }).createMachine({
    context: { total: 0 },
    entry: 'answer',
    on: {
      pay: { actions: [tell('terminal', ({ event }) => event.amount.toFixed(0), ({ context }) => ({ type: 'paid', total: context.total })), infer('fraud', ({ event }) => [event.amount])] },
      // @ts-expect-error an event of type 'ask' has no amount
      ask: { actions: reply(({ event }) => event.amount) },
    },
  })
  assert.equal(machine.id, '(machine)')
})
