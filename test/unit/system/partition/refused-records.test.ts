// Records of a commit that the log refuses, several at once or at every try: each finds its answer, and the partition goes on (I8, I10).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assign, createMachine, emit, raise } from 'xstate'
import { cborCodec } from '../../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../../adapters/memory/log.ts'
import type { CommitHook } from '../../../../adapters/memory/lease.ts'
import { SeededRandom } from '../../../../adapters/memory/random.ts'
import { StatelogNode } from '../../../../system/node/node.ts'
import { readDeadLetter } from '../../../../system/partition/dead-letters.ts'
import { encodeSourceControl, SOURCE_CONTROL_HEADER } from '../../../../system/partition/envelope.ts'
import { topicSpecs } from '../../../../system/partition/topology.ts'
import type { LogRecord, OutRecord } from '../../../../system/protocol/record.ts'
import { utf8Decode, utf8Encode } from '../../../../system/protocol/utf8.ts'
import { deedSchema, defineActor } from '../../../support/partition/bench.ts'
import type { Deed } from '../../../support/partition/bench.ts'
import { defineSystem } from '../../../../adapters/node/statelog.ts'
import { silent } from '../../../support/partition/owner.ts'

const RECORD_BYTES_MAX = 20_000
const LARGE = 'x'.repeat(30_000)
/** A partition that begins again more often stands still. */
const WAITS_MAX = 10

const grow = assign({ text: () => LARGE })
const double = assign({ text: ({ event }: { event: { readonly text: string } }) => event.text + event.text } as never)
const shout = emit(() => ({ type: 'told', text: LARGE }))
/** `tell` writes an output; `shout` one that the log refuses, `arm` 10 ms later; `grow` leaves a state that it refuses; `burst` both. */
const machine = createMachine({
  context: { text: '' },
  on: {
    tell: { actions: emit({ type: 'told' }) }, shout: { actions: shout }, grow: { actions: grow }, double: { actions: double }, burst: { actions: [grow, shout] },
    arm: { actions: raise({ type: 'shout' }, { delay: 10 }) },
    chain: { actions: raise({ type: 'next' }, { id: 'u', delay: 10 }) }, next: { actions: raise({ type: 'shout' }, { id: 't', delay: 0 }) },
  },
} as never)

interface Outcome {
  readonly end: string
  /** Who wrote outputs, in order. */
  readonly told: readonly string[]
  /** Class and offset of each dead letter. */
  readonly letters: readonly string[]
  readonly parked: readonly string[]
}

const textOf = (bytes: Uint8Array | null): string => (bytes === null ? '' : utf8Decode(bytes) ?? '')

/** Of `<type> <who> <time> <bytes of text>`; `mark` promises that nothing older comes. */
function recordOf(deed: string): OutRecord {
  const [type = '', who = '', time = '1', bytes = '0'] = deed.split(' ')
  const place = { topic: 'deeds', partition: 0, timestampMs: 1 }
  if (type === 'mark') return { ...place, key: null, value: null, headers: [[SOURCE_CONTROL_HEADER, encodeSourceControl(cborCodec, { watermark: Number(time) })]] }
  return { ...place, key: utf8Encode(who), value: utf8Encode(JSON.stringify({ type, who, time: Number(time), text: 'x'.repeat(Number(bytes)) })), headers: [] }
}

interface Circumstances {
  /** What the log refuses besides. */
  readonly hook?: CommitHook
  readonly definition?: object
  readonly recordBytesMax?: number
  /** Deeds that come once the partition waits. */
  readonly later?: readonly string[]
}

/** What becomes of these deeds, which one poll takes. */
async function outcomeOf(deeds: readonly string[], { hook, definition = {}, recordBytesMax = RECORD_BYTES_MAX, later = [] }: Circumstances = {}): Promise<Outcome> {
  const source = { schema: deedSchema, key: (deed: Deed) => deed.who, time: (deed: Deed) => deed.time }
  const one = defineActor({ name: 'one', version: 1, machine: machine as never, snapshotEvery: 0, sources: { deeds: source } as never, outputs: { told: 'told' } as never, ...definition })
  const log = memoryLog({ keyed: true, recordBytesMax })
  const { promise: over, resolve } = Promise.withResolvers<string>()
  let inputs = 0
  let waits = 0
  const isQuiet = (): boolean => {
    const memory = node.partition('one', 0)?.live?.parts.memory
    return (memory?.entities.eventDues.peek()?.dueMs ?? Infinity) >= (memory?.watermarks?.currentMs ?? -Infinity)
  }
  const node = new StatelogNode({
    system: defineSystem({ name: 'r', actors: [one], partitions: 1 }), log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0 },
    telemetry: {
      ...silent, batch: (batch) => (inputs += batch.inputs) >= deeds.length + later.length && isQuiet() && resolve('taken'),
      partition: ({ state, reason }) => {
        waits += state === 'waiting' ? 1 : 0
        if (state === 'waiting' && waits === 1) void log.append(later.map(recordOf))
        if (state === 'failed' || waits > WAITS_MAX) resolve(reason ?? state)
      },
    },
  })
  await log.ensureTopics(topicSpecs(node.plans))
  if (hook !== undefined) log.onCommit(hook)
  await log.append(deeds.map(recordOf))
  await node.start()
  const end = await over
  const all = async (topic: string): Promise<readonly LogRecord[]> => (await log.read(topic, 0, 0, Infinity, { recordsMax: Infinity, bytesMax: Infinity })).records
  const parked = [...node.partition('one', 0)?.live?.parts.memory.parked.keys() ?? []].sort()
  const letters = [...await all('deeds.dlq'), ...await all('r.one.inbox.dlq')].map((record) => readDeadLetter(record))
  await node.stop()
  return {
    end, told: (await all('told')).map(({ key }) => textOf(key)), letters: letters.map((letter) => `${letter?.class} ${letter?.offset ?? letter?.timer}`),
    parked,
  }
}

