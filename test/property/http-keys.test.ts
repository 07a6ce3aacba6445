// D1: hostile ids, keys, queries and bodies are answered with what they deserve, and never with a 500; what is answered is JSON and about that id.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import fc from 'fast-check'
import type { Answer } from '../../adapters/http/answer.ts'
import { dispatch, find } from '../../adapters/http/dispatch.ts'
import type { Gateway } from '../../system/gateway/gateway.ts'
import { parseEntityId } from '../../system/protocol/ids.ts'
import { readableJson } from '../../system/protocol/readable-json.ts'
import { served } from '../support/gateway.ts'
import { testSeed } from '../support/seed.ts'

const PARTS = ['%', '%0', '%zz', '%00', '%2F', '%2e%2e', '%252F', '%FF', '%C0%AF', '%ED%A0%80', '%F0%9F%92%B3', '..', '.', '/', '\\', '?', '&', '=', '#', ' ', '+', ';', '\0', '\r\n', '\ud800', '\udc00', 'é', '\u{1f4b3}', '\u202e', '<script>', "'--", '${x}', '__proto__', 'constructor', 'a', 'Z', '0', '-', '*', '>', 'x'.repeat(255), 'x'.repeat(9000)]
const hostile = fc.oneof(fc.array(fc.constantFrom(...PARTS), { maxLength: 6 }).map((parts) => parts.join('')), fc.string({ unit: 'binary', maxLength: 20 }), fc.string({ unit: 'grapheme', maxLength: 300 }))
const encoded = hostile.map((text) => encodeURIComponent(text.toWellFormed()))
const DEADLINE = 'deadlineMs=5000'

async function ask(gateway: Gateway, method: string, target: string, headers: Readonly<Record<string, string>> = {}, body = ''): Promise<Answer> {
  const found = find(target)
  if ('status' in found) return found
  return dispatch(gateway, found, { method, target, header: (name) => headers[name], body: async () => ({ kind: 'bytes', bytes: new TextEncoder().encode(body) }), signal: new AbortController().signal, isGuarded: false })
}

/** An answer that can be sent. */
function bodyOf({ status, body }: Answer): Record<string, unknown> {
  assert.ok(status >= 200 && status < 500, `${status} ${readableJson(body)}`)
  const json = JSON.parse(readableJson(body)) as Record<string, unknown>
  if (status >= 400) assert.match(String((json['error'] as { readonly code?: unknown }).code), /^[a-z]+\/[a-z-]+$/)
  return json
}

test('an id as it comes: refused, or not found', async (t: TestContext) => {
  const { gateway } = await served(t)
  await fc.assert(fc.asyncProperty(hostile, async (id) => {
    const answer = await ask(gateway, 'GET', `/v1/entities/counter/${id}`)
    bodyOf(answer)
    assert.ok([400, 404].includes(answer.status), `${answer.status}`)
  }), { seed: testSeed(), numRuns: 3000 })
})

test('an id percent-encoded as it should be is that id, or none that can be', async (t) => {
  const { gateway } = await served(t)
  await fc.assert(fc.asyncProperty(hostile, async (text) => {
    const id = text.toWellFormed()
    const answer = await ask(gateway, 'GET', `/v1/entities/counter/${encodeURIComponent(id)}?${DEADLINE}`)
    const { code, message } = bodyOf(answer)['error'] as { readonly code: string; readonly message: string }
    if (parseEntityId(id) === undefined) assert.equal(code, 'request/parameter')
    else assert.deepEqual([answer.status, code, message.startsWith(`there is no counter '${id}' (`)], [404, 'entity/not-found', true])
  }), { seed: testSeed(), numRuns: 2000 })
})

test('hostile types, queries and methods', async (t) => {
  const { gateway } = await served(t)
  await fc.assert(fc.asyncProperty(hostile, encoded, fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'TRACE'), fc.constantFrom('atLeast', 'deadlineMs', 'state', ''), async (raw, part, method, name) => {
    for (const target of [`/v1/entities/${part}/a`, `/v1/types/${part}/states`, `/v1/entities/counter/a?${name}=${part}`, `/v1/entities/counter/a/wait?state=${part}&deadlineMs=1`, `/v1/partitions?${raw}`, `/${raw}`, raw]) {
      const answer = await ask(gateway, method, target)
      // A wait of a millisecond is over before an owner that has all the time answers.
      if (answer.status !== 504 && answer.status !== 503 && answer.body !== undefined) bodyOf(answer)
    }
  }), { seed: testSeed(), numRuns: 500 })
})

test('an entity with a hostile id takes hostile events under hostile keys, once', async (t) => {
  const { gateway } = await served(t)
  const key = fc.string({ minLength: 1, maxLength: 40, unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) })
  const value = fc.jsonValue({ maxDepth: 3, noUnicodeString: false })
  await fc.assert(fc.asyncProperty(fc.constantFrom(...PARTS), hostile, key, value, fc.nat({ max: 9 }), async (a, b, name, more, by) => {
    const id = `${a}${b}`.toWellFormed()
    const path = `/v1/entities/counter/${encodeURIComponent(id)}`
    const send = (body: unknown) => ask(gateway, 'POST', `${path}/events?${DEADLINE}`, { 'content-type': 'application/json', 'idempotency-key': name }, JSON.stringify(body))
    const event = { ...(typeof more === 'object' && more !== null && !Array.isArray(more) ? more : { more }), type: 'add', by }
    const [first, second] = [await send(event), await send(event)]
    assert.deepEqual([first.status, bodyOf(first)['reply']], [second.status, bodyOf(second)['reply']])
    if (parseEntityId(id) === undefined) return assert.equal(first.status, 400)
    if (first.status !== 200) return assert.ok([409, 422].includes(first.status), readableJson(first.body))
    assert.equal(bodyOf(await ask(gateway, 'GET', `${path}?${DEADLINE}`))['id'], id)
  }), { seed: testSeed(), numRuns: 150 })
})

test('events that cannot be: too deep, reserved, of lone surrogates', async (t) => {
  const { gateway } = await served(t)
  const nested = (depth: number): string => `{"type":"add","by":1,"x":${'['.repeat(depth)}${']'.repeat(depth)}}`
  for (const [body, statuses] of [
    [nested(30), [200]], [nested(100), [422]], [nested(100_000), [422, 400]], ['{"type":"xstate.init"}', [422]], ['{"type":"\\ud800"}', [422, 200]], ['{"type":"add","by":1,"\\ud800":"\\udc00"}', [200, 422]],
    ['{"type":"add","by":1,"__proto__":{"x":1}}', [200, 422]], ['{"type":"add","by":1,"constructor":{"prototype":1}}', [200, 422]], ['{"type":"add","by":1e999}', [422, 200]],
  ] as const) {
    const answer = await ask(gateway, 'POST', `/v1/entities/counter/a/events?${DEADLINE}`, { 'content-type': 'application/json', 'idempotency-key': body.slice(0, 30).replace(/[^!-~]/g, '') + body.length }, body)
    bodyOf(answer)
    assert.ok((statuses as readonly number[]).includes(answer.status), `${body.slice(0, 60)}: ${answer.status} ${readableJson(answer.body)}`)
  }
})
