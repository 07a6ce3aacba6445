// Renumber: a journal record's inputs as the code of today numbers them.
//
// Owns nothing. An `InputRef` holds a topic's index among the type's inputs, and an upgrade may add, move or remove sources.
//
// N1. `positions` of every record begin with the inputs of the code that wrote it, in that code's order (`acquisition.ts` sees to it).
// N2. An input keeps its verdict, its scores, its rows and the suspicion against it whatever became of the topics beside it (F3 of `fold.ts`).
import type { InputRef, JournalRecord } from './journal.ts'

const NUMBERED = /^(\d+):(\d+)$/

/** The record itself where nothing was renumbered. */
export function renumbered(record: JournalRecord, inputs: readonly string[]): JournalRecord {
  const written = [...record.positions.keys()]
  if (inputs.every((topic, index) => topic === (written[index] ?? topic))) return record
  const ref = (input: InputRef): InputRef => {
    const [, index, offset] = NUMBERED.exec(input) ?? []
    const topic = index === undefined ? undefined : written[Number(index)]
    return topic === undefined ? input : `${inputs.indexOf(topic)}:${offset}`
  }
  return {
    ...record,
    verdicts: record.verdicts.map((verdict) => ({ ...verdict, input: ref(verdict.input) })),
    decisions: record.decisions.map(([input, score]) => [ref(input), score] as const),
    choices: record.choices.map(([input, row]) => [ref(input), row] as const),
    suspect: record.suspect === undefined ? undefined : { ...record.suspect, cause: ref(record.suspect.cause) },
    alsoSuspect: record.alsoSuspect.map((suspect) => ({ ...suspect, cause: ref(suspect.cause) })),
  }
}
