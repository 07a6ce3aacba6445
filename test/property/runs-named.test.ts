// What the random runs meet by chance, each stated once by name, on the real runtime in simulated time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, cancel, createMachine, emit, fromPromise, raise } from 'xstate'
import { reply } from '../../system/authoring/effects.ts'
import type { Envelope } from '../../system/partition/envelope.ts'
import { START_MS } from '../support/runs/plan.ts'
import { Stage } from '../support/runs/stage.ts'

const counting = assign({ n: ({ context }: { context: { n: number } }) => context.n + 1 }) as never
const counter = (more: object): unknown => createMachine({ context: { n: 0 }, ...more } as never)

test('the result of a task that was left and started again is dropped with a count; neither machine nor wildcard sees it', async () => {
  const ends: ((value: unknown) => void)[] = []
  const work = fromPromise(() => new Promise((resolve) => ends.push(resolve)))
  const stage = await new Stage(counter({
    initial: 'working', on: { '*': { actions: counting } },
    states: { working: { invoke: { id: 'work', src: work, onDone: 'done' }, on: { again: { target: 'working', reenter: true } } }, done: {} },
  })).start()
  await stage.feed({ type: 'again' })
  await stage.feed({ type: 'again' })
  assert.equal(ends.length, 2)
  ends[0]?.('stale')
  await stage.settle()
  assert.deepEqual([(await stage.state())?.m.value, await stage.context(), await stage.drops()], ['working', { n: 0 }, { 'stale-task': 1 }])
  ends[1]?.('current')
  await stage.settle()
  assert.deepEqual([(await stage.state())?.m.value, await stage.drops()], ['done', { 'stale-task': 1 }])
  await stage.stop()
})

test('events of types that only the runtime makes are refused from sources, commands, tells and made-up task results', async () => {
  const stage = await new Stage(counter({ on: { '*': { actions: counting } } })).start()
  const types = ['xstate.done.actor.work', 'xstate.init', 'inference.risk']
  await stage.feed(...types.map((type) => ({ type })), { type: 'honest' })
  assert.deepEqual(await stage.classes(), ['schema', 'schema', 'schema'])
  const at = { timeMs: START_MS, ingestedMs: START_MS }
  const tell = (type: string): Envelope => ({ kind: 'tell', sender: 'stage.two', senderPartition: 0, watermark: undefined, id: type, origin: { source: 's', id: type }, event: { type }, ...at })
  await stage.inbox(...types.map(tell), ...types.map((type): Envelope => ({ kind: 'command', id: type, event: { type }, ...at })))
  assert.deepEqual(await stage.classes('stage.one.inbox'), ['schema', 'schema', 'schema', 'schema', 'schema', 'schema'])
  await stage.inbox({ kind: 'task', task: 'work', key: 'one/a/work/1-1', ok: true, value: 1, ...at })
  assert.deepEqual([await stage.context(), await stage.drops()], [{ n: 1 }, { 'stale-task': 1 }])
  await stage.stop()
})

test('an assign that changes its argument fails with class action, and the state stays as it was', async () => {
  const machine = createMachine({
    types: { context: {} as { list: number[] } },
    context: { list: [7] },
    on: {
      spoil: { actions: assign(({ context }) => ({ list: (context.list.push(1), context.list) })) },
      note: { actions: assign(({ context }) => ({ list: [...context.list, 8] })) },
    },
  })
  const stage = await new Stage(machine).start()
  await stage.feed({ type: 'spoil' }, { type: 'note' }, { type: 'spoil' })
  assert.deepEqual([await stage.classes(), await stage.context()], [['action', 'action'], { list: [7, 8] }])
  await stage.stop()
})

test('an endless always fails with class timeout, and the entity goes on', async () => {
  const stage = await new Stage(counter({
    initial: 'rest', on: { go: { actions: counting } },
    states: { rest: { on: { spin: 'left' } }, left: { always: 'right' }, right: { always: 'left' } },
  })).start()
  await stage.feed({ type: 'go' }, { type: 'spin' }, { type: 'go' })
  assert.deepEqual([await stage.classes(), (await stage.state())?.m.value, await stage.context()], [['timeout'], 'rest', { n: 2 }])
  await stage.stop()
})

