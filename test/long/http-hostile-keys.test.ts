// 10,000 hostile ids through a socket: each takes its event once and is that id afterwards, or is refused, and nothing of it is a 500.
import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { openHttp } from '../../adapters/http/server.ts'
import { parseEntityId } from '../../system/protocol/ids.ts'
import { served } from '../support/gateway.ts'
import { testSeed } from '../support/seed.ts'

const KEYS = 10_000
const AT_ONCE = 400
const PARTS = [
  '%', '%00', '%2F', '%2e%2e', '%FF', '%C0%AF', '%ED%A0%80', '..', '.', '/', '//', '\\', '?', '&', '=', '#', ' ', '+', ';', ':', '@', '\0', '\r\n', '\n\n', '\t', '\x7f', '\x1b[31m', '\u0085', '\u2028', '\ufeff', '\ufffd', '\u202e',
  'é', 'e\u0301', '\u{1f4b3}', '\u{10ffff}', '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', 'javascript:alert(1)', "'--", "' OR 1=1", '${7*7}', '{{7*7}}', '__proto__', 'constructor', 'toString', 'wait', 'events', 'history', 'null', 'undefined', '*', '>', '$SRV', '_INBOX', 'a'.repeat(255), 'é'.repeat(128),
]
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')), fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
)

interface Answered {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

test(`${KEYS} hostile ids are sent an event and looked at`, async (t) => {
  const seed = testSeed()
  t.diagnostic(`seed ${seed}`)
  const told: string[] = []
  const { gateway } = await served(t)
  const server = await openHttp(gateway, { listen: '0', onError: (message) => told.push(message), limits: { requestsPerSecondMax: 1_000_000 } })
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  t.after(async () => {
    agent.destroy()
    await server.close()
  })
  const { port } = new URL(server.url)
  const ask = (method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: string): Promise<Answered> => new Promise((resolve, reject) => {
    const asking = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => (text += more)).once('error', reject).once('end', () => resolve({ status: response.statusCode ?? 0, json: JSON.parse(text) as Answered['json'] }))
    })
    asking.once('error', reject)
    asking.end(body)
  })
  const ids = [...new Set(fc.sample(hostile, { seed, numRuns: KEYS * 2 }).map((text) => text.toWellFormed()))].slice(0, KEYS)
  assert.equal(ids.length, KEYS)
  let taken = 0
  const one = async (id: string, nth: number): Promise<void> => {
    const path = `/v1/entities/counter/${encodeURIComponent(id)}`
    const sent = await ask('POST', `${path}/events?deadlineMs=60000`, { 'content-type': 'application/json', 'idempotency-key': `k${nth}` }, JSON.stringify({ type: 'add', by: 1, id }))
    const got = await ask('GET', `${path}?deadlineMs=60000`)
    if (parseEntityId(id) === undefined) return assert.deepEqual([sent.status, got.status], [400, 400], id)
    assert.deepEqual([sent.status, sent.json['id'], sent.json['reply'], got.status, got.json['id'], got.json['context']], [200, id, 1, 200, id, { n: 1 }], JSON.stringify([id, sent, got]))
    taken += 1
  }
  const rest = ids.entries()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const [nth, id] of rest) await one(id, nth)
  }))
  assert.deepEqual(told, [])
  const counts = await ask('GET', '/v1/types/counter/states?deadlineMs=60000')
  assert.deepEqual(counts.json['states'], { counting: taken })
  t.diagnostic(`${taken} were entities, ${KEYS - taken} were refused`)
})
