// W1's system: one actor type, one source of bytes, one output topic, four partitions.
import { xstateEngine } from '../../../adapters/xstate/engine.ts'
import { actorDefiner } from '../../../system/authoring/actor.ts'
import type { ActorLimits } from '../../../system/authoring/definition.ts'
import type { StandardSchemaV1 } from '../../../system/authoring/standard-schema.ts'
import { defineSystem } from '../../../system/authoring/system.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import type { PaymentEvent } from './account.ts'
import { accountName, VALUE_BYTES } from './events.ts'
import { accountMachine } from './machine.ts'
import { reducerEngine } from './reducer.ts'

export type EngineName = 'reducer' | 'xstate'

export const SOURCE = 'payments'
export const OUTPUT = 'scores'
export const PARTITIONS = 4

const paymentSchema: StandardSchemaV1<unknown, PaymentEvent> = {
  '~standard': {
    version: 1,
    vendor: 'statelog',
    validate: (value) => {
      if (!(value instanceof Uint8Array) || value.length !== VALUE_BYTES) return { issues: [{ message: `is not ${VALUE_BYTES} bytes` }] }
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
      const time = view.getUint32(16, true) + view.getUint32(20, true) * 0x100000000
      return { value: { type: 'payment', id: accountName(view.getUint32(28, true)), seq: view.getUint32(0, true), amount: view.getFloat64(8, true), time, merchant: view.getUint32(24, true) } }
    },
  },
}

export function w1System(engine: EngineName, limits: Partial<ActorLimits> = {}): SystemDefinition {
  const account = actorDefiner(engine === 'reducer' ? reducerEngine : xstateEngine, false)({
    name: 'account', version: 1, machine: accountMachine,
    sources: { [SOURCE]: { schema: paymentSchema, key: (event) => event.id, format: 'bytes' } },
    outputs: { scored: OUTPUT },
    limits,
  })
  return defineSystem({ name: 'w1', actors: [account], partitions: PARTITIONS })
}
