// SCXML's test cases: the compiled engine goes through exactly the configurations that XState goes through, in those that XState passes and in those it does not.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compiledEngine } from '../../adapters/xstate/compiled.ts'
import { bothOf, Duel } from '../support/statecharts/duel.ts'
import type { StepResult } from '../../system/ports/engine.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import { scxmlMachine } from '../support/statecharts/scxml.ts'
import { scxmlName } from '../support/statecharts/scxml-text.ts'

interface Asked {
  readonly event: { readonly name: string }
  readonly nextConfiguration: readonly string[]
  /** Milliseconds that pass before the event. */
  readonly after?: number
}

interface Case {
  readonly name: string
  readonly scxml: string
  readonly script: { readonly initialConfiguration: readonly string[]; readonly events: readonly Asked[] }
}

const { cases } = JSON.parse(readFileSync(new URL('fixtures/scxml.json', import.meta.url), 'utf8')) as { readonly cases: readonly Case[] }
const PASSED_MIN = 106

function machineOf({ scxml }: Case): unknown {
  try {
    return scxmlMachine(scxml)
  } catch (error) {
    return error
  }
}

/** Why it is not compiled. */
function whyNot(machine: unknown): string | undefined {
  const prepared = compiledEngine.prepare(machine, { version: 1, strict: true })
  return prepared.kind === 'refused' ? prepared.problems[0] : prepared.machine.interpreted
}

/** The timers that a case armed. */
class Clock {
  readonly #armed = new Map<string, { readonly dueMs: number; readonly event: MachineEvent }>()
  readonly #duel: Duel
  #nowMs = 0

  constructor(duel: Duel) {
    this.#duel = duel
  }

  see(result: StepResult): void {
    for (const effect of result.kind === 'ok' ? result.effects : []) {
      if (effect.kind === 'cancel') this.#armed.delete(effect.timer)
      if (effect.kind !== 'schedule') continue
      this.#armed.delete(effect.timer)
      this.#armed.set(effect.timer, { dueMs: this.#nowMs + effect.delayMs, event: effect.event })
    }
  }

  /** What is due by then fires, in its order. */
  pass(ms: number): void {
    const endMs = this.#nowMs + ms
    for (let next; this.#duel.isActive && (next = this.#first(endMs)) !== undefined; ) {
      const [timer, { dueMs, event }] = next
      this.#armed.delete(timer)
      this.#nowMs = dueMs
      this.see(this.#duel.take(event))
    }
    this.#nowMs = endMs
  }

  #first(endMs: number): readonly [string, { readonly dueMs: number; readonly event: MachineEvent }] | undefined {
    return [...this.#armed].filter(([, { dueMs }]) => dueMs <= endMs).sort(([, a], [, b]) => a.dueMs - b.dueMs)[0]
  }
}

/** Whether XState is where the case wants it after each event. The engines are compared all the way. */
function passes({ script }: Case, machine: unknown): boolean {
  const duel = new Duel(...bothOf(machine, true))
  const clock = new Clock(duel)
  const isAt = (wanted: readonly string[]): boolean => duel.configuration.split(',').map((path) => path.split('.').at(-1)).sort().join() === wanted.map(scxmlName).sort().join()
  const begun = duel.begin(undefined)
  clock.see(begun)
  if (begun.kind === 'failed') return false
  const been = [isAt(script.initialConfiguration)]
  for (const { event, nextConfiguration, after = 0 } of script.events) {
    clock.pass(after)
    if (duel.isActive) clock.see(duel.take({ type: event.name }))
    duel.swap()
    been.push(isAt(nextConfiguration))
  }
  return been.every(Boolean)
}

test(`${cases.length} cases of SCXML: both engines go the same way, mostly the one that is asked for`, () => {
  const left: string[] = []
  const passed: string[] = []
  const failed: string[] = []
  for (const one of cases) {
    const machine = machineOf(one)
    const reason = machine instanceof Error ? machine.message : whyNot(machine)
    if (reason !== undefined) left.push(`${one.name} (${reason})`)
    else (passes(one, machine) ? passed : failed).push(one.name)
  }
  console.log(`${passed.length} of ${cases.length} passed; XState goes another way in ${failed.join(', ')}; left out: ${left.join(', ')}`)
  assert.ok(passed.length >= PASSED_MIN, `only ${passed.length} passed`)
})
