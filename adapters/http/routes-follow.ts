// Following an entity over HTTP: told as it changes.
import type { EntityResult, Unavailable } from '../../system/gateway/gateway.ts'
import { answerWithFeatures } from '../../system/inspect/features.ts'
import { answerObject } from '../../system/partition/view.ts'
import type { EntityAnswer } from '../../system/partition/view.ts'
import { readableJson } from '../../system/protocol/readable-json.ts'
import type { ServerEvent } from './answer.ts'
import { EVENT_STREAM } from './event-stream.ts'
import { FEATURES, ID, TYPE } from './parameters.ts'
import { NOT_FOUND, unknownType } from './replies.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'

export const FOLLOWING: readonly Route[] = [
  route({
    method: 'GET', path: '/v1/entities/{type}/{id}/watch', operation: 'watchEntity',
    summary: 'An entity as it changes, as server-sent events: `entity` is what GET of it answers (`found` is false where there is none), `moving` says that nobody answers for its partition, and in which state that is',
    parameters: { type: TYPE, id: ID, features: FEATURES },
    replies: {
      200: { description: 'Events as long as the caller listens, at most 5 a second; the first tells how it is. Within a life of the partition (epoch, seq) never goes back. A caller that reads slowly misses what was between.', schema: 'Entity', type: EVENT_STREAM },
      404: NOT_FOUND, 503: { description: 'Too many listen already.', schema: 'Error' },
    },
    handle: async ({ type, id, features }, { gateway, signal }) => unknownType(gateway, type) ?? { status: 200, headers: { 'content-type': EVENT_STREAM }, events: told(gateway.follow(type, id, signal), features ? answerWithFeatures : answerObject) },
  }),
]

async function* told(updates: AsyncIterable<EntityResult>, objectOf: (answer: EntityAnswer) => object): AsyncGenerator<ServerEvent, void> {
  for await (const update of updates) yield update.kind === 'entity' ? { event: 'entity', data: plain(objectOf(update.answer)) } : { event: 'moving', data: movingOf(update) }
}

const movingOf = ({ type, partition, state, reason }: Unavailable) => ({ type, partition, state, reason })

/** A context may hold what JSON has no word for. */
const plain = (value: object): unknown => JSON.parse(readableJson(value))
