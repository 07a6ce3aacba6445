// E2: a state that was stored, written as bytes and restored steps exactly like the state itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cborCodec } from '../../adapters/cbor/codec.ts'
import { xstateEngine } from '../../adapters/xstate/engine.ts'
import type { EngineState, PreparedMachine, StepResult, StoredMachine } from '../../system/ports/engine.ts'
import { SPECIMENS } from '../contract/engine-machines.ts'
import { testSeed } from '../support/seed.ts'

const RUNS = 300

function prepared(machine: unknown, strict: boolean): PreparedMachine {
  const result = xstateEngine.prepare(machine, { version: 1, strict })
  assert.equal(result.kind, 'ok', result.kind === 'refused' ? result.problems.join('\n') : '')
  return (result as { machine: PreparedMachine }).machine
}

function stateAfter(result: StepResult): EngineState {
  assert.equal(result.kind, 'ok', result.kind === 'failed' ? result.message : '')
  return (result as { state: EngineState }).state
}

function reloaded(machine: PreparedMachine, state: EngineState): EngineState {
  const decoded = cborCodec.decode(cborCodec.encode(machine.store(state)))
  assert.equal(decoded.kind, 'ok')
  const restored = machine.restore((decoded as { value: StoredMachine }).value)
  assert.ok(restored !== undefined)
  return restored
}

/** Everything there is to see of a result. */
function seen(machine: PreparedMachine, result: StepResult): unknown {
  if (result.kind === 'failed') return { class: result.class, message: result.message }
  const { state, effects, taken } = result
  // As bytes in the order of keys as it is: two states that store alike in another order would go different ways later.
  return { stored: Array.from(cborCodec.encode(machine.store(state))), effects, taken, status: machine.status(state), configuration: machine.configuration(state) }
}

for (const specimen of SPECIMENS) {
  test(`${specimen.name}: E2 over random events, stored and restored at random points`, () => {
    const live = prepared(specimen.machine, true)
    const other = prepared(specimen.machine, false)
    const configurations = new Set<string>()
    const moves = fc.array(fc.record({ event: fc.constantFrom(...specimen.events), restores: fc.boolean() }), { maxLength: 60 })
    fc.assert(
      fc.property(moves, (steps) => {
        let one = stateAfter(live.initial(undefined, 0))
        let two = stateAfter(other.initial(undefined, 0))
        for (const { event, restores } of steps) {
          if (restores) two = reloaded(other, two)
          const first = live.step(one, event, 0, true)
          const second = other.step(two, event, 0, true)
          assert.deepEqual(seen(other, second), seen(live, first))
          if (first.kind === 'failed' || second.kind === 'failed') continue
          one = first.state
          two = second.state
          configurations.add(live.configuration(one))
        }
      }),
      { seed: testSeed(), numRuns: RUNS },
    )
    const leaves = live.states.length
    assert.ok(leaves === 1 || configurations.size > 2, `only ${configurations.size} configurations were reached`)
  })
}