test('an output and the state of its own input: the input becomes a dead letter, and the state was not made', async () => {
  assert.deepEqual(await outcomeOf(['burst a', 'tell b']), { end: 'taken', told: ['b'], letters: ['size 0'], parked: [] })
})

test('an output of one entity and the state of another one: a dead letter for the one, the other is parked', async () => {
  assert.deepEqual(await outcomeOf(['shout a', 'grow b', 'tell c', 'tell b']), { end: 'taken', told: ['c'], letters: ['size 0', 'size fold-2'], parked: ['b'] })
})

test('the states of several entities: each is parked', async () => {
  const { letters, ...outcome } = await outcomeOf(['grow a', 'grow b', 'tell c'])
  assert.deepEqual([outcome, letters.length], [{ end: 'taken', told: ['c'], parked: ['a', 'b'] }, 2])
})

test('a state, and with it inputs that are too large to be put aside: each has one dead letter', async () => {
  const circumstances = { recordBytesMax: 200_000, definition: { snapshotEvery: 1 }, later: ['tell c', 'tell a'] }
  const outcome = await outcomeOf(['double a 1 199940', 'double a 1 199940', 'tell b'], circumstances)
  assert.deepEqual({ ...outcome, letters: [...outcome.letters].sort() }, { end: 'taken', told: ['b', 'c'], letters: ['size 0', 'size 1'], parked: ['a'] })
})

test('a state and the journal record of its batch: the batch is taken in halves, then the entity of the state is parked', async () => {
  const hook: CommitHook = ({ batch: { records } }) => {
    const refused = records.flatMap(({ topic, value }, index) => ((value?.length ?? 0) > RECORD_BYTES_MAX || (topic === 'r.one.journal' && records.filter((record) => record.topic === 'told').length > 1) ? [index] : []))
    return refused.length === 0 ? undefined : { kind: 'rejected', records: refused, reason: 'too large' }
  }
  const { letters, ...outcome } = await outcomeOf(['tell a', 'grow b', 'tell c'], { hook })
  assert.deepEqual([outcome, letters.length], [{ end: 'taken', told: ['a', 'c'], parked: ['b'] }, 1])
})

const EVENT_TIME = { order: 'eventTime', timers: 'event' }

test('what a timer writes that was armed in the same batch: the timer becomes a dead letter once it stands in a commit of its own', async () => {
  const { letters, ...outcome } = await outcomeOf(['arm a 100', 'tell b 101', 'mark - 200', 'tell c 250', 'mark - 300'], { definition: EVENT_TIME })
  assert.deepEqual(outcome, { end: 'taken', told: ['b', 'c'], parked: [] })
  assert.match(letters.join(), /^size timer-a-raise\.shout-/)
})

test('what a timer writes that another one armed for the same moment becomes a dead letter too', async () => {
  const { letters, ...outcome } = await outcomeOf(['chain a 100', 'tell b 101', 'mark - 200', 'tell c 250', 'mark - 300'], { definition: EVENT_TIME })
  assert.deepEqual(outcome, { end: 'taken', told: ['b', 'c'], parked: [] })
  assert.match(letters.join(), /^size timer-a-/)
})

test('a late event that its side output does not take becomes a dead letter', async () => {
  const hook: CommitHook = ({ batch: { records } }) => {
    const refused = records.flatMap(({ topic }, index) => (topic === 'late' ? [index] : []))
    return refused.length === 0 ? undefined : { kind: 'rejected', records: refused, reason: 'too large' }
  }
  const outcome = await outcomeOf(['mark - 200', 'tell a 100', 'tell b 300', 'mark - 400'], { hook, definition: { ...EVENT_TIME, late: { output: 'late' } } })
  assert.deepEqual(outcome, { end: 'taken', told: ['b'], letters: ['size 1'], parked: [] })
})
