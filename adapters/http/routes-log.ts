// Routes that read the log: what entities took, and what was refused.
import type { HistoryEntry } from '../../system/inspect/history.ts'
import type { HistoryPage } from '../../system/inspect/history-page.ts'
import type { Letter } from '../../system/inspect/letters.ts'
import { valueObject } from '../../system/inspect/value-words.ts'
import type { Effect } from '../../system/ports/engine.ts'
import { readableJson } from '../../system/protocol/readable-json.ts'
import { problem } from './answer.ts'
import { HISTORY_BYTES_MAX } from './limits.ts'
import { BEFORE_LETTERS, BEFORE_STEP, DECIDED, LETTER_CLASS, LETTER_TYPE, lettersPlace, limit, OFFSET, PARTITION, stepPlace, TOPIC } from './log-parameters.ts'
import { deadline, ID, TYPE } from './parameters.ts'
import { NOT_FOUND, UNREAD, unknownType, unread } from './replies.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'

const DEADLINE = deadline(5000)

type Asking = Extract<Effect, { readonly kind: 'infer' | 'lookup' }>

const isAsking = (effect: Effect): effect is Asking => effect.kind === 'infer' || effect.kind === 'lookup'

/** Scores and rows come in the order in which they were asked for. */
function stepOf({ seq, n, timeMs, processedMs, cause, event, verdict, from, to, context, effects, scores, models, rows }: HistoryEntry): Record<string, unknown> {
  const asked = effects.filter(isAsking)
  const infers = asked.filter((effect) => effect.kind === 'infer')
  const lookups = asked.filter((effect) => effect.kind === 'lookup')
  const decisions = scores.map((score, at) => ({ model: infers[at]?.model, version: models[at]?.version, hash: models[at]?.hash, vector: infers[at]?.vector, ...(typeof score === 'number' ? { score } : { reason: score }) }))
  return {
    seq, n, timeMs, nowMs: processedMs, cause, event, ...(verdict === undefined ? {} : { verdict: { class: verdict.class, directive: verdict.directive } }), from, to, context,
    outputs: effects.filter((effect) => !isAsking(effect)), decisions, ...(rows.length === 0 ? {} : { lookups: rows.map((row, at) => ({ table: lookups[at]?.table, key: lookups[at]?.key, row })) }),
  }
}

/** As many as fit, one at least. */
function pageOf({ type, id, at, entries, inputs, older, reason }: HistoryPage): Record<string, unknown> {
  const events: Record<string, unknown>[] = []
  let bytes = 0
  for (const entry of entries) {
    const step = stepOf(entry)
    bytes += readableJson(step).length
    if (events.length > 0 && bytes > HISTORY_BYTES_MAX) break
    events.push(step)
  }
  const last = entries[events.length - 1]
  const hasMore = events.length < entries.length
  return { type, id, at, events, inputs: Object.fromEntries(inputs), ...(last !== undefined && (hasMore || older !== 'none') ? { next: stepPlace(last) } : {}), older: hasMore ? 'more' : older, ...(reason === '' || hasMore ? {} : { reason }) }
}

function letterObject({ topic, partition, record, info: { stack: _, ...info } }: Letter): Record<string, unknown> {
  return { dlq: { topic, partition, offset: record.offset }, ...info, key: valueObject(record.key) }
}

export const LOG_ROUTES: readonly Route[] = [
  route({
    method: 'GET', path: '/v1/entities/{type}/{id}/history', operation: 'entityHistory', summary: 'What an entity took, newest first: events, states and context then, outputs, decisions',
    parameters: { type: TYPE, id: ID, limit: limit(20, 200), before: BEFORE_STEP, decided: DECIDED, deadlineMs: DEADLINE },
    replies: { 200: { description: 'A page of it; `older` says what stands before: more, none, what is not kept any more (gone), or what was not read within the deadline (unread).', schema: 'History' }, 404: NOT_FOUND, 503: UNREAD },
    handle: async ({ type, id, limit: entriesMax, before, decided: isDecided, deadlineMs }, { gateway, signal }) => {
      const wrong = unknownType(gateway, type)
      if (wrong !== undefined) return wrong
      const result = await gateway.history(type, id, { entriesMax, before, deadlineMs, signal, ...(isDecided ? { isDecided } : {}) })
      return result.kind === 'unread' ? unread(result) : { status: 200, body: pageOf(result.page) }
    },
  }),
  route({
    method: 'GET', path: '/v1/dead-letters', operation: 'listDeadLetters', summary: 'Inputs that were refused, newest first',
    parameters: { type: LETTER_TYPE, class: LETTER_CLASS, limit: limit(20, 200), before: BEFORE_LETTERS, deadlineMs: DEADLINE },
    replies: { 200: { description: 'A page of them. With a filter it may hold fewer than the limit, or none, and not be the last: there is `next` then.', schema: 'DeadLetters' }, 404: NOT_FOUND, 503: UNREAD },
    handle: async ({ type, class: failureClass, limit: count, before, deadlineMs }, { gateway, signal }) => {
      const wrong = type === undefined ? undefined : unknownType(gateway, type)
      if (wrong !== undefined) return wrong
      const result = await gateway.letters({ type, class: failureClass, limit: count, before, deadlineMs, signal })
      if (result.kind === 'unread') return unread(result)
      const { letters, next } = result.page
      return { status: 200, body: { letters: letters.map(letterObject), ...(next === undefined ? {} : { next: lettersPlace(next) }) } }
    },
  }),
  route({
    method: 'GET', path: '/v1/dead-letters/{topic}/{partition}/{offset}', operation: 'getDeadLetter', summary: 'A dead letter whole: with its stack and its bytes',
    parameters: { topic: TOPIC, partition: PARTITION, offset: OFFSET }, replies: { 200: { description: 'What is kept of it: up to 64 KiB of its value.', schema: 'DeadLetter' }, 404: { description: 'There is none at that place.', schema: 'Error' } },
    handle: async ({ topic, partition, offset }, { gateway }) => {
      const letter = await gateway.letter(topic, partition, offset)
      if (letter === undefined) return problem(404, 'letter/not-found', `there is no dead letter at ${topic}, partition ${partition}, offset ${offset}. GET /v1/dead-letters lists them.`)
      return { status: 200, body: { ...letterObject(letter), stack: letter.info.stack, value: valueObject(letter.record.value) } }
    },
  }),
]
