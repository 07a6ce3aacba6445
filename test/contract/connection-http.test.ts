// What becomes of connections of the HTTP server, on either runtime: an answer that goes on goes on for as long as something moves, and is broken off when nothing does.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openHttp } from '../../adapters/http/server.ts'
import type { FlowDocument } from '../../system/gateway/flow-document.ts'
import { stubGateway } from '../unit/adapters/http/stub-gateway.ts'

const SILENT_MS = 1000
const EVERY_MS = 100

interface Watched {
  readonly url: string
  /** Resolves when nobody takes what is watched any more. */
  readonly left: Promise<void>
}

/** A document every so often, `bytes` long. */
async function watched(t: TestContext, bytes: number): Promise<Watched> {
  const { promise: left, resolve } = Promise.withResolvers<void>()
  async function* watch(_: readonly string[], signal: AbortSignal): AsyncGenerator<FlowDocument> {
    try {
      for (let at = 1; !signal.aborted; at += 1) {
        yield { at, system: `${at}`.padEnd(bytes, '.'), types: {} } as FlowDocument
        await new Promise((settle) => setTimeout(settle, EVERY_MS))
      }
    } finally {
      resolve()
    }
  }
  const server = await openHttp({ ...stubGateway(), watch }, { listen: '0', limits: { silentMsMax: SILENT_MS }, onError: (message) => t.diagnostic(message) })
  t.after(() => server.close())
  return { url: server.url, left }
}

test('a stream of which something comes now and then is not broken off', async (t) => {
  const { url } = await watched(t, 10)
  const over = new AbortController()
  const startedMs = performance.now()
  let pieces = 0
  const { body } = await fetch(`${url}/v1/watch`, { signal: over.signal })
  const reading = (async () => {
    for await (const _ of body as unknown as AsyncIterable<Uint8Array>) {
      pieces += 1
      if (performance.now() - startedMs > 3 * SILENT_MS) return 'goes on'
    }
    return 'ended'
  })().catch((thrown: unknown) => `broke off after ${pieces} pieces: ${String(thrown)}`)
  assert.equal(await reading, 'goes on')
  over.abort()
})

test('a stream that nobody reads is broken off', async (t) => {
  const { url, left } = await watched(t, 4 << 20)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  t.after(() => socket.destroy())
  socket.pause().on('error', () => {})
  await once(socket, 'connect')
  socket.write('GET /v1/watch HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n')
  const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 10 * SILENT_MS).unref())
  assert.notEqual(await Promise.race([left, late]), 'late')
})
