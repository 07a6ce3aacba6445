// The actor types of a run: the drawn one, and the one that it tells.
import { defineActor } from '../../../adapters/node/statelog.ts'
import { memoryModels } from '../../../adapters/memory/models.ts'
import type { ActorDefinition } from '../../../system/authoring/definition.ts'
import { encodeModel } from '../../../system/models/artifact.ts'
import { defineModel } from '../../../system/models/definition.ts'
import type { ModelStore } from '../../../system/ports/models.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { runtimeMachine } from './machine-build.ts'
import type { Worker } from './machine-build.ts'
import { AMOUNT_MAX, hasShape } from './oracle-input.ts'
import type { RunPlan } from './plan.ts'

export const APP = 'run'
export const RISK = defineModel({ name: 'risk', version: 3, kind: 'linear', features: ['n', 'value'], weights: [1, 1], bias: 0 })
/** May be activated in its place. */
export const RISK_LATER = defineModel({ name: 'risk', version: 4, kind: 'linear', features: ['n', 'value'], weights: [2, 3], bias: 1 })

/** Where the later model stands. */
export function artifacts(): ModelStore {
  const store = memoryModels()
  void store.save(RISK_LATER.hash, encodeModel(RISK_LATER))
  return store
}

const schema = {
  '~standard': {
    version: 1 as const, vendor: 'runs',
    validate: (value: unknown) => (hasShape(value) ? { value: value as MachineEvent } : { issues: [{ message: 'not an event of the runs' }] }),
  },
}

export function mainType(plan: RunPlan, worker: Worker): ActorDefinition {
  const source = (topic: string) => ({
    schema, topic, key: (event: MachineEvent) => String(event['card']), id: (event: MachineEvent) => String(event['id']), outOfOrder: plan.outOfOrderMs,
    rules: [{ name: 'amount', check: (event: MachineEvent) => ((event['amount'] as number) <= AMOUNT_MAX ? undefined : 'too much') }],
  })
  const sources = { a: source('a'), ...(plan.variant === 'event-arrival' ? {} : { b: source('b') }) }
  return defineActor({
    name: 'main', version: 1, machine: runtimeMachine(plan.machine, 'peer', worker), sources: sources as never,
    outputs: { out: 'outs', alarm: 'outs' }, dedup: plan.dedup, keepStopped: plan.keepStoppedMs, snapshotEvery: plan.snapshotEveryMs,
    timers: plan.variant === 'processing' ? 'processing' : 'event', order: plan.variant === 'event-order' ? 'eventTime' : 'arrival',
    onFailure: Object.fromEntries(plan.stops.map((failureClass) => [failureClass, 'stop' as const])),
    limits: { entityBytesMax: plan.entityBytesMax, skewMs: Infinity },
    ...(plan.fallback === undefined ? {} : { fallbacks: { risk: plan.fallback } }),
  })
}

/** The type that is told. */
export function peerType(plan: RunPlan, worker: Worker): ActorDefinition {
  return defineActor({
    name: 'peer', version: 1, machine: runtimeMachine(plan.peer, 'main', worker), outputs: { out: 'peer-outs' }, tells: { main: 'feedback' },
    snapshotEvery: plan.snapshotEveryMs, limits: { entityBytesMax: plan.entityBytesMax },
  })
}
