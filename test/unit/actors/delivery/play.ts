// Riders, spoof watches and deliveries driven by the engine alone: scores are computed at once, timers fire when a test says so.
import assert from 'node:assert/strict'
import { delivery } from '../../../../actors/delivery/delivery.ts'
import { eta } from '../../../../actors/delivery/model.ts'
import { pingRouter } from '../../../../actors/delivery/ping-router.ts'
import { rider } from '../../../../actors/delivery/rider.ts'
import { spoof } from '../../../../actors/delivery/spoof.ts'
import type { Ping } from '../../../../actors/delivery/events.ts'
import { scorer } from '../../../../system/models/scorer.ts'
import type { Effect, EngineState, PreparedMachine } from '../../../../system/ports/engine.ts'
import type { MachineEvent } from '../../../../system/protocol/data.ts'

const MACHINES = { rider: rider.machine, spoof: spoof.machine, delivery: delivery('eventTime').machine, router: pingRouter.machine }
const { score } = scorer(eta)

export const NOON_MS = Date.UTC(2025, 0, 6, 12)
/** Degrees of latitude in a metre. */
export const METRE = 1 / 111_195.0802

/** A ping `seconds` after noon, `north` metres north of 52 degrees. */
export function ping(seconds: number, north: number, more: Partial<Ping> = {}): Ping {
  return { type: 'ping', time: NOON_MS + seconds * 1000, pingId: `p${seconds}`, riderId: '7', deliveryId: 'd', lat: 52 + north * METRE, lng: 13, traffic: 1, ...more }
}

/** One entity, from its beginning. */
export class Play {
  readonly #machine: PreparedMachine
  #state: EngineState
  readonly effects: Effect[] = []
  /** Id -> when it is due and with what. */
  readonly timers = new Map<string, { readonly dueMs: number; readonly event: MachineEvent }>()

  constructor(type: keyof typeof MACHINES, id = '7') {
    this.#machine = MACHINES[type]
    const made = this.#machine.initial({ id }, 0)
    assert.ok(made.kind === 'ok')
    this.#state = made.state
  }

  send(...events: readonly { readonly type: string; readonly time: number }[]): this {
    for (const event of events) this.#step(event)
    return this
  }

  get at(): string {
    return this.#machine.configuration(this.#state)
  }

  get isOver(): boolean {
    return this.#machine.status(this.#state) !== 'active'
  }

  context<T>(): T {
    return this.#machine.context(this.#state) as T
  }

  emitted(...types: readonly string[]): MachineEvent[] {
    return this.effects.flatMap((effect) => (effect.kind === 'emit' && types.includes(effect.event.type) ? [effect.event] : []))
  }

  /** Event time passes up to `seconds` after noon: what is due fires, in order. */
  until(seconds: number): this {
    for (;;) {
      const [first] = [...this.timers].sort(([, a], [, b]) => a.dueMs - b.dueMs)
      if (first === undefined || first[1].dueMs > NOON_MS + seconds * 1000) return this
      this.timers.delete(first[0])
      this.#step({ ...first[1].event, time: first[1].dueMs })
    }
  }

  #step(event: MachineEvent): void {
    if (this.isOver) return
    const result = this.#machine.step(this.#state, event, 0)
    assert.ok(result.kind === 'ok', result.kind === 'failed' ? result.message : '')
    this.#state = result.state
    for (const effect of result.effects) {
      this.effects.push(effect)
      if (effect.kind === 'schedule') this.timers.set(effect.timer, { dueMs: (event['time'] as number) + effect.delayMs, event: effect.event })
      if (effect.kind === 'cancel') this.timers.delete(effect.timer)
      if (effect.kind === 'infer') this.#step({ type: 'inference.eta', time: event['time'], score: score(effect.vector), model: 'eta', version: eta.version, hash: eta.hash })
    }
  }
}
