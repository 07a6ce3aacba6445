// Watch: an entity each time it changes, over a stream that is opened again when it breaks off.
//
// W1. What was told does not come again, and nothing that stands before it (P1).
// W2. Where a stream tells what stands before the newest place seen, the entity is asked for at that place: the stream counts it as told, and may say no more.
import { Unreached } from '../../system/gateway/transport.ts'
import type { Ask } from '../../system/gateway/transport.ts'
import { placeText, standingOf } from './places.ts'
import type { Places } from './places.ts'
import { ClientError, pause, problemOf } from './session.ts'
import type { Session } from './session.ts'

const PAUSE_MS_MIN = 200
const PAUSE_MS_MAX = 5000
/** Of answers that are no stream, those after which it is tried again. */
const AGAIN: readonly number[] = [429, 502, 503]
/** For the answer that a stream does not give (W2). */
const WITHIN_MS = 5000
const ENTITY = '/v1/entities/{type}/{id}'

export async function* watch<T>(session: Session, type: string, id: string, signal: AbortSignal | undefined, entityOf: (told: unknown) => T | undefined): AsyncGenerator<T | undefined, void, undefined> {
  const { transport, places } = session
  if (transport.follow === undefined) throw new ClientError('client/watch', 'this transport carries no streams: watch over HTTP', 0)
  const over = new AbortController()
  const both = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal])
  let last: string | undefined
  try {
    for (let pauseMs = PAUSE_MS_MIN; signal?.aborted !== true; pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2)) {
      try {
        for await (const one of transport.follow({ operation: 'watchEntity', method: 'GET', path: `${ENTITY}/watch`, names: { type, id }, query: {} }, both)) {
          if ('told' in one) {
            if (!AGAIN.includes(one.told.status)) throw problemOf(one.told)
            continue
          }
          if (one.event !== 'entity') continue
          const at = standingOf(one.data)
          const data = at === undefined || places.take(type, id, at) ? one.data : await asSeen(session, type, id, both)
          pauseMs = PAUSE_MS_MIN
          const entity = entityOf(data)
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

/** At the place that was seen, or after it. Throws Unreached where that cannot be told: another stream says why. */
async function asSeen(session: Session, type: string, id: string, signal: AbortSignal): Promise<unknown> {
  const { places } = session
  const asked = (deadlineMs: number): Ask => {
    const place = places.atLeast(type, id)
    return { operation: 'getEntity', method: 'GET', path: ENTITY, names: { type, id }, query: { deadlineMs, atLeast: place === undefined ? undefined : placeText(place) } }
  }
  const told = await session.ask(asked, WITHIN_MS, signal, (one) => ({ value: one })).catch((thrown: unknown) => {
    throw new Unreached(String(thrown))
  })
  if (told.status === 200) return taken(places, type, id, told.body)
  const { code, message, details } = problemOf(told)
  if (code === 'entity/not-found') return taken(places, type, id, details['at'])
  if (code.startsWith('place/')) places.forget(type, id)
  throw new Unreached(message)
}

/** An entity, or the place where there is none. */
function taken(places: Places, type: string, id: string, data: unknown): unknown {
  const at = standingOf(data)
  if (at !== undefined && places.take(type, id, at)) return data
  throw new Unreached('an answer from before what was seen')
}

/** What of it is the entity's own: a partition moves on without it. */
function unplaced(entity: unknown): unknown {
  if (typeof entity !== 'object' || entity === null) return null
  const { epoch: _epoch, seq: _seq, watermarkMs: _watermarkMs, ...own } = entity as Readonly<Record<string, unknown>>
  return own
}
