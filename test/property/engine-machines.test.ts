// The machines of this repository's tests and benchmarks on both engines, with random events. Those of its scenarios: `engine-actors.test.ts`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompiledMachine } from '../../system/engine/machine.ts'
import type { SystemDefinition } from '../../system/authoring/system.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import type { StepResult } from '../../system/ports/engine.ts'
import { nestedMachine } from '../bench/nested.ts'
import { accountMachine } from '../bench/w1/machine.ts'
import { poisonSystem } from '../support/chaos/poison.ts'
import { workloadSystem } from '../support/chaos/workload.ts'
import counters from '../support/counter/counter.system.ts'
import { ledger } from '../support/crash/system.ts'
import { errands } from '../support/errands/errands.ts'
import { meters } from '../support/meters/system.ts'
import { accounts } from '../support/parking/accounts.ts'
import { Chance } from '../support/statecharts/chance.ts'
import { bothOf, Duel } from '../support/statecharts/duel.ts'
import { testSeed } from '../support/seed.ts'

const STEPS = 1500
const WORKLOAD = { time: 'processing', partitions: 1, outOfOrderMs: 0, keepStoppedMs: 0, snapshotEveryMs: 0, dedup: { count: 10, withinMs: 1000 } } as const

const SYSTEMS: readonly (readonly [SystemDefinition, readonly string[]])[] = [
  [poisonSystem(), ['paid']],
  [workloadSystem(WORKLOAD), ['add', 'remind', 'reminded', 'ask', 'job', 'calm', 'trap', 'close', 'bonus', 'rate', 'credit', 'inference.line']],
  [counters, ['add', 'end']],
  [ledger(1, new Set()), ['add', 'boom', 'trap']],
  [errands(async (key) => key), ['start', 'nudge', 'reminded']],
  [meters, ['reading', 'answer', 'measured', 'inference.heat']],
  [accounts, ['add', 'trap', 'grow']],
]

/** Every field that one of these events has; now and then without those that are not drawn. */
function payload(chance: Chance): object {
  const number = chance.below(120)
  const whole = { amount: number, n: number - 20, by: number, value: number, x: number, percent: number, score: number / 100, wait: number, version: 1, seq: number }
  const named = { uid: `u${number}`, account: 'a1', to: 'a2', from: 'a3', pool: 'p', shop: 's', meter: 'm', note: chance.is(10) ? 'poison' : 'fine' }
  return chance.is(97) ? { ...whole, ...named, time: number * 1000 } : { time: number }
}

/** Drives the duel with events of these types, and with what it armed and started. */
function drive(duel: Duel, input: unknown, types: readonly string[], chance: Chance): number {
  const armed: MachineEvent[] = []
  const see = (result: StepResult): number => {
    for (const effect of result.kind === 'ok' ? result.effects : []) {
      if (effect.kind === 'schedule') armed.push(effect.event)
      if (effect.kind === 'task') armed.push(chance.is(70) ? { type: `xstate.done.actor.${effect.task}`, output: { doubled: 4 } } : { type: `xstate.error.actor.${effect.task}`, error: 'down' })
    }
    return result.kind === 'ok' && (result.taken ?? []).length > 0 ? 1 : 0
  }
  let moved = 0
  for (let at = 0; at < STEPS; at += 1) {
    if (!duel.isActive) see(duel.begin(input))
    const late = armed.length > 0 && chance.is(25) ? armed.splice(chance.below(armed.length), 1)[0] : undefined
    moved += see(duel.take({ ...(late ?? { type: chance.pick(types) }), ...payload(chance) }))
    if (chance.is(8)) duel.swap()
  }
  return moved
}

for (const [system, types] of SYSTEMS) {
  for (const { name, machine, input } of system.actors) {
    test(`${system.name} ${name}: both engines answer the same to ${STEPS} events`, () => {
      assert.ok(machine instanceof CompiledMachine, `${name} is not compiled`)
      assert.ok(drive(new Duel(machine, machine.interpreter), input('e1'), types, new Chance(testSeed())) > 0)
    })
  }
}

for (const [name, machine, types] of [['w1', accountMachine, ['payment', 'unknown']], ['nested', nestedMachine, ['step', 'swap', 'pause']]] as const) {
  test(`${name}: both engines answer the same to ${STEPS} events`, () => {
    assert.ok(drive(new Duel(...bothOf(machine, true)), { id: 'e1' }, types, new Chance(testSeed())) > 0)
  })
}
