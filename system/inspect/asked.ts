// Asked: what a refused input had asked of models before it was refused. A replay refuses it without a step, as the journal says; for whoever reads its
// history it is stepped once more, as far as there are answers in the journal.
//
// A1. Only what ran to an answer is run again: an input without decisions, and one that ends its process, are left alone.
// A2. Nothing of it is kept: steps are pure.
import type { MachineEvent } from '../protocol/data.ts'
import type { Effect, EngineState } from '../ports/engine.ts'
import type { JournalRecord } from '../partition/journal.ts'
import { inferenceEvent } from '../partition/inference.ts'
import type { TypePlan } from '../partition/topology.ts'
import type { TurnTrace } from '../partition/turn-input.ts'

type Infer = Extract<Effect, { readonly kind: 'infer' }>
export type Decided = JournalRecord['decisions'][number][1]

/** In the order of asking, one for each of `decisions` where it can be found again. */
export function askedOfModels(plan: TypePlan, { input, state, models }: Pick<TurnTrace, 'input' | 'state' | 'models'>, decisions: readonly Decided[], nowMs: number): readonly Infer[] {
  const { machine, input: inputOf } = plan.definition
  const asked: Infer[] = []
  const begun = state === undefined ? machine.initial(inputOf(input.entity.id), nowMs) : { kind: 'ok' as const, state, effects: [] }
  if (begun.kind === 'failed') return asked
  let at: EngineState = begun.state
  let effects: readonly Effect[] = begun.effects
  let events: readonly MachineEvent[] = [input.event]
  while (asked.length < decisions.length) {
    for (const event of events) {
      const result = machine.step(at, event, nowMs)
      if (result.kind === 'failed') return asked
      at = result.state
      effects = [...effects, ...result.effects]
    }
    const round = effects.filter((effect) => effect.kind === 'infer')
    const answers = round.map(({ model }, nth) => answerOf(plan, models, input.timeMs, model, decisions[asked.length + nth]))
    asked.push(...round)
    events = answers.filter((answer) => answer !== undefined)
    // Rows came between the answers, or one of them was none.
    if (round.length === 0 || events.length < round.length || effects.some(({ kind }) => kind === 'lookup')) return asked
    effects = []
  }
  return asked
}

function answerOf(plan: TypePlan, models: TurnTrace['models'], timeMs: number, model: string, decided: Decided | undefined): MachineEvent | undefined {
  if (decided === undefined) return undefined
  return inferenceEvent(plan, models, timeMs, model, typeof decided === 'number' ? { kind: 'score', score: decided } : { kind: 'none', reason: decided })
}
