// The oracle over event time, by definition: each entity's inputs in the order of their times, timers in between where they are due.
// No watermark, no hold: what is late was not drawn.
import type { HistoryInput, ReadInput } from './oracle-input.ts'
import type { Oracle } from './oracle.ts'

interface Waiting {
  readonly record: HistoryInput
  readonly input: ReadInput
}

/** `ordered`: inputs by time; otherwise they come in that order anyway. Everything before `endMs` happens. */
export function foldByEventTime(oracle: Oracle, records: readonly HistoryInput[], ordered: boolean, endMs: number): void {
  oracle.moment(0, 0, new Set())
  const byEntity = new Map<string, Waiting[]>()
  for (const record of records) {
    const input = oracle.accept(record)
    if (input === undefined) continue
    const list = byEntity.get(input.entity)
    if (list === undefined) byEntity.set(input.entity, [{ record, input }])
    else list.push({ record, input })
  }
  for (const [entity, waiting] of byEntity) {
    if (ordered) waiting.sort(byTime)
    foldEntity(oracle, entity, waiting, endMs)
  }
}

function foldEntity(oracle: Oracle, entity: string, waiting: readonly Waiting[], endMs: number): void {
  const actor = oracle.actor(entity)
  let at = 0
  for (;;) {
    const next = waiting[at]
    const untilMs = next?.input.timeMs ?? endMs
    const [first] = [...actor.timers].filter(([, timer]) => timer.dueMs < untilMs).sort(([a, one], [b, two]) => one.dueMs - two.dueMs || (a < b ? -1 : 1))
    if (first !== undefined) oracle.fire(actor, ...first)
    else if (next === undefined) return
    else {
      oracle.apply(next.record, next.input)
      at += 1
    }
  }
}

function byTime(a: Waiting, b: Waiting): number {
  const [one, two] = [a.input, b.input]
  if (one.timeMs !== two.timeMs) return one.timeMs - two.timeMs
  if (one.source !== two.source) return one.source < two.source ? -1 : 1
  return one.id < two.id ? -1 : 1
}
