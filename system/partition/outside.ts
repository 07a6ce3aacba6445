// Outside: who answers what turns ask: the loaded models and the tables when live, the journal when a batch is repeated (M2, B1).
//
// O1. A model that throws, is missing or takes too long gives no score, with the reason. A table that does the same answers nothing at all:
//     the batch is given up and asked again (`Unanswered`), since a row that is not there would be believed.
// O2. Whatever a model or table gives is checked and, where it becomes part of an event, copied: nobody outside holds what a state may keep.
import { LOOKUP_MS_MAX, ROW_BYTES_MAX, SCORE_MS_MAX } from '../protocol/limits.ts'
import { notPlain } from '../protocol/plain.ts'
import { within } from '../protocol/within.ts'
import type { Clock } from '../ports/clock.ts'
import type { Codec } from '../ports/codec.ts'
import type { LoadedModel, Score } from '../ports/models.ts'
import type { Table } from '../authoring/table.ts'
import type { InputRef, JournalRecord } from './journal.ts'
import type { Answer, Outside, Question, RowQuestion, ScoreQuestion } from './turn-input.ts'

/** What a model or table says when it fails is cut off there. */
const REASON_CHARS_MAX = 200

/** A table does not answer: nothing of the batch counts, and the partition waits. */
export class Unanswered extends TypeError {
  override readonly name = 'Unanswered'
}

export interface OutsideParts {
  /** The loaded model of an artifact's hash. */
  readonly model: (hash: string) => LoadedModel | undefined
  readonly tables: ReadonlyMap<string, Table>
  readonly clock: Clock
  readonly codec: Codec
}

/** Asks loaded models and tables, each once per round. */
export function liveOutside(parts: OutsideParts): Outside {
  return {
    ask: (questions) => {
      const [first] = questions
      if (first === undefined) return []
      // Nearly always one model is asked for all, and answers at once.
      if (first.kind === 'score' && questions.every((one) => one.kind === 'score' && one.hash === first.hash && one.model === first.model)) {
        return scoreAll(parts, first, questions as readonly ScoreQuestion[])
      }
      return askEach(parts, questions)
    },
  }
}

async function askEach(parts: OutsideParts, questions: readonly Question[]): Promise<readonly Answer[]> {
  const groups = Map.groupBy(questions, (one) => (one.kind === 'score' ? `score ${one.model} ${one.hash}` : `row ${one.table}`))
  const answers = new Map<Question, Answer>()
  await Promise.all([...groups.values()].map(async (group) => {
    const [first] = group
    const given = first?.kind === 'row' ? await rowsOf(parts, first.table, group as readonly RowQuestion[]) : await scoreAll(parts, first as ScoreQuestion, group as readonly ScoreQuestion[])
    group.forEach((question, at) => answers.set(question, given[at] ?? NO_ANSWER))
  }))
  return questions.map((question) => answers.get(question) ?? NO_ANSWER)
}

const NO_ANSWER: Score = { kind: 'none', reason: 'the model gave no answer' }

function scoreAll({ model, clock }: OutsideParts, { model: name, hash }: ScoreQuestion, questions: readonly ScoreQuestion[]): readonly Score[] | Promise<readonly Score[]> {
  const loaded = model(hash)
  const none = (reason: string): readonly Score[] => questions.map(() => ({ kind: 'none', reason }))
  if (loaded === undefined) return none(`model '${name}' is not loaded`)
  try {
    const scores = loaded.score(questions.map((question) => question.vector))
    if (!(scores instanceof Promise)) return finite(scores)
    return within(clock, scores.then(finite), SCORE_MS_MAX, () => none(`model '${name}' gave no score within ${SCORE_MS_MAX} ms`)).catch((thrown: unknown) => none(`model '${name}' failed: ${textOf(thrown)}`))
  } catch (thrown) {
    return none(`model '${name}' failed: ${textOf(thrown)}`)
  }
}

function finite(scores: readonly Score[]): readonly Score[] {
  return scores.map((score) => (score.kind === 'none' || Number.isFinite(score.score) ? score : { kind: 'none', reason: `the score is ${score.score}` }))
}

async function rowsOf(parts: OutsideParts, name: string, questions: readonly RowQuestion[]): Promise<readonly Answer[]> {
  const table = parts.tables.get(name)
  if (table === undefined) throw new Unanswered(`there is no table '${name}' in this system`)
  const keys = questions.map((question) => question.key)
  const late = (): never => {
    throw new Unanswered(`table '${name}' did not answer within ${LOOKUP_MS_MAX} ms`)
  }
  try {
    const rows = await within(parts.clock, Promise.resolve(table.find(keys)), LOOKUP_MS_MAX, late)
    if (!Array.isArray(rows) || rows.length !== keys.length) throw new Unanswered(`table '${name}' gave ${Array.isArray(rows) ? `${rows.length} rows` : 'no list of rows'} for ${keys.length} keys`)
    return rows.map((row, at) => rowAnswer(parts.codec, `table '${name}', row '${keys[at]?.slice(0, 80)}'`, row))
  } catch (thrown) {
    if (thrown instanceof Unanswered) throw thrown
    throw new Unanswered(`table '${name}' failed: ${textOf(thrown)}`)
  }
}

function rowAnswer(codec: Codec, what: string, row: unknown): Answer {
  const unfit = notPlain(row, what)
  if (unfit !== undefined) return { kind: 'failed', failure: { class: 'action', message: `${unfit.path} is ${unfit.reason}, which cannot be journalled`, stage: 'lookup' } }
  const bytes = codec.encode(row).slice()
  if (bytes.length > ROW_BYTES_MAX) return { kind: 'failed', failure: { class: 'size', message: `${what} has ${bytes.length} bytes, at most ${ROW_BYTES_MAX} are allowed`, stage: 'lookup' } }
  return { kind: 'row', bytes }
}

/** It stands in the journal of every input that asked, or as the reason of a wait. */
function textOf(thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : typeof thrown === 'object' || typeof thrown === 'function' ? typeof thrown : String(thrown)
  return text.slice(0, REASON_CHARS_MAX).toWellFormed()
}

/** Answers as journalled, in the order in which each input asked. */
export function journalOutside(record: JournalRecord): Outside {
  const decisions = listsByRef(record.decisions)
  const choices = listsByRef(record.choices)
  const answer = (question: Question): Answer => {
    if (question.kind === 'row') {
      const bytes = choices.get(question.ref)?.shift()
      return bytes === undefined ? { kind: 'failed', failure: { class: 'action', message: 'the journal has no row: the code looks up where it did not before', stage: 'lookup' } } : { kind: 'row', bytes }
    }
    const score = decisions.get(question.ref)?.shift()
    if (score === undefined) return { kind: 'none', reason: 'the journal has no decision: the code asks where it did not before' }
    return typeof score === 'number' ? { kind: 'score', score } : { kind: 'none', reason: score }
  }
  return { ask: (questions) => questions.map(answer) }
}

function listsByRef<T>(entries: readonly (readonly [InputRef, T])[]): Map<InputRef, T[]> {
  const lists = new Map<InputRef, T[]>()
  for (const [ref, value] of entries) {
    const list = lists.get(ref)
    if (list === undefined) lists.set(ref, [value])
    else list.push(value)
  }
  return lists
}
