// What a gateway costs the owners it asks, and what it says when they answer late.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMachine } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { defineActor, defineSystem } from '../../../../adapters/node/statelog.ts'
import { queryEntity } from '../../../../system/inspect/query.ts'
import type { Watermarks } from '../../../../system/partition/watermarks.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import type { Rpc } from '../../../../system/ports/rpc.ts'
import { gatewayTo, served } from '../../../support/gateway.ts'
import { entityId } from '../../../support/partition/bench.ts'

const IN_TIME = { deadlineMs: 5000 }
const A = entityId('a')

test('equal questions about partitions that are under way together are one; counting looks at no end of a topic', async (t) => {
  const { gateway: early, node, log, rpc } = await served(t)
  assert.equal((await early.counts('counter', IN_TIME)).kind, 'counts')
  let [calls, ends] = [0, 0]
  const counted: Rpc = { ...rpc, call: (...args) => (calls += 1, rpc.call(...args)) }
  const { offsetsAt } = log
  log.offsetsAt = (...args) => (ends += 1, offsetsAt.apply(log, args))
  const gateway = gatewayTo(node, log, counted)
  const all = await Promise.all(Array.from({ length: 50 }, () => gateway.counts('counter', IN_TIME)))
  assert.deepEqual([all.every(({ kind }) => kind === 'counts'), calls, ends], [true, 2, 0])
  const reports = (await Promise.all(Array.from({ length: 50 }, () => gateway.partitions(IN_TIME)))).flat()
  assert.deepEqual([reports.every(({ state }) => state === 'live'), calls], [true, 4])
  assert.equal((await gateway.counts('counter', IN_TIME)).kind, 'counts')
  assert.equal(calls, 6, 'an answer is not kept')
})

test('who joins a question waits no longer than its own deadline', async (t) => {
  const { node, log, rpc } = await served(t)
  const never: Rpc = { ...rpc, call: async (_address, _request, deadlineMs) => {
    await new Promise((resolve) => setTimeout(resolve, deadlineMs))
    return { kind: 'deadline' }
  } }
  const gateway = gatewayTo(node, log, never)
  const over = new AbortController()
  let isFirstOver = false
  const first = gateway.counts('counter', { deadlineMs: 2000, signal: over.signal }).then(() => (isFirstOver = true))
  assert.equal((await gateway.counts('counter', { deadlineMs: 20 })).kind, 'unavailable')
  assert.equal(isFirstOver, false)
  over.abort()
  await first
})

test('a wait whose last look comes to nothing tells what it saw before', async (t) => {
  const { gateway, node, log, rpc } = await served(t)
  await gateway.command('counter', A, { type: 'add', by: 1 } as { readonly type: string }, 'k', IN_TIME)
  let calls = 0
  const slow: Rpc = { ...rpc, call: async (address, request, deadlineMs) => {
    if ((calls += 1) === 1) return rpc.call(address, request, deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, deadlineMs))
    return { kind: 'deadline' }
  } }
  const result = await gatewayTo(node, log, slow).wait('counter', A, 'ended', { deadlineMs: 80 })
  assert.ok(result.kind === 'not-reached' && result.answer.entity?.configuration === 'counting', JSON.stringify(result))
})

test('G1: a place of another partition or of a life that is over is told apart from one that is not reached yet', async (t) => {
  const { gateway } = await served(t)
  const sent = await gateway.command('counter', A, { type: 'add', by: 1 } as { readonly type: string }, 'k', IN_TIME)
  assert.ok(sent.kind === 'reply')
  const { at } = sent
  assert.equal((await gateway.get('counter', A, { ...IN_TIME, atLeast: at })).kind, 'entity')
  assert.equal((await gateway.wait('counter', A, 'counting', { ...IN_TIME, atLeast: at })).kind, 'reached')
  for (const [atLeast, what] of [[{ ...at, partition: 1 - at.partition }, 'partition'], [{ ...at, life: '00000000-0000-4000-8000-000000000000' }, 'life']] as const) {
    const got = await gateway.get('counter', A, { ...IN_TIME, atLeast })
    const waited = await gateway.wait('counter', A, 'counting', { ...IN_TIME, atLeast })
    assert.deepEqual([got.kind === 'misplaced' && got.what, waited.kind === 'misplaced' && waited.what], [what, what])
  }
})

test('I12: a watermark is shown as of the last commit, as a reader of the log has it', async (t) => {
  const Any = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value: value as { readonly type: string; readonly time: number } }) } }
  const source = { schema: Any, key: () => 'a', time: (event: unknown) => (event as { readonly time: number }).time }
  const machine = createMachine({ on: { tick: {} } })
  const clocks = defineActor({ name: 'clock', version: 1, machine, timers: 'event', sources: { ticks: { ...source, topic: 'ticks' }, rests: { ...source, topic: 'rests', idleAfter: '20ms' } } })
  const { gateway, node, log } = await served(t, { system: defineSystem({ name: 'w', actors: [clocks], partitions: 1 }) })
  const value = new TextEncoder().encode(JSON.stringify({ type: 'tick', time: 1000 }))
  await log.append([{ topic: 'ticks', partition: 0, key: new TextEncoder().encode('a'), value, headers: [], timestampMs: 1000 }])
  const marks = (): Watermarks | undefined => node.partition('clock', 0)?.live?.parts.memory.watermarks
  // The other source is taken for idle, which no commit says.
  while (marks()?.currentMs !== 1000) await new Promise((resolve) => setTimeout(resolve, 5))
  const shown = await gateway.get('clock', A, IN_TIME)
  const reports = await gateway.partitions(IN_TIME)
  const read = await queryEntity({ log, codec: cborCodec, clock: wallClock }, node.plans.get('clock') as TypePlan, 'a')
  assert.ok(shown.kind === 'entity')
  assert.deepEqual([shown.answer.watermarkMs, reports[0]?.watermarkMs], [read.watermarkMs, read.watermarkMs])
})
