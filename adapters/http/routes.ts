// The table of routes. Reading is GET and changes nothing; what changes an entity is POST and names itself by a key.
import type { CommandResult } from '../../system/gateway/gateway.ts'
import type { MachineEvent } from '../../system/protocol/data.ts'
import { answerWithFeatures } from '../../system/inspect/features.ts'
import { answerObject } from '../../system/partition/view.ts'
import type { EntityAnswer } from '../../system/partition/view.ts'
import { problem, RETRY_SOON } from './answer.ts'
import type { Answer } from './answer.ts'
import { openApiOf } from './openapi.ts'
import { FOLLOWING } from './routes-follow.ts'
import { INSPECTING } from './routes-inspect.ts'
import { LISTING } from './routes-list.ts'
import { LOG_ROUTES } from './routes-log.ts'
import { MISPLACED, misplaced, NOT_FOUND, UNAVAILABLE, unavailable, unknownType } from './replies.ts'
import { AT_LEAST, deadline, FEATURES, ID, IDEMPOTENCY_KEY, STATE, TYPE } from './parameters.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'
import { CHARTS } from './routes-chart.ts'
import { SCENARIO } from './routes-scenario.ts'
import { METRICS } from './routes-metrics.ts'
import { WATCHING } from './routes-watch.ts'

const DEADLINE = deadline(5000)
const LOOK_DEADLINE = deadline(1000)
const WAIT_DEADLINE = deadline(30_000)

const found = (answer: EntityAnswer, features: boolean): Answer => (answer.entity === undefined
  ? problem(404, 'entity/not-found', `there is no ${answer.type} '${answer.id}' (partition ${answer.partition}, seq ${answer.seq})`, placeOf(answer))
  : { status: 200, body: features ? answerWithFeatures(answer) : answerObject(answer) })

const placeOf = ({ partition, life, epoch, seq }: EntityAnswer) => ({ at: { partition, life, epoch, seq } })

function outcome(type: string, id: string, command: string, result: CommandResult): Answer {
  const named = { command, type, id }
  switch (result.kind) {
    case 'reply': return { status: 200, body: { outcome: 'reply', ...named, reply: result.value, at: result.at } }
    case 'waiting': return { status: 202, body: { outcome: 'waiting', ...named, partition: { type, partition: result.partition, state: result.state, reason: result.reason } }, headers: RETRY_SOON }
    case 'refused': return problem(422, 'command/refused', `'${id}' refused the event, class ${result.class}: ${result.message}. It is a dead letter now.`, { ...named, class: result.class, letter: result.letter, at: result.at })
    case 'unknown': return problem(409, 'command/no-reply', `'${id}' gives no reply: it is at its end or parked, or it refused this command when it was first sent, or has forgotten it since. Look at it: GET /v1/entities/${type}/{id}.`, { ...named, at: result.at })
    case 'unread': return problem(503, 'command/unread', `the event is kept${result.isTaken ? ' and was taken' : ''}, and what became of it cannot be read now: ${result.reason}. Send it again with the same Idempotency-Key for its reply: it is applied once.`, named, RETRY_SOON)
    case 'other-event': return problem(422, 'command/other-event', `'${id}' was sent another event under the key '${command}' before. Nothing came of this one: send it under a key of its own.`, { ...named, at: result.at })
    case 'rejected': return problem(422, 'command/rejected', `the log refuses the event, and would again: ${result.reason}. Nothing was written.`, named)
    case 'unfit': return problem(422, 'event/unfit', `${result.reason}. Nothing was sent.`)
    case 'not-taken': return problem(503, 'command/not-taken', `${result.isCertain ? 'the event was not taken' : 'whether the event was taken is not known'}: ${result.reason}. Send it again with the same Idempotency-Key: it is applied once.`, named, RETRY_SOON)
  }
}

const OPEN: readonly Route[] = [
  route({
    method: 'GET', path: '/healthz', operation: 'health', summary: 'Whether this server answers', isOpen: true,
    parameters: {}, replies: { 200: { description: 'It does.', schema: 'Health' } },
    handle: async () => ({ status: 200, body: { status: 'ok' } }),
  }),
]

