// What watchers are told equals a recount from the log: transitions by an interpreter that steps what the journal says was applied, the rest by reading
// records. Also where commits fail: what was not committed counts nowhere.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import fc from 'fast-check'
import { assign, emit, setup } from 'xstate'
import { memoryLog } from '../../adapters/memory/log.ts'
import type { MemoryLog } from '../../adapters/memory/log.ts'
import { xstateEngine } from '../../adapters/xstate/engine.ts'
import { defineSystem } from '../../adapters/node/statelog.ts'
import type { FlowDocument, TypeFlow } from '../../system/gateway/flow-document.ts'
import { inputRef } from '../../system/partition/arrivals.ts'
import { decodeJournal } from '../../system/partition/journal.ts'
import { planSystem } from '../../system/partition/topology.ts'
import type { EngineState, PreparedMachine } from '../../system/ports/engine.ts'
import { partitionOf } from '../../system/protocol/murmur2.ts'
import { utf8Decode, utf8Encode } from '../../system/protocol/utf8.ts'
import { served } from '../support/gateway.ts'
import { codec, deedSchema, defineActor } from '../support/partition/bench.ts'
import type { Deed } from '../support/partition/bench.ts'
import { testSeed } from '../support/seed.ts'

class Poison extends RangeError {}

/** Guards, regions, eventless and raised transitions, some that change nothing, outputs, and an action that throws. */
const machine = setup({
  types: { context: {} as { n: number }, events: {} as Deed },
  actions: {
    count: assign({ n: ({ context }) => context.n + 1 }), tell: emit({ type: 'told' }),
    trap: assign({
      n: () => {
        throw new Poison('poison')
      },
    }),
  },
  guards: { even: ({ context }) => context.n % 2 === 0, third: ({ context }) => context.n % 3 === 0 },
}).createMachine({
  id: 'm', context: { n: 0 }, initial: 'idle',
  on: { count: { actions: 'count' }, trap: { actions: 'trap' } },
  states: {
    idle: { on: { go: [{ guard: 'even', target: 'busy', actions: 'count' }, { target: 'pass', actions: 'count' }] } },
    pass: { always: [{ guard: 'third', target: 'busy', actions: 'tell' }, { target: 'idle' }] },
    busy: {
      type: 'parallel', on: { back: 'idle' },
      states: {
        left: { initial: 'a', states: { a: { on: { go: 'b' } }, b: { on: { go: { target: 'a', actions: 'tell' }, back: 'a' } } } },
        right: { initial: 'x', states: { x: { on: { go: { target: 'y', guard: 'third' } } }, y: { on: { go: { target: 'x', actions: 'count' } } } } },
      },
    },
  },
})

const TYPES = ['go', 'go', 'go', 'back', 'count', 'trap', 'unknown']
const PARTITIONS = 2
const system = defineSystem({ name: 'app', partitions: PARTITIONS, actors: [defineActor({ name: 'm', version: 1, machine, sources: { deeds: { schema: deedSchema } }, outputs: { told: 'told' } })] })

const deed = fc.record({ type: fc.constantFrom(...TYPES), who: fc.constantFrom('a', 'b', 'c', 'd', 'e'), isBroken: fc.integer({ min: 0, max: 19 }).map((n) => n === 0) })
type Drawn = { readonly type: string; readonly who: string; readonly isBroken: boolean }

const recordOf = ({ type, who, isBroken }: Drawn) => {
  const key = utf8Encode(who)
  return { topic: 'deeds', partition: partitionOf(key, PARTITIONS), key, value: utf8Encode(isBroken ? '{' : JSON.stringify({ type, who, time: 1 })), headers: [], timestampMs: Date.now() }
}

type Recount = Pick<TypeFlow, 'taken' | 'refused' | 'refusedIn' | 'occupancy' | 'inputs' | 'outputs' | 'entities'>

