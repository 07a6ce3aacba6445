// Listing entities over HTTP.
import type { EntityPage } from '../../system/gateway/gateway.ts'
import { parseWhere } from '../../system/gateway/where.ts'
import { parseEntityId } from '../../system/protocol/ids.ts'
import type { EntityId } from '../../system/protocol/ids.ts'
import { ENTITY_ID_BYTES_MAX } from '../../system/protocol/limits.ts'
import { problem, RETRY_SOON } from './answer.ts'
import { limit } from './log-parameters.ts'
import { deadline, STATE, TYPE } from './parameters.ts'
import type { Parameter } from './parameters.ts'
import { NOT_FOUND, unknownType } from './replies.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'

const WHERE_LENGTH_MAX = 2000

const IN_STATE: Parameter<string | undefined> = { ...STATE, isRequired: false, description: "Only those in this state, or in one within it: 'open', 'open.ajar'.", read: (text) => (text === undefined ? { value: undefined } : STATE.read(text)) }

const WHERE: Parameter<string | undefined> = {
  in: 'query', name: 'where', isRequired: false, schema: { type: 'string', minLength: 1, maxLength: WHERE_LENGTH_MAX },
  description: "Only those whose numbers fit: spent>1000 and visits>=3. A name is a path in the context, where a feature set stands followed by the feature; = != < <= > >= compare; 'and' joins. A number that an entity does not have fits nothing.",
  read: (text) => (text === undefined || (text.length >= 1 && text.length <= WHERE_LENGTH_MAX) ? { value: text } : undefined),
}

const AFTER: Parameter<EntityId | undefined> = {
  in: 'query', name: 'after', description: 'Only ids behind this one: `next` of the page before.', isRequired: false,
  schema: { type: 'string', minLength: 1, maxLength: ENTITY_ID_BYTES_MAX },
  read: (text) => {
    const value = text === undefined ? undefined : parseEntityId(text)
    return text === undefined || value !== undefined ? { value } : undefined
  },
}

const bodyOf = ({ entities, next, index: { lagMs, at } }: EntityPage): Record<string, unknown> => ({ entities, ...(next === undefined ? {} : { next }), index: { lag: Math.max(0, Math.round(lagMs)), at } })

export const LISTING: readonly Route[] = [
  route({
    method: 'GET', path: '/v1/entities/{type}', operation: 'listEntities', summary: 'Entities by id, all or those in a state or with certain numbers, as they were stored last',
    parameters: { type: TYPE, state: IN_STATE, where: WHERE, limit: limit(100, 1000), after: AFTER, deadlineMs: deadline(5000) },
    replies: {
      200: { description: 'A page of them, from an index. A state is stored some seconds after it changed: `index.lag` says how far what is shown may be behind, in ms; 0: it is all that was committed when it was asked for. With a filter a page may hold fewer than its limit, or none, and not be the last: there is `next` then.', schema: 'Entities' },
      404: NOT_FOUND, 422: { description: '`where` is no filter; the message says at which character.', schema: 'Error' }, 503: { description: 'The index is being made: ask again.', schema: 'Error' },
    },
    handle: async ({ type, state, where, limit: count, after, deadlineMs }, { gateway, signal }) => {
      const wrong = unknownType(gateway, type)
      if (wrong !== undefined) return wrong
      const parsed = where === undefined ? { kind: 'ok' as const, conditions: [] } : parseWhere(where)
      if (parsed.kind === 'unfit') return problem(422, 'where/syntax', `query parameter 'where': ${parsed.reason}`)
      const result = await gateway.list(type, { state, conditions: parsed.conditions, limit: count, after, deadlineMs, signal })
      return result.kind === 'entities' ? { status: 200, body: bodyOf(result.page) } : problem(503, 'index/building', `${result.reason}. Ask again, or wait longer: deadlineMs.`, {}, RETRY_SOON)
    },
  }),
]
