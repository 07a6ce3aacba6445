// Transport: how a client of a running system reaches a gateway, whatever carries it. What goes back is what the gateway says over HTTP.

/** One thing that is asked: a route of the gateway and what goes into it. */
export interface Ask {
  /** As the description of the gateway calls it: `getEntity`. */
  readonly operation: string
  readonly method: 'GET' | 'POST'
  /** `/v1/entities/{type}/{id}` */
  readonly path: string
  /** Of the names in braces. */
  readonly names: Readonly<Record<string, string>>
  /** What is undefined is left out. */
  readonly query: Readonly<Record<string, string | number | undefined>>
  /** Of what changes something: sent again with the same key it is done once. */
  readonly key?: string
  readonly body?: unknown
}

export interface Told {
  /** As HTTP counts them. */
  readonly status: number
  readonly body: unknown
  /** How long to wait before it is asked again, ms; undefined: nobody said. */
  readonly retryAfterMs?: number
}

/** Thrown where no answer came: what was asked may have been done. */
export class Unreached extends TypeError {
  override readonly name = 'Unreached'
}

export interface Transport {
  /** Throws Unreached; rejects when `signal` aborts. */
  ask(asked: Ask, signal: AbortSignal): Promise<Told>
  /** Events as they come: `told` first where it is no stream but a problem. Ends with the stream; throws Unreached where it breaks off. */
  follow?(asked: Ask, signal: AbortSignal): AsyncIterable<{ readonly event: string; readonly data: unknown } | { readonly told: Told }>
}