test('of two timers due in one batch the first may cancel the second, or arm it anew for later', async () => {
  const stage = await new Stage(counter({
    on: {
      arm: { actions: [raise({ type: 'one' }, { id: 'one', delay: 10 }), raise({ type: 'two' }, { id: 'two', delay: 20 }), raise({ type: 'three' }, { id: 'three', delay: 30 })] },
      one: { actions: [emit({ type: 'out', of: 'one' } as never), cancel('two'), raise({ type: 'three' }, { id: 'three', delay: 500 })] },
      two: { actions: emit({ type: 'out', of: 'two' } as never) },
      three: { actions: emit({ type: 'out', of: 'three' } as never) },
    },
  })).start()
  await stage.feed({ type: 'arm' })
  // All three are due by the time anyone looks.
  stage.clock.advance(400)
  await stage.settle()
  assert.deepEqual(await stage.outputs(), ['{"type":"out","of":"one"}'])
  await stage.pass(499)
  assert.equal((await stage.outputs()).length, 1)
  await stage.pass(1)
  assert.deepEqual((await stage.outputs()).slice(1), ['{"type":"out","of":"three"}'])
  await stage.stop()
})

test('a command sent again is applied once and gets its first reply', async () => {
  const stage = await new Stage(counter({ on: { ask: { actions: [counting, reply((({ context }: { context: { n: number } }) => context.n) as never)] } } })).start()
  const ask = (commandId: string): Promise<unknown> => stage.commands.ask('one', 'a', { type: 'ask' }, { deadlineMs: 1000, commandId })
  assert.deepEqual([await ask('first'), await ask('second'), await ask('first')], [1, 2, 1])
  assert.deepEqual([await stage.context(), await stage.drops()], [{ n: 2 }, { duplicate: 1 }])
  await stage.stop()
})

test('an event behind the watermark is applied, dropped with a count, or written to a topic, as its type says', async () => {
  const machine = counter({ on: { go: { actions: emit((({ event }: { event: { n: number } }) => ({ type: 'out', n: event.n })) as never) } } })
  const feed = async (late: 'apply' | 'drop' | { output: string }): Promise<Stage> => {
    const stage = await new Stage(machine, { order: 'eventTime', late }).start()
    await stage.feed({ type: 'go', n: 1, time: START_MS + 10 }, { type: 'go', n: 2, time: START_MS + 20 }, { type: 'go', n: 3, time: START_MS + 15 }, { type: 'go', n: 4, time: START_MS + 30 })
    return stage
  }
  const out = (...numbers: readonly number[]): readonly string[] => numbers.map((n) => `{"type":"out","n":${n}}`)
  const applied = await feed('apply')
  // 2 waits: the watermark stands at its own time until 4 comes.
  assert.deepEqual([await applied.outputs(), await applied.drops()], [out(1, 3, 2), {}])
  const dropped = await feed('drop')
  assert.deepEqual([await dropped.outputs(), await dropped.drops()], [out(1, 2), { late: 1 }])
  const written = await feed({ output: 'latecomers' })
  assert.deepEqual([await written.outputs(), await written.drops()], [out(1, 2), { late: 1 }])
  assert.deepEqual((await written.outputs('latecomers')).map((text) => (JSON.parse(text) as { n: number }).n), [3])
  for (const stage of [applied, dropped, written]) await stage.stop()
})

test('a stopped entity takes nothing until keepStopped is over, and is born anew after it', async () => {
  const stage = await new Stage(counter({
    initial: 'alive', on: { go: { actions: counting } }, states: { alive: { on: { die: 'dead' } }, dead: { type: 'final' } },
  }), { keepStopped: 1000 }).start()
  await stage.feed({ type: 'go' }, { type: 'die' }, { type: 'go' })
  assert.deepEqual([(await stage.state())?.m.value, await stage.context(), await stage.drops()], ['dead', { n: 1 }, { stopped: 1 }])
  await stage.pass(999)
  await stage.feed({ type: 'go' })
  assert.deepEqual([await stage.context(), await stage.drops()], [{ n: 1 }, { stopped: 2 }])
  await stage.pass(1)
  assert.equal(await stage.state(), undefined)
  await stage.feed({ type: 'go' })
  assert.deepEqual([(await stage.state())?.m.value, await stage.context(), await stage.drops()], ['alive', { n: 1 }, { stopped: 2 }])
  await stage.stop()
})

test('a partition that failed rests with its lease until it is stopped: nobody takes it only to fail again', async () => {
  const stage = await new Stage(counter({ on: { go: { actions: counting } } })).start()
  await stage.feed({ type: 'go' })
  stage.clock.advance(31 * 86_400_000)
  await stage.pass(10_000)
  assert.deepEqual(stage.moves, ['assigned', 'fencing', 'recovering', 'live', 'failed'])
  await stage.stop()
})
