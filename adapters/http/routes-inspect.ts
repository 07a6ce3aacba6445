// Routes of the Stately Inspector: an entity in XState's inspection events, as it was recorded and as it changes.
import type { Charts } from '../../system/chart/charts.ts'
import type { Unavailable } from '../../system/gateway/gateway.ts'
import { recorded } from '../../system/inspect/inspection.ts'
import type { InspectionEvent, MachineDefinition } from '../../system/inspect/inspection.ts'
import { readableJson } from '../../system/protocol/readable-json.ts'
import type { ServerEvent } from './answer.ts'
import { EVENT_STREAM } from './event-stream.ts'
import { HISTORY_BYTES_MAX } from './limits.ts'
import { limit } from './log-parameters.ts'
import { deadline, ID, TYPE } from './parameters.ts'
import { NOT_FOUND, UNREAD, unknownType, unread } from './replies.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'

export const INSPECTING: readonly Route[] = [
  route({
    method: 'GET', path: '/v1/entities/{type}/{id}/inspect', operation: 'inspectEntity',
    summary: 'An entity for the Stately Inspector, as server-sent events: `inspect` is an event of @statelyai/inspect, `moving` says that nobody answers for its partition, and in which state that is',
    parameters: { type: TYPE, id: ID, limit: limit(20, 200) },
    replies: {
      200: { description: 'Events as long as the caller listens: the actor with the newest of what it took, then what it takes, at most every half second. What could not be told leaves `statelog.isAfterGap` on the event after it.', schema: 'Inspection', type: EVENT_STREAM },
      404: NOT_FOUND, 503: { description: 'Too many listen already.', schema: 'Error' },
    },
    handle: async ({ type, id, limit: entriesMax }, { gateway, charts, signal }) => unknownType(gateway, type) ?? { status: 200, headers: { 'content-type': EVENT_STREAM }, events: told(gateway.inspect({ type, id, entriesMax, definition: definitionOf(charts, type) }, signal)) },
  }),
  route({
    method: 'GET', path: '/v1/entities/{type}/{id}/inspect.json', operation: 'entityInspection', summary: 'What an entity took, for the Stately Inspector: the same events, oldest first',
    parameters: { type: TYPE, id: ID, limit: limit(200, 200), deadlineMs: deadline(5000) },
    replies: { 200: { description: 'The actor, then an event and a snapshot for each input; the newest so many, or as many as fit. Empty: it took nothing. What cannot be told is no empty list but a failure.', schema: 'Inspections' }, 404: NOT_FOUND, 503: UNREAD },
    handle: async ({ type, id, limit: count, deadlineMs }, { gateway, charts, signal }) => {
      const wrong = unknownType(gateway, type)
      if (wrong !== undefined) return wrong
      const result = await gateway.history(type, id, { entriesMax: count + 1, deadlineMs, signal })
      if (result.kind === 'unread') return unread(result)
      const { page } = result
      if (page.entries.length === 0 && page.older !== 'none') return unread({ kind: 'unread', reason: page.reason })
      const fitting = fittingOf(page.entries)
      return { status: 200, body: recorded(fitting === page.entries.length ? page : { ...page, entries: page.entries.slice(0, fitting), older: 'more' }, definitionOf(charts, type), count) }
    },
  }),
]

/** How many of the newest fit, one at least. */
function fittingOf(entries: readonly { readonly event: unknown; readonly context: unknown }[]): number {
  let bytes = 0
  // The event stands with its snapshot too.
  const at = entries.findIndex(({ event, context }) => (bytes += readableJson([event, event, context]).length) > HISTORY_BYTES_MAX)
  return at === -1 ? entries.length : Math.max(1, at)
}

const definitionOf = (charts: Charts | undefined, type: string): MachineDefinition => (charts?.has(type) === true ? charts.definition(type) : undefined)

async function* told(events: AsyncIterable<InspectionEvent | Unavailable>): AsyncGenerator<ServerEvent, void> {
  for await (const one of events) {
    if (!('kind' in one)) yield { event: 'inspect', data: JSON.parse(readableJson(one)) as unknown }
    else yield { event: 'moving', data: { type: one.type, partition: one.partition, state: one.state, reason: one.reason } }
  }
}