/** From the log alone: the deeds in order, those refused that the journal names, and an interpreter. */
async function recounted(log: MemoryLog): Promise<Recount> {
  const prepared = xstateEngine.prepare(machine, { version: 1, strict: true })
  const plan = planSystem(system).get('m')
  assert.ok(prepared.kind === 'ok' && plan !== undefined)
  const counts = { taken: new Map<string, number>(), refused: new Map<string, number>(), refusedIn: new Map<string, Map<string, number>>(), occupancy: new Map<string, number>() }
  let [inputs, outputs] = [0, 0]
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const all = async (topic: string) => (await log.read(topic, partition, 0, await log.offsetsAt(topic, partition, 'latest'), { recordsMax: Infinity, bytesMax: Infinity })).records
    const verdicts = new Map((await all('app.m.journal')).flatMap(({ value }) => (value === null ? [] : decodeJournal(codec, value)?.verdicts ?? [])).map((verdict) => [verdict.input, verdict.class]))
    const states = new Map<string, EngineState>()
    for (const { offset, key, value } of await all('deeds')) {
      inputs += 1
      const who = utf8Decode(key ?? new Uint8Array()) ?? ''
      const verdict = verdicts.get(inputRef(plan.inputs, 'deeds', offset))
      if (verdict === undefined) take(prepared.machine, states, who, JSON.parse(utf8Decode(value ?? new Uint8Array()) ?? '') as Deed, counts.taken)
      else {
        const state = states.get(who)
        const at = state === undefined ? '' : prepared.machine.configuration(state)
        add(counts.refused, verdict)
        const inner = counts.refusedIn.get(at) ?? new Map<string, number>()
        counts.refusedIn.set(at, inner)
        add(inner, verdict)
      }
    }
    for (const state of states.values()) add(counts.occupancy, prepared.machine.configuration(state))
    outputs += (await all('told')).length
  }
  const entities = [...counts.occupancy.values()].reduce((sum, count) => sum + count, 0)
  return { ...Object.fromEntries(Object.entries(counts).map(([name, map]) => [name, plain(map)])) as Pick<Recount, 'taken' | 'refused' | 'refusedIn' | 'occupancy'>, inputs, outputs, entities }
}

const plain = (map: ReadonlyMap<string, unknown>): Record<string, unknown> => Object.fromEntries([...map].map(([name, value]) => [name, value instanceof Map ? plain(value as Map<string, unknown>) : value]))

function take(prepared: PreparedMachine, states: Map<string, EngineState>, who: string, event: Deed, taken: Map<string, number>): void {
  const known = states.get(who)
  const made = known === undefined ? prepared.initial(undefined, 0) : undefined
  const from = known ?? (made?.kind === 'ok' ? made.state : undefined)
  assert.ok(from !== undefined)
  const result = prepared.step(from, event, 0, true)
  assert.ok(result.kind === 'ok', `the journal says that ${event.type} was applied`)
  states.set(who, result.state)
  for (const place of result.taken ?? []) add(taken, prepared.transitions[place] ?? '')
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** What a watcher who was there from the start is told once all deeds have been taken. */
async function watched(t: TestContext, log: MemoryLog, chunks: readonly (readonly Drawn[])[]): Promise<TypeFlow> {
  const { gateway, node } = await served(t, { system, log })
  const over = new AbortController()
  const total = chunks.flat().length
  const looks = gateway.watch(['m'], over.signal)[Symbol.asyncIterator]()
  const isLive = ({ types: { m } }: FlowDocument): boolean => Object.values(m?.partitions ?? {}).every(({ state, epoch }) => state === 'live' && epoch !== undefined)
  const next = async (fits: (document: FlowDocument) => boolean): Promise<TypeFlow> => {
    for (;;) {
      const { value } = await looks.next()
      assert.ok(value !== undefined)
      const { m } = (value as FlowDocument).types
      if (m !== undefined && fits(value as FlowDocument)) return m
    }
  }
  try {
    await next(isLive)
    for (const chunk of chunks) if (chunk.length > 0) await log.append(chunk.map(recordOf))
    return await next(({ types: { m } }) => m?.inputs === total)
  } finally {
    over.abort()
    await looks.return?.()
    await node.stop()
  }
}

const compared = ({ taken, refused, refusedIn, occupancy, inputs, outputs, entities }: TypeFlow): Recount => ({ taken, refused, refusedIn, occupancy, inputs, outputs, entities })

const [deeds = []] = fc.sample(fc.array(fc.array(deed, { minLength: 1, maxLength: 30, size: 'max' }), { minLength: 12, maxLength: 20, size: 'max' }), { seed: testSeed(), numRuns: 1 })

test('watchers are told what a recount from the log gives', async (t) => {
  const log = memoryLog({ keyed: true })
  const flow = await watched(t, log, deeds)
  const recount = await recounted(log)
  assert.deepEqual(compared(flow), recount)
  assert.deepEqual([flow.deadLetters, Object.keys(flow.taken).length > 8, recount.outputs > 0], [Object.values(recount.refused).reduce((sum, count) => sum + count, 0), true, true], JSON.stringify(recount))
})

test('a commit that fails counts nowhere: its inputs count once, when they are committed', async (t) => {
  const log = memoryLog({ keyed: true })
  let commits = 0
  log.onCommit(({ batch: { records } }) => (records.some(({ topic }) => topic === 'told') && (commits += 1) % 3 === 1 ? { kind: 'unknown', applied: false, reason: 'as the test wants it' } : undefined))
  const flow = await watched(t, log, deeds)
  assert.ok(commits > 1)
  assert.deepEqual(compared(flow), await recounted(log))
})
