// Cards and terminals driven by the engine alone: tells arrive at once, scores are computed at once, timers are only written down.
import assert from 'node:assert/strict'
import { card } from '../../../../actors/fraud/card.ts'
import { fraud } from '../../../../actors/fraud/model.ts'
import { terminal } from '../../../../actors/fraud/terminal.ts'
import { scorer } from '../../../../system/models/scorer.ts'
import type { Effect, EngineState, PreparedMachine } from '../../../../system/ports/engine.ts'
import type { MachineEvent } from '../../../../system/protocol/data.ts'

const MACHINES: Readonly<Record<string, PreparedMachine>> = { card: card.machine, terminal: terminal('eventTime').machine }
const { score } = scorer(fraud)

export class Play {
  readonly #states = new Map<string, EngineState>()
  /** Everything asked for, in order, with who asked. */
  readonly effects: { readonly by: string; readonly effect: Effect }[] = []
  /** Set to answer every inference with this score instead of the model's. */
  scoreIs: number | undefined

  send(type: 'card' | 'terminal', id: string, event: MachineEvent): void {
    this.#step(type, id, event)
  }

  at(type: 'card' | 'terminal', id: string): string {
    return this.#machine(type).configuration(this.#state(type, id))
  }

  context(type: 'card' | 'terminal', id: string): unknown {
    return this.#machine(type).context(this.#state(type, id))
  }

  emitted(type: string): MachineEvent[] {
    return this.effects.flatMap(({ effect }) => (effect.kind === 'emit' && effect.event.type === type ? [effect.event] : []))
  }

  tells(target: string): MachineEvent[] {
    return this.effects.flatMap(({ effect }) => (effect.kind === 'tell' && effect.target === target ? [effect.event] : []))
  }

  /** The delay of every timer armed by `id`, in order. */
  delays(id: string): number[] {
    return this.effects.flatMap(({ by, effect }) => (by === id && effect.kind === 'schedule' ? [effect.delayMs] : []))
  }

  /** Fires the timer that `id` armed last, as the runtime would at `time`. */
  fire(id: string, time: number): void {
    const armed = this.effects.findLast(({ by, effect }) => by === id && effect.kind === 'schedule')?.effect
    assert.ok(armed?.kind === 'schedule')
    const [type, entity] = id.split('/') as ['card' | 'terminal', string]
    this.#step(type, entity, { ...armed.event, time })
  }

  #machine(type: string): PreparedMachine {
    return MACHINES[type]!
  }

  #state(type: string, id: string): EngineState {
    const known = this.#states.get(`${type}/${id}`)
    if (known !== undefined) return known
    const made = this.#machine(type).initial({ id }, 0)
    assert.ok(made.kind === 'ok')
    return made.state
  }

  #step(type: string, id: string, event: MachineEvent): void {
    const result = this.#machine(type).step(this.#state(type, id), event, 0)
    assert.ok(result.kind === 'ok', result.kind === 'failed' ? result.message : '')
    this.#states.set(`${type}/${id}`, result.state)
    for (const effect of result.effects) this.effects.push({ by: `${type}/${id}`, effect })
    for (const effect of result.effects) {
      if (effect.kind === 'infer') {
        const answer = { score: this.scoreIs ?? score(effect.vector), model: 'fraud', version: fraud.version, hash: fraud.hash }
        this.#step(type, id, { type: 'inference.fraud', time: event['time'], ...answer })
      }
      if (effect.kind === 'tell') this.#step(effect.target, effect.id, effect.event)
    }
  }
}
