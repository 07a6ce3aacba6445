// Dispatch: finds the route of a request, checks everything that it says against the table, and runs it. Knows no sockets.
//
// D1. A part that is not well percent-encoded UTF-8 is refused, never replaced: two requests do not become one id.
// D2. What a route does not declare is refused: a misspelt parameter must not be taken for one that was left out.
import { OperationError } from '../../system/protocol/failures.ts'
import type { Charts } from '../../system/chart/charts.ts'
import type { Gateway } from '../../system/gateway/gateway.ts'
import { problem } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Parameter } from './parameters.ts'
import type { Route } from './route.ts'
import { ROUTES } from './routes.ts'
import type { Scenario } from './scenario.ts'

export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** It cannot be taken: answered with this. */
  | { readonly kind: 'problem'; readonly answer: Answer }

export interface Request {
  readonly method: string
  /** Path and query, as they were sent. */
  readonly target: string
  /** By name in small letters. */
  header(name: string): string | undefined
  body(): Promise<Body>
  readonly signal: AbortSignal
  /** The server asks for a token, and has seen it. */
  readonly isGuarded: boolean
  readonly charts?: Charts | undefined
  readonly scenario?: Scenario | undefined
}

export interface Found {
  readonly routes: readonly Route[]
  readonly segments: readonly string[]
  readonly query: string
}

/** The routes of the request's path, whatever their methods. */
export function find(target: string): Found | Answer {
  const [path = '', query = ''] = cutAt(target, '?')
  if (!path.startsWith('/') || target.includes('#')) return problem(400, 'request/target', 'the target of the request is no path')
  const segments = path.slice(1).split('/').map(decoded)
  if (!segments.every((one) => one !== undefined)) return problem(400, 'request/encoding', 'a part of the path is not percent-encoded UTF-8')
  const routes = ROUTES.filter((route) => fits(route, segments))
  return routes.length > 0 ? { routes, segments, query } : problem(404, 'route/not-found', 'there is nothing here. GET /openapi.json describes what there is.')
}

export async function dispatch(gateway: Gateway, { routes, segments, query }: Found, request: Request): Promise<Answer> {
  const allow = [...new Set(routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))), 'OPTIONS'].join(', ')
  if (request.method === 'OPTIONS') return { status: 204, headers: { allow } }
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = routes.find((one) => one.method === method)
  if (route === undefined) return problem(405, 'route/method', `here one can ${allow}`, {}, { allow })
  const values = valuesOf(route, segments, query, request)
  if ('status' in values) return values
  const body = route.body === undefined ? undefined : await json(request)
  if (body !== undefined && 'status' in body) return body
  try {
    return await route.handle(values.values, { gateway, charts: request.charts, scenario: request.scenario, signal: request.signal, isGuarded: request.isGuarded, body: body?.json })
  } catch (thrown) {
    // What an operator must act on is said; anything else is a defect, and the server's to tell.
    if (thrown instanceof OperationError) return problem(503, thrown.code, thrown.message)
    throw thrown
  }
}

/** `{id}` fits any text; what it may be is said by its parameter. */
function fits({ path }: Route, segments: readonly string[]): boolean {
  const parts = path.slice(1).split('/')
  return parts.length === segments.length && parts.every((part, at) => part.startsWith('{') || part === segments[at])
}

function valuesOf(route: Route, segments: readonly string[], query: string, request: Request): { readonly values: Record<string, unknown> } | Answer {
  const asked = queryOf(query)
  if (asked === undefined) return problem(400, 'request/query', 'the query is not percent-encoded UTF-8, or names a parameter twice')
  const parts = route.path.slice(1).split('/')
  const textOf = ({ in: place, name }: Parameter): string | undefined => {
    if (place === 'path') return segments[parts.indexOf(`{${name}}`)]
    return place === 'query' ? asked.get(name) : request.header(name.toLowerCase())
  }
  const parameters = Object.entries(route.parameters)
  const extra = [...asked.keys()].find((name) => !parameters.some(([, parameter]) => parameter.in === 'query' && parameter.name === name))
  const names = parameters.filter(([, parameter]) => parameter.in === 'query').map(([, { name }]) => name)
  if (extra !== undefined) return problem(400, 'request/parameter', `there is no parameter '${extra.slice(0, 80)}' here${names.length === 0 ? '' : `. There is: ${names.join(', ')}`}.`)
  const values: Record<string, unknown> = {}
  for (const [key, parameter] of parameters) {
    const text = textOf(parameter)
    const read = text === undefined && parameter.isRequired ? undefined : parameter.read(text)
    if (read === undefined) return problem(400, 'request/parameter', `${parameter.in} parameter '${parameter.name}' is ${text === undefined ? 'missing' : 'not what it may be'}. ${parameter.description} JSON schema: ${JSON.stringify(parameter.schema)}`)
    values[key] = read.value
  }
  return { values }
}

/** Undefined: it cannot be read. */
function queryOf(query: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>()
  for (const part of query.split('&').filter((one) => one !== '')) {
    const [text, given = ''] = cutAt(part.replaceAll('+', ' '), '=')
    const [name, value] = [decoded(text), decoded(given)]
    if (name === undefined || value === undefined || found.has(name)) return undefined
    found.set(name, value)
  }
  return found
}

async function json(request: Request): Promise<{ readonly json: unknown } | Answer> {
  const type = request.header('content-type') ?? ''
  // Also what keeps a page of another origin from sending one without asking first.
  if (!/^application\/json *(;|$)/i.test(type)) return problem(415, 'request/type', 'the body must be JSON: Content-Type: application/json')
  if (![undefined, 'identity'].includes(request.header('content-encoding'))) return problem(415, 'request/encoding', 'the body must not be compressed')
  const body = await request.body()
  if (body.kind === 'problem') return body.answer
  try {
    return { json: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body.bytes)) }
  } catch (thrown) {
    return problem(400, 'request/json', `the body is no JSON in UTF-8: ${thrown instanceof Error ? thrown.message.slice(0, 200) : ''}`)
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Before and after the first `mark`. */
function cutAt(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
