import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { assign, createActor, createMachine } from 'xstate'
import type { AnyStateMachine, InspectionEvent as XInspectionEvent } from 'xstate'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { recorded } from '../../../../system/inspect/inspection.ts'
import type { InspectionEvent } from '../../../../system/inspect/inspection.ts'
import type { HistoryPage } from '../../../../system/inspect/history-page.ts'
import type { MachineEvent } from '../../../../system/protocol/data.ts'
import { served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'

const IN_TIME = { deadlineMs: 5000 }
const A = entityId('a')

class No extends RangeError {}
const failing = assign({
  turns: () => {
    throw new No('no')
  },
})

const lock = createMachine({
  id: 'lock', initial: 'shut', context: { turns: 0 }, output: 'broken',
  states: {
    shut: { on: { turn: 'open', bad: { actions: failing } } },
    open: { type: 'parallel', states: { left: { initial: 'a', states: { a: { on: { turn: 'b' } }, b: {} } }, right: { initial: 'c', states: { c: { on: { turn: { actions: assign({ turns: ({ context }: { readonly context: { readonly turns: number } }) => context.turns + 1 }) } } } } } }, on: { shut: 'shut', break: 'broken' } },
    broken: { type: 'final' },
  },
} as never)
const locks = defineSystem({ name: 'locks', actors: [defineActor({ name: 'lock', version: 1, machine: lock })], partitions: 1 })
const EVENTS: readonly MachineEvent[] = ['turn', 'turn', 'unheard', 'shut', 'turn', 'break'].map((type) => ({ type }))

async function pageOf(t: TestContext, events: readonly MachineEvent[], entriesMax = 200): Promise<HistoryPage> {
  const { gateway } = await served(t, { system: locks })
  for (const [n, event] of events.entries()) await gateway.command('lock', A, event, `k${n}`, IN_TIME)
  const result = await gateway.history('lock', A, { ...IN_TIME, entriesMax })
  assert.ok(result.kind === 'history', JSON.stringify(result))
  return result.page
}

/** What the Stately Inspector keeps of XState's own inspection of the same machine. */
function inspectedByXState(machine: AnyStateMachine, events: readonly MachineEvent[]): readonly unknown[] {
  const seen: unknown[] = []
  const actor = createActor(machine, {
    inspect: (one: XInspectionEvent) => {
      if (one.type === '@xstate.event') seen.push([one.type, one.event])
      if (one.type !== '@xstate.snapshot') return
      const { status, value, context, output } = one.snapshot as unknown as Record<string, unknown>
      seen.push([one.type, one.event, { status, value, context, ...(output === undefined ? {} : { output }) }])
    },
  })
  actor.start()
  for (const event of events) actor.send(event)
  return seen.filter((one) => (one as readonly [string, MachineEvent])[1].type !== 'xstate.init')
}

const told = (events: readonly InspectionEvent[]): readonly unknown[] => events.flatMap((one) => (one.type === '@xstate.actor' ? [] : [one.type === '@xstate.event' ? [one.type, one.event] : [one.type, one.event, one.snapshot]]))

test('Y1: what an entity took is told as XState itself tells the same machine', async (t) => {
  const page = await pageOf(t, EVENTS)
  const events = recorded(page, undefined, 200)
  assert.deepEqual(told(events), inspectedByXState(lock, page.entries.map(({ event }) => event).reverse()))
  const [actor, ...rest] = events
  assert.ok(actor?.type === '@xstate.actor' && rest.every(({ type }) => type !== '@xstate.actor'))
  assert.deepEqual([actor.name, actor.sessionId, actor.rootId, actor.snapshot, actor.statelog.isAfterGap], ['lock/a', 'lock/a', 'lock/a', { status: 'active' }, undefined])
})

test('Y1: a refused input is an event alone, and says what became of it', async (t) => {
  const events = recorded(await pageOf(t, [{ type: 'turn' }, { type: 'shut' }, { type: 'bad' }, { type: 'turn' }]), undefined, 200)
  assert.deepEqual(events.map(({ type, statelog: { refused } }) => `${type.slice(8)}${refused === undefined ? '' : ` ${refused.class}`}`), ['actor', 'event', 'snapshot', 'event', 'snapshot', 'event action', 'event', 'snapshot'])
})

test('Y2, Y3: the newest of many begins with the state that they are found in; each stands somewhere, under a name of its own', async (t) => {
  const page = await pageOf(t, EVENTS, 3)
  const events = recorded(page, '{"id":"lock"}', 2)
  assert.deepEqual(told(events).map((one) => (one as readonly unknown[])[2]), inspectedByXState(lock, EVENTS).slice(-4).map((one) => (one as readonly unknown[])[2]))
  const [actor] = events
  assert.ok(actor?.type === '@xstate.actor')
  assert.deepEqual([actor.snapshot, actor.definition, actor.statelog.isAfterGap], [{ status: 'active', value: 'shut', context: { turns: 1 } }, '{"id":"lock"}', true])
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length)
  const { partition, life } = page.at
  for (const { statelog, createdAt, _version } of events) assert.deepEqual([statelog.partition, statelog.life, Number.isSafeInteger(statelog.seq), /^\d{13}$/.test(createdAt), _version], [partition, life, true, true, '0.7.2'])
  assert.deepEqual(recorded(page, '{"id":"lock"}', 2), events)
  assert.deepEqual(recorded({ ...page, older: 'none' }, '{"id":"lock"}', 2), events, 'no more than is wanted')
  assert.deepEqual(recorded({ ...page, entries: [] }, undefined, 2), [])
})
