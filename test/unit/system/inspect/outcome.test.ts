import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { MemoryLog } from '../../../../adapters/memory/log.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { entityId } from '../../../../system/inspect/query.ts'
import { outcomeOf } from '../../../../system/inspect/outcome.ts'
import type { SentCommand } from '../../../../system/inspect/outcome.ts'
import { commandRecord } from '../../../../system/node/commands.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { eventSum } from '../../../../system/partition/envelope.ts'
import { planSystem } from '../../../../system/partition/topology.ts'
import type { TypePlan } from '../../../../system/partition/topology.ts'
import system from '../../../support/counter/counter.system.ts'

const plan = planSystem(system).get('counter') as TypePlan

async function sent(log: MemoryLog, command: string, event: { readonly type: string; readonly by?: number }): Promise<SentCommand> {
  const record = commandRecord(cborCodec, plan, 'a', event, command, wallClock.nowMs())
  const journalFrom = await log.offsetsAt(plan.journal, record.partition, 'latest')
  const outcome = await log.append([record])
  assert.ok(outcome.kind === 'done')
  return { id: command, entity: entityId('a'), partition: record.partition, offset: outcome.offsets[0] as number, journalFrom, sum: eventSum(cborCodec, event) }
}

function nodeOver(log: MemoryLog, seed: number): StatelogNode {
  return new StatelogNode({
    system, log, codec: cborCodec, clock: wallClock, random: new SeededRandom(seed), models: new Map(), settings: { commitWaitMs: 0 },
    telemetry: { partition: () => {}, batch: () => {}, log: () => {}, probe: () => {} },
  })
}

test('a command waits for its commit; then the log tells its reply, its refusal, or that nothing is known of it', async () => {
  const log = memoryLog({ keyed: true })
  const node = nodeOver(log, 1)
  await node.start()
  assert.equal(await node.commands.ask('counter', 'a', { type: 'add', by: 2 }, { deadlineMs: 5000, commandId: 'first' }), 2)
  await node.stop()

  const commands = [
    await sent(log, 'second', { type: 'add', by: 3 }), await sent(log, 'first', { type: 'add', by: 2 }), await sent(log, 'bad', { type: 'add' }),
    await sent(log, 'end', { type: 'end' }), await sent(log, 'late', { type: 'add', by: 1 }),
  ]
  assert.deepEqual(await Promise.all(commands.map((command) => outcomeOf({ log, codec: cborCodec, clock: wallClock }, plan, command))), commands.map(() => ({ kind: 'waiting' })))

  const again = nodeOver(log, 2)
  await again.start()
  // A later command of the same partition: when it is answered, those before it have been taken.
  const neighbour = ['b', 'c', 'd', 'e', 'f', 'g'].find((id) => commandRecord(cborCodec, plan, id, { type: 'add' }, '', 0).partition === commands[0]?.partition)
  await again.commands.ask('counter', neighbour as string, { type: 'add', by: 1 }, { deadlineMs: 5000 })
  await again.stop()
  const [second, first, bad, end, late] = await Promise.all(commands.map((command) => outcomeOf({ log, codec: cborCodec, clock: wallClock }, plan, command)))
  assert.deepEqual([second?.kind, second?.kind === 'reply' && second.value], ['reply', 5])
  assert.deepEqual([first?.kind, first?.kind === 'reply' && first.value], ['reply', 2])
  assert.ok(bad?.kind === 'refused' && bad.class === 'action' && /add what\?/.test(bad.message) && bad.letter?.topic === `${plan.inbox}.dlq`)
  assert.deepEqual([end?.kind, end?.kind === 'reply' && end.value], ['reply', null])
  assert.equal(late?.kind, 'unknown')
  assert.equal((await outcomeOf({ log, codec: cborCodec, clock: wallClock }, plan, { ...commands[0] as SentCommand, sum: 1 })).kind, 'other-event')

  const changed: TypePlan = { ...plan, code: 'counter@2' }
  assert.deepEqual(await outcomeOf({ log, codec: cborCodec, clock: wallClock }, changed, commands[0] as SentCommand), { kind: 'other-code', seq: second?.kind === 'reply' ? second.seq : -1, code: plan.code })
})
