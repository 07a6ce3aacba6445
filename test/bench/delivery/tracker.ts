// Tracker: the ETA of a delivery as a plain reducer behind the engine port, with the features and the model of the delivery domain.
//
// What it leaves out of the domain's own statecharts: orders, geofences, spoofing, timers, payment, and the way of a ping from its rider to its
// delivery: it is keyed by rider.
import { etaFeatures } from '../../../actors/delivery/features.ts'
import { Ping } from '../../../actors/delivery/events.ts'
import { eta } from '../../../actors/delivery/model.ts'
import { actorDefiner } from '../../../system/authoring/actor.ts'
import { defineSystem } from '../../../system/authoring/system.ts'
import type { SystemDefinition } from '../../../system/authoring/system.ts'
import type { Engine, EngineState, PreparedMachine, StepResult } from '../../../system/ports/engine.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { sha256Hex } from '../../../system/protocol/sha256.ts'
import type { AnyStateMachine } from 'xstate'

interface Tracked {
  readonly deliveryId: string
  readonly pingId: string
  readonly restaurantLat: number
  readonly restaurantLng: number
  readonly customerLat: number
  readonly customerLng: number
  readonly track: typeof etaFeatures.State
}

const NOBODY: Tracked = { deliveryId: '', pingId: '', restaurantLat: 0, restaurantLng: 0, customerLat: 0, customerLng: 0, track: etaFeatures.empty }
/** About a kilometre. */
const AWAY = 0.01

const read = (state: EngineState): Tracked => state as unknown as Tracked
const stateOf = (tracked: Tracked): EngineState => tracked as unknown as EngineState

function step(state: EngineState, event: MachineEvent): StepResult {
  const tracked = read(state)
  if (event.type === 'inference.eta') {
    return { kind: 'ok', state, effects: [{ kind: 'emit', event: { type: 'eta', time: event['time'], deliveryId: tracked.deliveryId, pingId: tracked.pingId, seconds: Math.max(0, event['score'] as number) } }] }
  }
  const ping = event as unknown as Ping
  const begun = ping.deliveryId === tracked.deliveryId ? tracked : { ...NOBODY, deliveryId: ping.deliveryId, restaurantLat: ping.lat + AWAY, restaurantLng: ping.lng, customerLat: ping.lat + AWAY, customerLng: ping.lng + AWAY }
  const { restaurantLat, restaurantLng, customerLat, customerLng } = begun
  const track = etaFeatures.fold(begun.track, { time: ping.time, lat: ping.lat, lng: ping.lng, traffic: ping.traffic, isPickedUp: false, restaurantLat, restaurantLng, customerLat, customerLng })
  return { kind: 'ok', state: stateOf({ ...begun, pingId: ping.pingId, track }), effects: [{ kind: 'infer', model: eta.name, vector: etaFeatures.values(track) }] }
}

const machine: PreparedMachine = {
  hash: sha256Hex('tracker 1'),
  tells: [], emits: ['eta'], infers: [eta.name], lookups: [], states: ['underway'], transitions: [],
  outline: () => ({ id: 'tracker', states: [], transitions: [] }),
  initial: () => ({ kind: 'ok', state: stateOf(NOBODY), effects: [] }),
  step,
  store: (state) => ({ value: 'underway', context: read(state), status: 'active' }),
  restore: ({ context }) => stateOf(context as Tracked),
  status: () => 'active',
  configuration: () => 'underway',
  context: (state) => read(state),
  runTask: () => Promise.reject(new TypeError('a tracker has no tasks')),
}

const engine: Engine = { name: 'reducer', prepare: () => ({ kind: 'ok', machine }) }

export function trackerSystem(): SystemDefinition {
  const tracker = actorDefiner(engine, false)({
    name: 'tracker', version: 1, machine: {} as AnyStateMachine,
    sources: { pings: { schema: Ping as never, key: (ping: Ping) => ping.riderId } } as never,
    outputs: { eta: 'etas' },
    snapshotEvery: '20s',
    limits: { foldInputsMax: 100_000, entityBytesMax: 128 << 20 },
  })
  return defineSystem({ name: 'tracking', actors: [tracker], models: [eta], partitions: 4 })
}
