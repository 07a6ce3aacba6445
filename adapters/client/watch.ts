// Watch: an entity each time it changes, over a stream that is opened again when it breaks off.
//
// W1. What was told does not come again, and nothing that stands before it (P1).
import { Unreached } from '../../system/gateway/transport.ts'
import { standingOf } from './places.ts'
import { ClientError, pause, problemOf } from './session.ts'
import type { Session } from './session.ts'

const PAUSE_MS_MIN = 200
const PAUSE_MS_MAX = 5000
/** Of answers that are no stream, those after which it is tried again. */
const AGAIN: readonly number[] = [429, 502, 503]

export async function* watch<T>(session: Session, type: string, id: string, signal: AbortSignal | undefined, entityOf: (told: unknown) => T | undefined): AsyncGenerator<T | undefined, void, undefined> {
  const { transport, places } = session
  if (transport.follow === undefined) throw new ClientError('client/watch', 'this transport carries no streams: watch over HTTP', 0)
  const over = new AbortController()
  const both = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal])
  let last: string | undefined
  try {
    for (let pauseMs = PAUSE_MS_MIN; signal?.aborted !== true; pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2)) {
      try {
        for await (const one of transport.follow({ operation: 'watchEntity', method: 'GET', path: '/v1/entities/{type}/{id}/watch', names: { type, id }, query: {} }, both)) {
          if ('told' in one) {
            if (!AGAIN.includes(one.told.status)) throw problemOf(one.told)
            continue
          }
          if (one.event !== 'entity') continue
          pauseMs = PAUSE_MS_MIN
          const at = standingOf(one.data)
          if (at !== undefined && !places.take(type, id, at)) continue
          const entity = entityOf(one.data)
          const text = JSON.stringify(unplaced(entity))
          if (text === last) continue
          last = text
          yield entity
        }
      } catch (thrown) {
        if (!(thrown instanceof Unreached) && !both.aborted) throw thrown
      }
      await pause(pauseMs * (0.5 + Math.random() / 2), both)
    }
  } finally {
    over.abort()
  }
}

/** What of it is the entity's own: a partition moves on without it. */
function unplaced(entity: unknown): unknown {
  if (typeof entity !== 'object' || entity === null) return null
  const { epoch: _epoch, seq: _seq, watermarkMs: _watermarkMs, ...own } = entity as Readonly<Record<string, unknown>>
  return own
}
