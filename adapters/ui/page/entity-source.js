// Entity source: an entity as its owner has it, as it changes.
//
// E1. A stream where the node gives one; else it is asked for again, once a second while the page can be seen.
import { Problem } from './api.js'
import { events } from './merge.js'
import { encode } from './route.js'

const AGAIN_MS = 1000
const RETRY_MS = 2000
const WITH_FEATURES = '?features=true'

/**
 * @typedef {{ type: string, id: string, partition: number, life: string, epoch: number, seq: number, code: string, watermarkMs?: number, found: boolean, value?: unknown, configuration?: string,
 *   context?: unknown, status?: string, changedSeq?: number, changedMs?: number, timers?: readonly { id: string, dueMs: number, event: unknown }[], tasks?: readonly { id: string, src: string, attempt: number }[],
 *   held?: readonly { timeMs: number, event: unknown, topic: string, offset: number }[], features?: readonly import('../../../system/inspect/features.ts').FeatureReport[], expireAtMs?: number, parked?: { class: string, sinceSeq: number, events: number, bytes: number } }} Entity
 */

/** @param {string} type @param {string} id */
export function entityPath(type, id) {
  return `/v1/entities/${encode(type)}/${encode(id)}`
}

/** Until the signal aborts. @param {import('./api.js').Api} api @param {string} path @param {AbortSignal} signal @param {(entity: Entity) => void} onEntity @param {(problem: unknown) => void} onProblem */
export async function follow(api, path, signal, onEntity, onProblem) {
  let hasStream = true
  while (!signal.aborted) {
    await untilVisible(signal)
    try {
      onEntity(await api.get(`${path}${WITH_FEATURES}`, signal))
      if (hasStream) hasStream = await stream(api, `${path}/watch${WITH_FEATURES}`, signal, onEntity, onProblem)
      await pause(AGAIN_MS, signal)
    } catch (problem) {
      if (signal.aborted) return
      onProblem(problem)
      await pause(RETRY_MS, signal)
    }
  }
}

/** Answers whether there is such a stream. @param {import('./api.js').Api} api @param {string} path @param {AbortSignal} signal @param {(entity: Entity) => void} onEntity @param {(problem: unknown) => void} onProblem */
async function stream(api, path, signal, onEntity, onProblem) {
  const hidden = new AbortController()
  const onHidden = () => document.hidden && hidden.abort()
  document.addEventListener('visibilitychange', onHidden)
  const either = AbortSignal.any([signal, hidden.signal])
  try {
    const { body } = await api.send(path, { signal: either, headers: { accept: 'text/event-stream' } })
    if (body === null) return false
    for await (const { name, data } of events(body, () => {})) {
      if (either.aborted) break
      const told = JSON.parse(data)
      if (name === 'moving') onProblem(new Problem(503, 'partition/unavailable', `Partition ${told.partition} is ${told.state}: ${told.reason}.`))
      if (name !== 'entity') continue
      if (told.found !== true) throw new Problem(404, 'entity/not-found', 'it is not there any more')
      onEntity(told)
    }
    return true
  } catch (problem) {
    if (problem instanceof Problem && (problem.isNoRoute || problem.status === 405)) return false
    if (hidden.signal.aborted && !signal.aborted) return true
    throw problem
  } finally {
    document.removeEventListener('visibilitychange', onHidden)
  }
}

/** @param {AbortSignal} signal @returns {Promise<void>} */
function untilVisible(signal) {
  if (!document.hidden) return Promise.resolve()
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return
      document.removeEventListener('visibilitychange', look)
      resolve()
    }
    document.addEventListener('visibilitychange', look)
    signal.addEventListener('abort', look, { once: true })
  })
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
