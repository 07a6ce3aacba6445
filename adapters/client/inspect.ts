// Inspect: an entity in the events of the Stately Inspector, over a stream that is opened again when it breaks off.
//
// N1. What was told does not come again: a stream that is opened anew begins with what was, and goes on from there.
// N2. Where it begins with what came later, its actor is told too: found in the state of then, behind a gap.
import { Unreached } from '../../system/gateway/transport.ts'
import type { InspectionEvent } from '../../system/inspect/inspection.ts'
import { ClientError, pause, problemOf } from './session.ts'
import type { Session } from './session.ts'

const PAUSE_MS_MIN = 500
const PAUSE_MS_MAX = 5000
/** Of answers that are no stream, those after which it is tried again. */
const AGAIN: readonly number[] = [429, 502, 503]
const PATH = '/v1/entities/{type}/{id}/inspect'

export interface InspectOptions {
  /** Of what it took before: the newest so many. */
  readonly limit?: number
  readonly signal?: AbortSignal
}

export async function* inspect({ transport }: Session, type: string, id: string, { limit, signal }: InspectOptions): AsyncGenerator<InspectionEvent, void, undefined> {
  if (transport.follow === undefined) throw new ClientError('client/watch', 'this transport carries no streams: inspect over HTTP', 0)
  const over = new AbortController()
  const both = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal])
  let last: Told | undefined
  try {
    for (let pauseMs = PAUSE_MS_MIN; signal?.aborted !== true; pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 2)) {
      try {
        for await (const one of transport.follow({ operation: 'inspectEntity', method: 'GET', path: PATH, names: { type, id }, query: { limit } }, both)) {
          if ('told' in one) {
            if (!AGAIN.includes(one.told.status)) throw problemOf(one.told)
            continue
          }
          if (one.event !== 'inspect') continue
          pauseMs = PAUSE_MS_MIN
          const event = one.data as InspectionEvent
          const told = toldOf(event)
          if (last !== undefined && !isNew(told, last)) continue
          last = told
          yield event
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

interface Told {
  readonly life: string
  /** Commit, input of it, event or what came of it; an actor stands before all of its own life, or where it was found. */
  readonly order: readonly [seq: number, n: number, part: number]
}

function toldOf({ type, statelog: { life, seq, n = Infinity, refused, isAfterGap } }: InspectionEvent): Told {
  if (type === '@xstate.actor' && isAfterGap !== true) return { life, order: [-1, 0, 0] }
  return { life, order: [seq, n, type === '@xstate.event' && refused === undefined ? 0 : 1] }
}

/** N1. */
function isNew(told: Told, last: Told): boolean {
  if (told.life !== last.life) return true
  const at = told.order.findIndex((part, place) => part !== last.order[place])
  return at !== -1 && (told.order[at] ?? 0) > (last.order[at] ?? 0)
}
