// Checked engine: runs each machine compiled and interpreted, and throws where the two differ. Tests of the core use it, so that all their machines and events
// compare the engines too.
import { chartOf } from '../../../adapters/xstate/chart.ts'
import { XStateMachine } from '../../../adapters/xstate/engine.ts'
import { partsOf } from '../../../adapters/xstate/parts.ts'
import { CompiledMachine } from '../../../system/engine/machine.ts'
import type { Engine, EngineState, PreparedMachine, PrepareResult, StepResult, StoredMachine } from '../../../system/ports/engine.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import { seen } from './duel.ts'
import { difference } from './same.ts'

export const checkedEngine: Engine = {
  name: 'checked',
  prepare(value, options): PrepareResult {
    const parts = partsOf(value, options)
    if (parts.kind === 'refused') return parts
    const interpreted = new XStateMachine(parts)
    const read = chartOf(parts)
    return { kind: 'ok', machine: read.kind === 'chart' ? checked(new CompiledMachine(read.chart, interpreted, parts.seal), interpreted) : interpreted }
  },
}

/** A state of the one, and that of the other beside it. */
const besides = new WeakMap<EngineState, EngineState>()

/** `one`, with every answer compared to that of `two`. */
export function checked(one: PreparedMachine, two: PreparedMachine): PreparedMachine {
  const other = (state: EngineState): EngineState => {
    const known = besides.get(state) ?? two.restore(one.store(state))
    if (known === undefined) throw new EnginesPart('a state is not restored')
    return known
  }
  const compared = (what: string, first: StepResult, second: StepResult): StepResult => {
    const found = difference(seen(one, first), seen(two, second))
    if (found !== undefined) throw new EnginesPart(`${what}: ${found}`)
    if (first.kind === 'ok' && second.kind === 'ok') besides.set(first.state, second.state)
    return first
  }
  return {
    hash: one.hash, tells: one.tells, emits: one.emits, infers: one.infers, lookups: one.lookups, states: one.states, transitions: one.transitions, interpreted: one.interpreted,
    outline: () => one.outline(),
    initial: (input: unknown, nowMs: number) => compared('initial', one.initial(input, nowMs), two.initial(input, nowMs)),
    step: (state: EngineState, event: MachineEvent, nowMs: number, wantTaken?: boolean) => compared(event.type, one.step(state, event, nowMs, wantTaken), two.step(other(state), event, nowMs, wantTaken)),
    store: (state: EngineState) => one.store(state),
    restore: (stored: StoredMachine) => {
      const [first, second] = [one.restore(stored), two.restore(stored)]
      if ((first === undefined) !== (second === undefined)) throw new EnginesPart('a stored form is restored by one engine only')
      if (first !== undefined && second !== undefined) besides.set(first, second)
      return first
    },
    status: (state: EngineState) => one.status(state),
    configuration: (state: EngineState) => one.configuration(state),
    context: (state: EngineState) => one.context(state),
    keep: (state: EngineState, before: EngineState | undefined) => {
      const beside = other(state)
      const kept = one.keep?.(state, before) ?? state
      besides.set(kept, beside)
      return kept
    },
    runTask: (src: string, input: unknown, signal: AbortSignal, key: string) => one.runTask(src, input, signal, key),
  }
}

class EnginesPart extends TypeError {
  override readonly name = 'EnginesPart'
}
