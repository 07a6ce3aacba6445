// OpenAPI: the table of routes as a document (version 3.1).
import { EVENT_STREAM } from './event-stream.ts'
import type { Parameter } from './parameters.ts'
import type { Reply, Route } from './route.ts'
import { SCHEMAS } from './schemas.ts'

const JSON_TYPE = 'application/json'
/** What every route may answer. */
const ALWAYS: Readonly<Record<number, Reply>> = {
  400: { description: 'The request cannot be understood.', schema: 'Error' },
  403: { description: 'A Host or an origin that this server does not answer to.', schema: 'Error' },
  429: { description: 'Too many requests: Retry-After says when to come again.', schema: 'Error' },
  431: { description: 'The headers are too large.', schema: 'Error' },
  500: { description: 'A defect; the log of the server says more.', schema: 'Error' },
  503: { description: 'The server is busy, or is being stopped: Retry-After says when to come again.', schema: 'Error' },
}

/** What only a server with a token answers. */
const GUARDED: Readonly<Record<number, Reply>> = { 401: { description: 'The token is missing or wrong.', schema: 'Error' } }
const WITH_BODY: Readonly<Record<number, Reply>> = {
  408: { description: 'The body did not come in time.', schema: 'Error' },
  413: { description: 'The body is too large.', schema: 'Error' },
  415: { description: 'The body is not JSON, or is compressed.', schema: 'Error' },
}

/** `isGuarded`: the server asks for a token. */
export function openApiOf(routes: readonly Route[], isGuarded: boolean): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route, isGuarded)
  return {
    openapi: '3.1.0',
    info: { title: 'statelog', version: '1', description: 'Entities of a running system: looked at, spoken to, waited for. Answers show committed state, and where it stands.' },
    ...(isGuarded ? { security: [{ bearer: [] }] } : {}),
    paths,
    components: { ...(isGuarded ? { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'The token that the server was started with.' } } } : {}), schemas: SCHEMAS },
  }
}

function operationOf({ operation, summary, parameters, body, isOpen, replies }: Route, isGuarded: boolean): Record<string, unknown> {
  return {
    operationId: operation, summary,
    ...(isOpen === true && isGuarded ? { security: [] } : {}),
    parameters: Object.values(parameters).map(parameterOf),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { [JSON_TYPE]: { schema: schemaOf(body) } } } }),
    responses: Object.fromEntries(Object.entries({ ...ALWAYS, ...(isGuarded && isOpen !== true ? GUARDED : {}), ...(body === undefined ? {} : WITH_BODY), ...replies }).map(([status, { description, schema, type }]) => [status, { description, content: { [type ?? JSON_TYPE]: { schema: contentOf(schema, type) } } }])),
  }
}

/** Of a stream: each of its events. */
function contentOf(schema: string, type: string | undefined): Record<string, unknown> {
  if (type === undefined) return schemaOf(schema)
  return type === EVENT_STREAM ? { type: 'object', required: ['event', 'data'], properties: { event: { type: 'string' }, data: { type: 'string', description: `JSON: ${schema}` } } } : { type: 'string' }
}

function parameterOf({ in: place, name, description, isRequired, schema }: Parameter): Record<string, unknown> {
  return { name, in: place, description, required: isRequired, schema }
}

/** One without a description here is any object. */
const schemaOf = (name: string): Record<string, unknown> => (Object.hasOwn(SCHEMAS, name) ? { $ref: `#/components/schemas/${name}` } : { type: 'object' })
