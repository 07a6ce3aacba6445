// Mutants: copies of the compiled engine, each with one semantic bug. What compares the engines must tell each from the right one.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chartOf } from '../../../adapters/xstate/chart.ts'
import { XStateMachine } from '../../../adapters/xstate/engine.ts'
import { partsOf } from '../../../adapters/xstate/parts.ts'
import type { CompiledMachine } from '../../../system/engine/machine.ts'
import { EnginesDiffer } from './duel.ts'
import type { Pair } from './duel.ts'

export interface Mutant {
  readonly name: string
  /** A file of `system/engine`. */
  readonly file: string
  /** Stands in it once. */
  readonly from: string
  readonly to: string
}

export const MUTANTS: readonly Mutant[] = [
  { name: 'outer states are left before inner ones', file: 'plan.ts', from: '.sort(downwards)', to: '.sort(upwards)' },
  { name: 'the domain is the outermost common ancestor', file: 'targets.ts', from: '.find((ancestor)', to: '.findLast((ancestor)' },
  { name: 'history is forgotten', file: 'macrostep.ts', from: 'if (remembered.length > 0) {', to: 'if (remembered.length > 9) {' },
  { name: 'raised events go before eventless transitions', file: 'macrostep.ts', from: '      const eventless = ', to: '      const early = moment.nextRaised()\n      if (early !== undefined) {\n        moment.event = early\n        this.#microstep(this.#enabledBy(this.#kinds.of(early.type)), false)\n        continue\n      }\n      const eventless = ' },
  { name: 'deep history remembers as shallow history does', file: 'plan.ts', from: 'history?.isDeep === true', to: 'history === undefined' },
  { name: 'inner states are entered before outer ones', file: 'entering.ts', from: 'a.order - b.order', to: 'b.order - a.order' },
  { name: 'actions of initial transitions do not run', file: 'plan.ts', from: 'if (byDefault.has(node))', to: 'if (byDefault.size === 0)' },
  { name: 'transitions that re-enter do not', file: 'targets.ts', from: 'if (!reenter && effective', to: 'if (effective' },
  { name: 'of two transitions in conflict the outer one goes first', file: 'targets.ts', from: '!isBelow(transition.source, source)', to: 'isBelow(transition.source, source)' },
  { name: 'wildcards go before the exact descriptor', file: 'selection.ts', from: '[type, ...others]', to: '[...others, type]' },
  { name: 'ancestors are asked before descendants', file: 'selection.ts', from: '[...only.own, ...own]', to: '[...own, ...only.own]' },
  { name: 'the end of a parallel state is no event', file: 'plan.ts', from: 'actions.push(doneEvent(above.id', to: 'void (doneEvent(above.id' },
  { name: 'a machine that ends does not leave its states', file: 'plan.ts', from: 'if (isDone) for', to: 'if (isDone && nodes.length === 0) for' },
  { name: 'an assignment sees what the one before it assigned', file: 'actions.ts', from: 'valueOf(fields[name], args, given)\n    moment.assign', to: 'valueOf(fields[name], { ...args, context: next }, given)\n    moment.assign' },
  { name: 'eventless transitions that changed nothing are taken again', file: 'macrostep.ts', from: 'mayBeEventless = moment.isTouched', to: 'mayBeEventless = true' },
  // Subtler ones, each of which shows in few machines.
  { name: 'plans go by the first of several states that are remembered', file: 'plan.ts', from: "history[id]?.map(({ order }) => order).join(' ')", to: "history[id]?.slice(0, 1).map(({ order }) => order).join(' ')" },
  { name: 'the descriptor a.* does not match the event a', file: 'selection.ts', from: 'return at === wanted.length - 1', to: 'return at === wanted.length - 1 && at < words.length' },
  { name: 'an eventless transition above several regions is taken once for each', file: 'macrostep.ts', from: 'first !== undefined && !enabled.includes(first)', to: 'first !== undefined' },
  { name: 'a raised event that changes nothing has no eventless transitions after it', file: 'macrostep.ts', from: 'false)\n      mayBeEventless = true', to: 'false)\n      mayBeEventless = moment.isTouched' },
  { name: 'a machine that has ended takes what it raised', file: 'macrostep.ts', from: "while (moment.status === 'active')", to: "while (moment.status !== 'error')" },
  { name: 'a task that is started again goes behind the others', file: 'moment.ts', from: '{ ...this.tasks, [id]: new Task(id) }', to: '{ ...withoutTask(this.tasks, id), [id]: new Task(id) }' },
  { name: 'a machine that is done as a whole is asked for its output twice', file: 'completion.ts', from: 'last.parent === undefined ? undefined : last.output', to: 'last.output' },
  { name: 'what is remembered in a microstep does not count in it', file: 'plan.ts', from: 'remembered.length === 0 ? history : { ...history, ...Object.fromEntries(remembered) }', to: 'history' },
  { name: 'a check sees what was enqueued before it', file: 'enqueue.ts', from: '      moment.context = context\n', to: '' },
  { name: 'or asks all of its guards', file: 'guards.ts', from: 'guards.some((guard) => guard(moment))', to: 'guards.map((guard) => guard(moment)).some(Boolean)' },
  { name: 'a final state that is a region ends nothing', file: 'plan.ts', from: "parent?.kind === 'parallel' ? parent : parent?.parent", to: 'parent?.parent' },
  { name: 'a check inside of a microstep sees where it leads', file: 'macrostep.ts', from: '    this.#run(plan)\n    moment.countMicrostep()', to: '    moment.standing = plan.to\n    this.#run(plan)\n    moment.countMicrostep()' },
  { name: 'an eventless transition that starts a task is not taken again', file: 'moment.ts', from: '[id]: new Task(id) }\n    this.isTouched = true', to: '[id]: new Task(id) }' },
  { name: 'a machine that has ended takes what it sent itself', file: 'machine.ts', from: "moment.status === 'active' && (sent", to: '(sent' },
  { name: 'what a function assigned is not looked at', file: 'actions.ts', from: '      moment.assigned = undefined\n', to: '' },
]

const ENGINE = join(import.meta.dirname, '..', '..', '..', 'system', 'engine')

/** Pairs of a machine on a copy of the compiled engine in `folder`, changed by `mutant`, and on the interpreter. */
export async function mutated(folder: string, mutant: Mutant | undefined): Promise<(machine: unknown, strict: boolean) => Pair> {
  const engine = join(folder, 'system', 'engine')
  mkdirSync(engine, { recursive: true })
  cpSync(ENGINE, engine, { recursive: true })
  for (const beside of ['protocol', 'ports', 'authoring']) symlinkSync(join(ENGINE, '..', beside), join(folder, 'system', beside))
  if (mutant !== undefined) {
    const text = readFileSync(join(engine, mutant.file), 'utf8')
    if (text.split(mutant.from).length !== 2) throw new EnginesDiffer(`${mutant.file} has '${mutant.from}' ${text.split(mutant.from).length - 1} times`)
    writeFileSync(join(engine, mutant.file), text.replace(mutant.from, () => mutant.to))
  }
  const copy = (await import(join(engine, 'machine.ts'))) as { readonly CompiledMachine: typeof CompiledMachine }
  return (machine, strict) => {
    const parts = partsOf(machine, { version: 1, strict })
    const read = parts.kind === 'parts' ? chartOf(parts) : parts
    if (parts.kind !== 'parts' || read.kind !== 'chart') throw new EnginesDiffer('not compiled')
    const interpreted = new XStateMachine(parts)
    return [new copy.CompiledMachine(read.chart, interpreted, parts.seal), interpreted]
  }
}
