import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { features, sliding } from '../../../../adapters/node/statelog.ts'
import { checkedEngine } from '../../../support/statecharts/checked-engine.ts'
import { Drive } from '../../../contract/engine.ts'

test('what a feature fold throws is class feature, also within an assign', () => {
  const spending = features('spending', 1, z.object({ type: z.literal('pay'), time: z.number(), amount: z.number() }), (pay) => ({ total: sliding('1d').sum(pay.amount) }))
  const drive = new Drive(checkedEngine, setup({ types: { context: {} as { spending: typeof spending.State } } }).createMachine({
    context: { spending: spending.empty },
    on: { pay: { actions: assign({ spending: ({ context, event }) => spending.fold(context.spending, event as never) }) } },
  }))
  const result = drive.machine.step(drive.state, { type: 'pay', time: 1 }, 0)
  assert.equal(result.kind === 'failed' ? result.class : 'ok', 'feature')
})
