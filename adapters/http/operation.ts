// Operation: a route that is asked by name and with JSON, for faces that are no HTTP. The same table, the same words, the same answers.
//
// D1 and D2 of `dispatch.ts` hold here too.
import { OperationError } from '../../system/protocol/failures.ts'
import { problem } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Parameter } from './parameters.ts'
import { EVENT_STREAM } from './event-stream.ts'
import type { Route, Serving } from './route.ts'
import { ROUTES } from './routes.ts'

export interface Operation {
  /** As OpenAPI calls it. */
  readonly name: string
  /** Undefined: none was named. */
  readonly type: string | undefined
  /** JSON: parameters by name, `key`, and the event of one that takes a body. Empty: nothing is said. */
  readonly bytes: Uint8Array
  readonly signal: AbortSignal
}

/** All but streams, and what tells of one process. */
const isCarried = ({ replies, isOpen, isOwn }: Route): boolean => isOpen !== true && isOwn !== true && replies[200]?.type !== EVENT_STREAM

export async function runOperation(serving: Serving, { name, type, bytes, signal }: Operation): Promise<Answer> {
  const route = ROUTES.find((one) => one.operation === name && isCarried(one))
  if (route === undefined) return problem(404, 'route/not-found', `there is no operation '${name.slice(0, 80)}' here. There is: ${ROUTES.filter(isCarried).map((one) => one.operation).join(', ')}.`)
  const given = bytes.length === 0 ? {} : objectOf(bytes)
  if (given === undefined) return problem(400, 'request/json', 'what was sent is no JSON object in UTF-8')
  const said = type === undefined ? given : { ...given, type }
  const values = valuesOf(route, said)
  if ('status' in values) return values
  try {
    return await route.handle(values.values, { ...serving, signal, isGuarded: false, body: route.body === undefined ? undefined : said['event'] })
  } catch (thrown) {
    if (thrown instanceof OperationError) return problem(503, thrown.code, thrown.message)
    throw thrown
  }
}

/** What a parameter is called where there are no headers. */
const nameOf = ({ in: place, name }: Parameter): string => (place === 'header' ? 'key' : name)

function valuesOf(route: Route, given: Readonly<Record<string, unknown>>): { readonly values: Record<string, unknown> } | Answer {
  const parameters = Object.entries(route.parameters)
  const names = [...parameters.map(([, parameter]) => nameOf(parameter)), ...(route.body === undefined ? [] : ['event'])]
  const extra = Object.keys(given).find((name) => !names.includes(name))
  if (extra !== undefined) return problem(400, 'request/parameter', `there is no parameter '${extra.slice(0, 80)}' here${names.length === 0 ? '' : `. There is: ${names.join(', ')}`}.`)
  const values: Record<string, unknown> = {}
  for (const [key, parameter] of parameters) {
    const name = nameOf(parameter)
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
    const isMissing = value === undefined
    const read = (isMissing && parameter.isRequired) || (!isMissing && text === undefined) ? undefined : parameter.read(text)
    if (read === undefined) return problem(400, 'request/parameter', `parameter '${name}' is ${isMissing ? 'missing' : 'not what it may be'}. ${parameter.description} JSON schema: ${JSON.stringify(parameter.schema)}`)
    values[key] = read.value
  }
  return { values }
}

function objectOf(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}
