// Every bound of the server, and the answer to "full".

export interface HttpLimits {
  /** Over: a new connection is closed. */
  readonly connectionsMax: number
  /** Of them, those of one caller: an IPv4 address, or an IPv6 /64. Over: a new one is closed. */
  readonly connectionsOfOneMax: number
  /** Requests that are not answered to their last byte. Over: 503, but for open routes. */
  readonly inFlightMax: number
  /** Of them, those of one connection: it has sent them before it took the answers. Over: it is closed. */
  readonly pipelinedMax: number
  /** Of answers that callers have not taken yet. Over: 503. */
  readonly unsentBytesMax: number
  /** Answers that go on until their callers leave. Over: 503. */
  readonly streamsMax: number
  /** After how long without an event such an answer shows that it goes on, ms. */
  readonly aliveMs: number
  /** Of one caller; as many may come at once. Over: 429. */
  readonly requestsPerSecondMax: number
  /** Over: 431. */
  readonly headerBytesMax: number
  /** Over: 413. */
  readonly bodyBytesMax: number
  /** For all headers of a request, from its first byte on, and for all of a request. Over: 408. */
  readonly headersMsMax: number
  readonly requestMsMax: number
  /** A connection without a request, and one on which nothing moves while an answer is made or sent. Over: it is closed. */
  readonly idleMsMax: number
  readonly silentMsMax: number
  /** For answers under way when the server closes. Over: their connections are closed. */
  readonly drainMsMax: number
}

/** A call waits no longer than this, whatever it asks for. */
export const DEADLINE_MS_MAX = 60_000

export const HTTP_LIMITS: HttpLimits = {
  connectionsMax: 1000, connectionsOfOneMax: 800, inFlightMax: 1000, pipelinedMax: 16, unsentBytesMax: 64 << 20, streamsMax: 100, aliveMs: 15_000, requestsPerSecondMax: 10_000,
  headerBytesMax: 16 * 1024, bodyBytesMax: 256 * 1024,
  headersMsMax: 5000, requestMsMax: 15_000, idleMsMax: 5000, silentMsMax: DEADLINE_MS_MAX + 10_000, drainMsMax: 2000,
}

/** Of the events of one page of a history, in characters of JSON. Over: the page ends, and `next` goes on. */
export const HISTORY_BYTES_MAX = 1 << 20
