// Scoring: where a fold's scores come from: the loaded models when live, the journal when a batch is repeated.
import type { LoadedModel, Score } from '../ports/models.ts'
import type { InputRef, JournalRecord } from './journal.ts'
import type { ScoreRequest, Scorer } from './turn-input.ts'

/** What a model says when it fails is cut off there. */
const REASON_CHARS_MAX = 200

/** Scores with loaded models, each model once per round. A model that throws or is missing gives no score, with the reason. */
export function modelScorer(models: ReadonlyMap<string, LoadedModel>): Scorer {
  return {
    score: (requests) => {
      const [first] = requests
      if (first === undefined) return []
      if (requests.every((request) => request.model === first.model)) return scoreAll(models, first.model, requests)
      return scoreByModel(models, requests)
    },
  }
}

function scoreAll(models: ReadonlyMap<string, LoadedModel>, name: string, requests: readonly ScoreRequest[]): readonly Score[] | Promise<readonly Score[]> {
  const model = models.get(name)
  const none = (reason: string): readonly Score[] => requests.map(() => ({ kind: 'none', reason }))
  if (model === undefined) return none(`model '${name}' is not loaded`)
  try {
    const scores = model.score(requests.map((request) => request.vector))
    return scores instanceof Promise ? scores.then(finite).catch((thrown: unknown) => none(failed(name, thrown))) : finite(scores)
  } catch (thrown) {
    return none(failed(name, thrown))
  }
}

/** The reason stands in the journal of every input that asked. */
function failed(name: string, thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : typeof thrown === 'object' || typeof thrown === 'function' ? typeof thrown : String(thrown)
  return `model '${name}' failed: ${text.slice(0, REASON_CHARS_MAX).toWellFormed()}`
}

function finite(scores: readonly Score[]): readonly Score[] {
  return scores.map((score) => (score.kind === 'none' || Number.isFinite(score.score) ? score : { kind: 'none', reason: `the score is ${score.score}` }))
}

async function scoreByModel(models: ReadonlyMap<string, LoadedModel>, requests: readonly ScoreRequest[]): Promise<readonly Score[]> {
  const answers = new Map<string, Score[]>()
  for (const name of new Set(requests.map((request) => request.model))) {
    answers.set(name, [...(await scoreAll(models, name, requests.filter((request) => request.model === name)))])
  }
  return requests.map((request) => answers.get(request.model)?.shift() ?? { kind: 'none', reason: 'the model gave no answer' })
}

/** Scores as journalled, in the order in which each input asked (M2). */
export function journalScorer(record: JournalRecord): Scorer {
  const decisions = new Map<InputRef, (number | string)[]>()
  for (const [ref, score] of record.decisions) {
    const list = decisions.get(ref)
    if (list === undefined) decisions.set(ref, [score])
    else list.push(score)
  }
  return {
    score: (requests) => requests.map(({ ref }): Score => {
      const score = decisions.get(ref)?.shift()
      if (score === undefined) return { kind: 'none', reason: 'the journal has no decision: the code asks where it did not before' }
      return typeof score === 'number' ? { kind: 'score', score } : { kind: 'none', reason: score }
    }),
  }
}