const READING: readonly Route[] = [
  route({
    method: 'GET', path: '/v1/types', operation: 'listTypes', summary: 'The actor types of the system',
    parameters: {}, replies: { 200: { description: 'All of them.', schema: 'Types' } },
    handle: async (_, { gateway }) => ({ status: 200, body: { types: gateway.types() } }),
  }),
  route({
    method: 'GET', path: '/v1/types/{type}/states', operation: 'countStates', summary: 'How many entities of a type are in which state',
    parameters: { type: TYPE, deadlineMs: DEADLINE }, replies: { 200: { description: 'Counted over all partitions.', schema: 'States' }, 404: NOT_FOUND, 503: UNAVAILABLE },
    handle: async ({ type, deadlineMs }, { gateway, signal }) => {
      const wrong = unknownType(gateway, type)
      if (wrong !== undefined) return wrong
      const result = await gateway.counts(type, { deadlineMs, signal })
      return result.kind === 'counts' ? { status: 200, body: result.counts } : unavailable(result)
    },
  }),
  route({
    method: 'GET', path: '/v1/partitions', operation: 'listPartitions', summary: 'Every partition: its state at its owner, and how far it is behind',
    parameters: { deadlineMs: LOOK_DEADLINE }, replies: { 200: { description: 'All of them; one whose owner does not answer in time says so.', schema: 'Partitions' } },
    handle: async ({ deadlineMs }, { gateway, signal }) => ({ status: 200, body: { partitions: await gateway.partitions({ deadlineMs, signal }) } }),
  }),
  route({
    method: 'GET', path: '/v1/entities/{type}/{id}', operation: 'getEntity', summary: 'An entity as committed: state, context, timers, held events, and where that stands',
    parameters: { type: TYPE, id: ID, atLeast: AT_LEAST, features: FEATURES, deadlineMs: DEADLINE }, replies: { 200: { description: 'As its owner has it.', schema: 'Entity' }, 404: NOT_FOUND, 409: MISPLACED, 503: UNAVAILABLE },
    handle: async ({ type, id, atLeast, features, deadlineMs }, { gateway, signal }) => {
      const wrong = unknownType(gateway, type)
      if (wrong !== undefined) return wrong
      const result = await gateway.get(type, id, { deadlineMs, signal, ...(atLeast === undefined ? {} : { atLeast }) })
      if (result.kind === 'misplaced') return misplaced(result)
      return result.kind === 'entity' ? found(result.answer, features) : unavailable(result)
    },
  }),
  route({
    method: 'GET', path: '/v1/entities/{type}/{id}/wait', operation: 'waitForState', summary: 'Waits until an entity is in a state',
    parameters: { type: TYPE, id: ID, state: STATE, atLeast: AT_LEAST, deadlineMs: WAIT_DEADLINE },
    replies: { 200: { description: 'It is.', schema: 'Entity' }, 404: NOT_FOUND, 409: MISPLACED, 503: UNAVAILABLE, 504: { description: 'It was not within the deadline; `entity` is as it was seen last.', schema: 'Error' } },
    handle: async ({ type, id, state, atLeast, deadlineMs }, { gateway, signal }) => {
      const wrong = unknownType(gateway, type)
      if (wrong !== undefined) return wrong
      const result = await gateway.wait(type, id, state, { deadlineMs, signal, ...(atLeast === undefined ? {} : { atLeast }) })
      if (result.kind === 'misplaced') return misplaced(result)
      if (result.kind === 'unavailable') return unavailable(result)
      if (result.kind === 'reached') return { status: 200, body: answerObject(result.answer) }
      const is = result.answer.entity === undefined ? 'does not exist' : `is in '${result.answer.entity.configuration ?? 'no state yet'}'`
      return problem(504, 'wait/deadline', `${type} '${id}' ${is}, and was not in '${state}' within ${deadlineMs} ms. Wait again, or longer: deadlineMs.`, { entity: answerObject(result.answer) })
    },
  }),
]

const CHANGING: readonly Route[] = [
  route({
    method: 'POST', path: '/v1/entities/{type}/{id}/events', operation: 'sendEvent', summary: 'Sends an event to an entity; answers what its machine replied, once that is committed',
    parameters: { type: TYPE, id: ID, key: IDEMPOTENCY_KEY, deadlineMs: DEADLINE }, body: 'Event',
    replies: {
      200: { description: 'Taken and committed.', schema: 'Outcome' }, 202: { description: 'Durable, and not taken within the deadline: send it again with the same key for its reply.', schema: 'Outcome' },
      404: NOT_FOUND, 409: { description: 'Taken, and no reply is known.', schema: 'Error' }, 422: { description: 'The entity refused it, its key names another event, or it is no event that can be taken.', schema: 'Error' },
      503: { description: 'The log did not take it, or what became of it cannot be read now: send it again with the same key.', schema: 'Error' },
    },
    handle: async ({ type, id, key, deadlineMs }, { gateway, body, signal }) => {
      const wrong = unknownType(gateway, type)
      if (wrong !== undefined) return wrong
      if (!isEvent(body)) return problem(400, 'event/type', 'the body is no event: a JSON object with a text \'type\', such as {"type":"open"}')
      return outcome(type, id, key, await gateway.command(type, id, body, key, { deadlineMs, signal }))
    },
  }),
]

function isEvent(body: unknown): body is MachineEvent {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && 'type' in body && typeof body.type === 'string' && body.type !== ''
}

/** All, with the one that describes them. */
export const ROUTES: readonly Route[] = [...OPEN, ...READING, ...LISTING, ...LOG_ROUTES, ...FOLLOWING, ...INSPECTING, ...CHARTS, ...CHANGING, ...SCENARIO, ...WATCHING, ...METRICS, route({
  method: 'GET', path: '/openapi.json', operation: 'describe', summary: 'This description',
  parameters: {}, replies: { 200: { description: 'OpenAPI 3.1.', schema: 'Document' } },
  handle: async (_, { isGuarded }) => ({ status: 200, body: openApiOf(ROUTES, isGuarded) }),
})]
