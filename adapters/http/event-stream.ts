// Event stream: an answer that goes on, as server-sent events.
//
// V1. The next event is asked for when the connection has taken the one before: a caller that reads slowly is told what is newest then, and makes no queue (I9).
// V2. It ends in order with its events and with the server; what its events throw is the server's to break it off for, as is a connection on which nothing moves.
//     Bun counts as moving only what comes in: what was taken begins the connection's time anew here.
import type { ServerResponse } from 'node:http'
import type { ServerEvent } from './answer.ts'
import type { HttpLimits } from './limits.ts'

export const EVENT_STREAM = 'text/event-stream'

/** Resolves when it has ended. Rejects with what the events throw. */
export async function sendEvents(response: ServerResponse, events: AsyncIterable<ServerEvent>, signal: AbortSignal, { aliveMs, silentMsMax }: Pick<HttpLimits, 'aliveMs' | 'silentMsMax'>): Promise<void> {
  response.writeHead(200, {
    'content-type': EVENT_STREAM, connection: 'close', 'cache-control': 'no-store',
    'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  })
  let isQuiet = true
  const moved = (): unknown => response.socket?.setTimeout(silentMsMax)
  const alive = setInterval(() => {
    if (isQuiet && !response.writableNeedDrain && response.write(': alive\n\n')) moved()
    isQuiet = true
  }, aliveMs)
  try {
    response.flushHeaders()
    for await (const { event, data } of events) {
      if (signal.aborted) break
      isQuiet = false
      if (!response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) await taken(response, signal)
      moved()
    }
    response.end()
  } finally {
    clearInterval(alive)
  }
}

/** Or given up. */
async function taken(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = (): void => resolve()
  response.once('drain', done)
  signal.addEventListener('abort', done)
  await promise
  response.off('drain', done)
  signal.removeEventListener('abort', done)
}
