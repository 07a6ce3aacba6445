// Engine: compiled statecharts, the default. A machine that the compiler does not cover runs on the interpreter, and says why.
import type { Engine, PrepareResult } from '../../system/ports/engine.ts'
import { CompiledMachine } from '../../system/engine/machine.ts'
import { chartOf } from './chart.ts'
import { XStateMachine } from './engine.ts'
import { partsOf } from './parts.ts'

export const compiledEngine: Engine = {
  name: 'compiled',
  prepare(value, options): PrepareResult {
    const parts = partsOf(value, options)
    if (parts.kind === 'refused') return parts
    const read = chartOf(parts)
    if (read.kind === 'uncovered') return { kind: 'ok', machine: new XStateMachine(parts, read.reason) }
    return { kind: 'ok', machine: new CompiledMachine(read.chart, new XStateMachine(parts), parts.seal) }
  },
}
