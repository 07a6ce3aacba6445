// Refusing: what becomes of deeds some of whose records the log refuses, on a node that lives its real life over a memory log.
import { assign, createMachine, emit, raise } from 'xstate'
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { wallClock } from '../../../adapters/memory/clock.ts'
import { memoryLog } from '../../../adapters/memory/log.ts'
import type { CommitHook } from '../../../adapters/memory/lease.ts'
import { SeededRandom } from '../../../adapters/memory/random.ts'
import { StatelogNode } from '../../../system/node/node.ts'
import { readDeadLetter } from '../../../system/partition/dead-letters.ts'
import { encodeSourceControl, SOURCE_CONTROL_HEADER } from '../../../system/partition/envelope.ts'
import { readParked } from '../../../system/partition/parking.ts'
import { topicSpecs } from '../../../system/partition/topology.ts'
import { headerOf } from '../../../system/protocol/record.ts'
import type { LogRecord, OutRecord } from '../../../system/protocol/record.ts'
import { utf8Decode, utf8Encode } from '../../../system/protocol/utf8.ts'
import { deedSchema, defineActor } from './bench.ts'
import type { Deed } from './bench.ts'
import { defineSystem } from '../../../adapters/node/statelog.ts'
import { silent } from './owner.ts'

export const RECORD_BYTES_MAX = 20_000
const LARGE = 'x'.repeat(30_000)
/** A partition that begins again more often, for each deed, stands still. */
const WAITS_MAX = 10

const grow = assign({ text: () => LARGE })
const add = assign({ text: ({ context, event }: { context: { readonly text: string }; event: { readonly text: string } }) => context.text + event.text } as never)
const double = assign({ text: ({ event }: { event: { readonly text: string } }) => event.text + event.text } as never)
const shout = emit(() => ({ type: 'told', text: LARGE }))
/** `tell` writes an output; `shout` one that the log refuses, `arm` 10 ms later; `grow` leaves a state that it refuses; `burst` both. */
const machine = createMachine({
  context: { text: '' },
  on: {
    tell: { actions: emit({ type: 'told' }) }, shout: { actions: shout }, grow: { actions: grow }, add: { actions: add }, double: { actions: double }, burst: { actions: [grow, shout] },
    arm: { actions: raise({ type: 'shout' }, { delay: 10 }) },
    chain: { actions: raise({ type: 'next' }, { id: 'u', delay: 10 }) }, next: { actions: raise({ type: 'shout' }, { id: 't', delay: 0 }) },
  },
} as never)

export interface Outcome {
  readonly end: string
  /** Who wrote outputs, in order, and by what. */
  readonly told: readonly string[]
  readonly causes: readonly string[]
  /** Class and offset of each dead letter. */
  readonly letters: readonly string[]
  readonly parked: readonly string[]
  /** Offsets of deeds put aside that were not applied before. */
  readonly aside: readonly number[]
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
  readonly batchRecordsMax?: number
  /** Deeds that come once the partition waits. */
  readonly later?: readonly string[]
}

/** What becomes of these deeds, which one poll takes. */
export async function outcomeOf(deeds: readonly string[], { hook, definition = {}, recordBytesMax = RECORD_BYTES_MAX, batchRecordsMax = 100, later = [] }: Circumstances = {}): Promise<Outcome> {
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
    system: defineSystem({ name: 'r', actors: [one], partitions: 1 }), log, codec: cborCodec, clock: wallClock, random: new SeededRandom(1), models: new Map(), settings: { commitWaitMs: 0, batchRecordsMax },
    telemetry: {
      ...silent, batch: (batch) => (inputs += batch.inputs) >= deeds.length + later.length && isQuiet() && resolve('taken'),
      partition: ({ state, reason }) => {
        waits += state === 'waiting' ? 1 : 0
        if (state === 'waiting' && waits === 1) void log.append(later.map(recordOf))
        if (state === 'failed' || waits > WAITS_MAX + 2 * deeds.length) resolve(reason ?? state)
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
  const told = await all('told')
  const infos = (await all('r.one.parked')).flatMap((record) => readParked(record) ?? [])
  return {
    end, told: told.map(({ key }) => textOf(key)), causes: told.map(({ headers }) => textOf(headerOf(headers, 'ce_id') ?? null)), letters: letters.map((letter) => `${letter?.class} ${letter?.offset ?? letter?.timer}`),
    parked, aside: infos.filter(({ refold }) => !refold).map(({ offset }) => offset),
  }
}
