// Duel: one machine on two engines, compared after every event. At random points the two swap states by their stored forms.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { chartOf } from '../../../adapters/xstate/chart.ts'
import { XStateMachine } from '../../../adapters/xstate/engine.ts'
import { partsOf } from '../../../adapters/xstate/parts.ts'
import { CompiledMachine } from '../../../system/engine/machine.ts'
import type { EngineState, PreparedMachine, StepResult, StoredMachine } from '../../../system/ports/engine.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { difference } from './same.ts'

/** What two engines answer differently. */
export class EnginesDiffer extends TypeError {
  override readonly name = 'EnginesDiffer'
}

export class Duel {
  readonly one: PreparedMachine
  readonly two: PreparedMachine
  #first: EngineState | undefined
  #second: EngineState | undefined

  constructor(one: PreparedMachine, two: PreparedMachine) {
    this.one = one
    this.two = two
  }

  get configuration(): string {
    return this.#first === undefined ? '' : this.one.configuration(this.#first)
  }

  get isActive(): boolean {
    return this.#first !== undefined && this.one.status(this.#first) === 'active'
  }

  begin(input: unknown): StepResult {
    return this.#compared('the initial step', this.one.initial(input, 0), this.two.initial(input, 0))
  }

  /** Both take `event`; what fails leaves both where they were. */
  take(event: MachineEvent): StepResult {
    if (this.#first === undefined || this.#second === undefined) throw new EnginesDiffer('take: begin first')
    return this.#compared(JSON.stringify(event), this.one.step(this.#first, event, 0, true), this.two.step(this.#second, event, 0, true))
  }

  /** Each goes on from what the other stores. */
  swap(): void {
    if (this.#first === undefined || this.#second === undefined) return
    const [stored, other] = [this.one.store(this.#first), this.two.store(this.#second)]
    const [bytes, otherBytes] = [cborCodec.encode(stored).slice(), cborCodec.encode(other).slice()]
    if (!Buffer.from(bytes).equals(otherBytes)) throw new EnginesDiffer(`stored as other bytes: ${JSON.stringify(stored)}`)
    this.#first = this.one.restore(decoded(otherBytes))
    this.#second = this.two.restore(decoded(bytes))
    if (this.#first === undefined || this.#second === undefined) throw new EnginesDiffer(`a stored form is not restored: ${JSON.stringify(stored)}`)
  }

  #compared(what: string, one: StepResult, two: StepResult): StepResult {
    const found = difference(seen(this.one, one), seen(this.two, two))
    if (found !== undefined) throw new EnginesDiffer(`after ${what} in '${this.configuration}': ${found}`)
    if (one.kind === 'ok') this.#first = one.state
    if (two.kind === 'ok') this.#second = two.state
    return one
  }
}

function decoded(bytes: Uint8Array): StoredMachine {
  const read = cborCodec.decode(bytes)
  if (read.kind !== 'ok') throw new EnginesDiffer('a stored form is not decoded')
  return read.value as unknown as StoredMachine
}

export type Pair = readonly [compiled: PreparedMachine, interpreted: PreparedMachine]

/** The machine compiled and interpreted, prepared once for both. */
export function bothOf(value: unknown, strict: boolean): Pair {
  const parts = partsOf(value, { version: 1, strict })
  if (parts.kind === 'refused') throw new EnginesDiffer(parts.problems.join('\n'))
  const read = chartOf(parts)
  if (read.kind === 'uncovered') throw new EnginesDiffer(`not compiled: ${read.reason}`)
  const interpreted = new XStateMachine(parts)
  return [new CompiledMachine(read.chart, interpreted, parts.seal), interpreted]
}

/** All there is to see of a result, but for the text of a stack. */
export function seen(machine: PreparedMachine, result: StepResult): unknown {
  if (result.kind === 'failed') return { kind: result.kind, class: result.class, message: result.message }
  const { kind, state, effects, taken } = result
  return { kind, effects, taken, stored: machine.store(state), status: machine.status(state), configuration: machine.configuration(state) }
}
