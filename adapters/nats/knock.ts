// Knock: whether a NATS server speaks at an address, before the client library connects there.
//
// The library forgets the socket of a server that takes the connection and says nothing (one that is stopped, or overloaded):
// each try would leave one behind, and the process could not end.
import { createConnection } from 'node:net'
import type { Server } from './options.ts'

/** Undefined when it greets within `timeoutMs`; else why not. */
export function knock({ host, port }: Server, timeoutMs: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port })
    const end = (problem: string | undefined): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.destroy()
      resolve(problem)
    }
    const abort = (): void => end('closed')
    const timer = setTimeout(() => end(`no answer within ${timeoutMs} ms`), timeoutMs)
    signal.addEventListener('abort', abort)
    let heard = ''
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
      if (heard.startsWith('INFO ')) end(undefined)
      else if (heard.length >= 5) end('what answers there does not speak the NATS protocol')
    })
    socket.on('error', (error: Error & { readonly code?: string }) => end(error.message === '' ? error.code ?? 'it cannot be reached' : error.message))
    socket.on('close', () => end('it closed the connection'))
  })
}
