// Duel: one machine on two engines, compared after every event. At random points the two swap states by their stored forms.
import { cborCodec } from '../../../adapters/cbor/codec.ts'
import { chartOf } from '../../../adapters/xstate/chart.ts'
import { XStateMachine } from '../../../adapters/xstate/engine.ts'
import { partsOf } from '../../../adapters/xstate/parts.ts'
import { CompiledMachine } from '../../../system/engine/machine.ts'
import type { EngineState, PreparedMachine, StepResult, StoredMachine } from '../../../system/ports/engine.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { takeCalls } from './meter.ts'
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

  get status(): 'active' | 'done' | 'error' | 'not begun' {
    return this.#first === undefined ? 'not begun' : this.one.status(this.#first)
  }

  get isActive(): boolean {
    return this.status === 'active'
  }

  begin(input: unknown): StepResult {
    return this.#compared('the initial step', () => this.one.initial(input, 0), () => this.two.initial(input, 0))
  }

  /** Both take `event`; what fails leaves both where they were. */
  take(event: MachineEvent): StepResult {
    const [first, second] = [this.#first, this.#second]
    if (first === undefined || second === undefined) throw new EnginesDiffer('take: begin first')
    return this.#compared(event, () => this.one.step(first, event, 0, true), () => this.two.step(second, event, 0, true))
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

  #compared(what: string | MachineEvent, ask: () => StepResult, askOther: () => StepResult): StepResult {
    takeCalls()
    const one = ask()
    const calls = takeCalls()
    const two = askOther()
    const found = difference(seen(this.one, one), seen(this.two, two)) ?? calledOtherwise(calls, takeCalls())
    if (found !== undefined) throw new EnginesDiffer(`after ${typeof what === 'string' ? what : JSON.stringify(what)} in '${this.configuration}': ${found}`)
    if (one.kind === 'ok') this.#first = kept(this.one, one.state, this.#first)
    if (two.kind === 'ok') this.#second = kept(this.two, two.state, this.#second)
    return one
  }
}

/** As between turns. */
const kept = (machine: PreparedMachine, state: EngineState, before: EngineState | undefined): EngineState => machine.keep?.(state, before) ?? state

/** How the user's functions were called. A step that was given up and run by the interpreter has called some before. */
function calledOtherwise(calls: readonly string[], others: readonly string[]): string | undefined {
  const early = calls.length - others.length
  const at = early < 0 ? 0 : others.findIndex((call, nth) => call !== calls[early + nth])
  return at === -1 ? undefined : `call ${at} of the user's functions: ${calls[early + at]} and ${others[at]}`
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
