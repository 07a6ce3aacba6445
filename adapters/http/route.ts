// Route: one thing that can be asked over HTTP, as data. The table of them dispatches, validates and documents, so that these cannot differ.
import type { Charts } from '../../system/chart/charts.ts'
import type { Gateway } from '../../system/gateway/gateway.ts'
import type { Answer } from './answer.ts'
import type { Parameters, Values } from './parameters.ts'
import type { Scenario } from './scenario.ts'

/** What is answered from. */
export interface Serving {
  readonly gateway: Gateway
  /** Undefined: none are drawn. */
  readonly charts?: Charts | undefined
  /** Undefined: none drives this run. */
  readonly scenario?: Scenario | undefined
}

export interface Call extends Serving {
  /** Aborts when the caller is gone, or the server drains. */
  readonly signal: AbortSignal
  /** The server asks for a token. */
  readonly isGuarded: boolean
  /** Of a route with a body: the parsed JSON. */
  readonly body: unknown
}

export interface Reply {
  readonly description: string
  /** Name of a schema. */
  readonly schema: string
  /** Of its content; default: JSON. */
  readonly type?: string
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** Names of path parameters stand in braces. */
  readonly path: string
  readonly operation: string
  readonly summary: string
  readonly parameters: Parameters
  /** Name of the schema of its JSON body; undefined: it takes none. */
  readonly body?: string
  /** Asks for no token, and tells nothing that needs one. */
  readonly isOpen?: boolean
  /** Tells of this process, not of the system: faces on which any process of the system may answer do without. */
  readonly isOwn?: boolean
  /** By status, beside the problems that every route may answer. */
  readonly replies: Readonly<Record<number, Reply>>
  handle(values: Readonly<Record<string, unknown>>, call: Call): Promise<Answer>
}

/** A route whose handler knows the types of its parameters. */
export function route<P extends Parameters>(one: Omit<Route, 'parameters' | 'handle'> & { readonly parameters: P; handle(values: Values<P>, call: Call): Promise<Answer> }): Route {
  return { ...one, handle: (values, call) => one.handle(values as Values<P>, call) }
}
