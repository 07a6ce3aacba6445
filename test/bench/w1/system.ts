// W1's system: one actor type, one source of bytes, one output topic, four partitions.
//
// The source's key names the account. An output has 32 bytes, little-endian: 0 u64 count · 8 u64 number of the account's event · 16 f64 score · 24 u32 standing · 0.
import { compiledEngine } from '../../../adapters/xstate/compiled.ts'
import { xstateEngine } from '../../../adapters/xstate/engine.ts'
import { actorDefiner } from '../../../system/authoring/actor.ts'
import type { ActorLimits } from '../../../system/authoring/definition.ts'
import type { StandardSchemaV1 } from '../../../system/authoring/standard-schema.ts'
import { defineSystem } from '../../../system/authoring/system.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import type { PaymentEvent, Standing } from './account.ts'
import { VALUE_BYTES } from './events.ts'
import { accountMachine } from './machine.ts'
import type { Scored } from './machine.ts'
import { reducerEngine } from './reducer.ts'

const ENGINES = { reducer: reducerEngine, compiled: compiledEngine, xstate: xstateEngine }

export type EngineName = keyof typeof ENGINES

export const SOURCE = 'payments'
export const OUTPUT = 'scores'

/** What differs where a harness has made the topics. */
export interface W1Names {
  readonly name: string
  readonly input: string
  readonly output: string
  readonly partitions: number
}

const SCORED_BYTES = 32

export const PARTITIONS = 4

/** One view of each fetched buffer serves all its records. */
let view: DataView = new DataView(new ArrayBuffer(0))

function viewOf({ buffer }: Uint8Array): DataView {
  if (view.buffer !== buffer) view = new DataView(buffer)
  return view
}

/** Of the bytes of an input's value. */
export function paymentOf(value: Uint8Array): PaymentEvent {
  const from = value.byteOffset
  const bytes = viewOf(value)
  const time = bytes.getUint32(from + 16, true) + bytes.getUint32(from + 20, true) * 0x100000000
  return { type: 'payment', seq: bytes.getUint32(from, true), amount: bytes.getFloat64(from + 8, true), time, merchant: bytes.getUint32(from + 24, true) }
}

type Read = { readonly value: PaymentEvent } | { readonly issues: readonly { readonly message: string }[] }

const paymentSchema: StandardSchemaV1<unknown, PaymentEvent> = {
  '~standard': {
    version: 1,
    vendor: 'statelog',
    validate: (value): Read => (value instanceof Uint8Array && value.length === VALUE_BYTES ? { value: paymentOf(value) } : { issues: [{ message: `is not ${VALUE_BYTES} bytes` }] }),
  },
}

const SCORED_SLAB_BYTES = 32 * 1024
let slab: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(SCORED_SLAB_BYTES))
let slabAt = 0

/** Cut from shared buffers, of which nothing is written again. */
export function scoredBytes({ count, seq, score, state }: Scored): Uint8Array {
  if (slabAt === SCORED_SLAB_BYTES) {
    slab = new DataView(new ArrayBuffer(SCORED_SLAB_BYTES))
    slabAt = 0
  }
  const at = slabAt
  slabAt += SCORED_BYTES
  slab.setUint32(at, count, true)
  slab.setUint32(at + 8, seq, true)
  slab.setFloat64(at + 16, score, true)
  slab.setUint32(at + 24, state, true)
  return new Uint8Array(slab.buffer, at, SCORED_BYTES)
}

export function scoredOf(bytes: Uint8Array): Scored {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { type: 'scored', count: view.getUint32(0, true), seq: view.getUint32(8, true), score: view.getFloat64(16, true), state: view.getUint32(24, true) as Standing }
}

/** Where they are not the defaults. */
export type W1Limits = Partial<ActorLimits> & { readonly snapshotEvery?: `${number}m` }

export function w1System(engine: EngineName, { snapshotEvery, ...limits }: W1Limits = {}, names: Partial<W1Names> = {}): SystemDefinition {
  const { name = 'w1', input = SOURCE, output = OUTPUT, partitions = PARTITIONS } = names
  const account = actorDefiner(ENGINES[engine], false)({
    name: 'account', version: 1, machine: accountMachine,
    sources: { [input]: { schema: paymentSchema, format: 'bytes' } },
    outputs: { scored: { topic: output, value: scoredBytes, headers: 'none' } },
    limits, ...(snapshotEvery === undefined ? {} : { snapshotEvery }),
  })
  return defineSystem({ name, actors: [account], partitions })
}
