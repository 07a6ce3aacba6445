// What an entity remembers of its inputs, and what it forgets at its end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine, emit } from 'xstate'
import { encodeEnvelope } from '../../../../system/partition/envelope.ts'
import { Bench, codec, deedRecord, deedSchema, defineActor, logRecord, planOf, range } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'

const THEN = Date.UTC(2020, 0, 1)
const NOW = Date.UTC(2026, 0, 1)

test('a command of today does not make an entity forget the ids of events dated long ago', async () => {
  const bench = new Bench(planOf([defineActor({
    name: 'one', version: 1, machine: createMachine({ on: { fine: { actions: emit({ type: 'out' }) } } }) as never, outputs: { out: 'outs' },
    sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who, id: (deed: Deed) => String(deed['uid']) } } as never,
  })], 'one'))
  const deed = (offset: number): Parameters<Bench['fold']>[0] => [range('deeds', [deedRecord(offset, { type: 'fine', who: 'a', time: THEN, uid: 'u1' } as never)])]
  await bench.fold(deed(0), NOW)
  const command = encodeEnvelope(codec, { kind: 'command', id: 'c', timeMs: NOW, event: { type: 'nothing' } })
  await bench.fold([range('app.one.inbox', [logRecord(0, 'a', command)])], NOW)
  const { batch } = await bench.fold(deed(1), NOW)
  assert.deepEqual([[...batch.drops], batch.outbox.records()], [[['duplicate', 1]], []])
})

test('events held for a stopped entity are dropped with a count when it comes to its end', async () => {
  const machine = createMachine({ initial: 'on', states: { on: { on: { end: 'off' } }, off: { type: 'final' } } })
  const bench = new Bench(planOf([defineActor({
    name: 'one', version: 1, machine: machine as never, order: 'eventTime', keepStopped: 100,
    sources: { deeds: { schema: deedSchema, key: (deed: Deed) => deed.who } } as never,
  })], 'one'))
  const put = (offset: number, type: string, who: string, time: number): ReturnType<Bench['fold']> => bench.fold([range('deeds', [deedRecord(offset, { type, who, time })])], 1000)
  await put(0, 'end', 'a', 10)
  await put(1, 'x', 'z', 20)
  await put(2, 'held', 'a', 50)
  const { batch } = await bench.fold([], 1200)
  assert.deepEqual([batch.fired.length, [...batch.drops]], [1, [['stopped', 1]]])
})
