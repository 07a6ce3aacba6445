import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../../../adapters/http/answer.ts'
import { dispatch, find } from '../../../../adapters/http/dispatch.ts'
import type { Gateway } from '../../../../system/gateway/gateway.ts'
import { stubGateway } from './stub-gateway.ts'

interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

async function ask(gateway: Gateway, method: string, target: string, { headers = {}, body = '' }: Sent = {}): Promise<Answer> {
  const found = find(target)
  if ('status' in found) return found
  return dispatch(gateway, found, { method, target, header: (name) => headers[name], body: async () => ({ kind: 'bytes', bytes: new TextEncoder().encode(body) }), signal: new AbortController().signal, isGuarded: false })
}

const codeOf = ({ body }: Answer): unknown => (body as { readonly error?: { readonly code: string } } | undefined)?.error?.code

test('each route reaches the gateway with what it was asked', async () => {
  const gateway = stubGateway()
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'k1' }
  for (const [method, target, status, sent] of [
    ['GET', '/healthz', 200, {}], ['GET', '/v1/types', 200, {}], ['GET', '/openapi.json', 200, {}],
    ['GET', '/v1/types/door/states', 200, {}], ['HEAD', '/v1/partitions?deadlineMs=7', 200, {}],
    ['GET', '/v1/entities/door/a%2Fb%20%F0%9F%9A%AA?atLeast=1.7', 200, {}], ['GET', '/v1/entities/door/front/wait?state=open.ajar&deadlineMs=60000', 200, {}],
    ['POST', '/v1/entities/door/front/events', 200, { headers, body: '{"type":"open","by":1}' }],
  ] as const) assert.equal((await ask(gateway, method, target, sent)).status, status, target)
  assert.deepEqual(gateway.asked, [
    ['counts', 'door', { deadlineMs: 5000 }], ['partitions', { deadlineMs: 7 }],
    ['get', 'door', 'a/b \u{1f6aa}', { deadlineMs: 5000, atLeast: { epoch: 1, seq: 7 } }], ['wait', 'door', 'front', 'open.ajar', 60_000],
    ['command', 'door', 'front', { type: 'open', by: 1 }, 'k1', { deadlineMs: 5000 }],
  ])
})

test('D1, D2: what does not fit the table is refused with its reason, and reaches nobody', async () => {
  const gateway = stubGateway()
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'k1' }
  const entity = '/v1/entities/door/front'
  const refusals: readonly (readonly [string, string, number, string, Sent?])[] = [
    ['GET', 'v1/types', 400, 'request/target'], ['GET', 'http://other.example/v1/types', 400, 'request/target'], ['GET', '/v1/types#x', 400, 'request/target'],
    ['GET', '/', 404, 'route/not-found'], ['GET', '/v1/types/', 404, 'route/not-found'], ['GET', '//v1/types', 404, 'route/not-found'], ['GET', '/v1/../v1/types', 404, 'route/not-found'],
    ['GET', '/v1/entities/door/%ff', 400, 'request/encoding'], ['GET', '/v1/entities/door/%', 400, 'request/encoding'], ['GET', '/v1/entities/door/%ed%a0%80', 400, 'request/encoding'],
    ['GET', '/v1/entities/door/', 400, 'request/parameter'], ['GET', `/v1/entities/door/${'a'.repeat(257)}`, 400, 'request/parameter'], ['GET', `/v1/entities/door/${'%C3%A9'.repeat(129)}`, 400, 'request/parameter'],
    ['GET', '/v1/entities/Door/front', 400, 'request/parameter'], ['GET', '/v1/entities/window/front', 404, 'type/not-found'], ['GET', '/v1/entities/__proto__/front', 400, 'request/parameter'], ['GET', '/v1/entities/constructor/front', 404, 'type/not-found'],
    ...['0', '-1', '1.5', '60001', '1e3', '', ' 1', '0x10'].map((text) => ['GET', `${entity}?deadlineMs=${text}`, 400, 'request/parameter'] as const),
    ...['1', '1.', '.1', '1.2.3', '-1.2', '1.99999999999999999', 'a.b'].map((text) => ['GET', `${entity}?atLeast=${text}`, 400, 'request/parameter'] as const),
    ['GET', `${entity}?atleast=1.2`, 400, 'request/parameter'], ['GET', `${entity}?deadlineMs=1&deadlineMs=2`, 400, 'request/query'], ['GET', `${entity}?atLeast=%zz`, 400, 'request/query'], ['GET', '/v1/types?x', 400, 'request/parameter'],
    ['GET', `${entity}/wait`, 400, 'request/parameter'], ['GET', `${entity}/wait?state=`, 400, 'request/parameter'],
    ['POST', entity, 405, 'route/method'], ['GET', `${entity}/events`, 405, 'route/method'], ['DELETE', '/v1/types', 405, 'route/method'], ['get', '/v1/types', 405, 'route/method'],
    ['POST', `${entity}/events`, 400, 'request/parameter', { headers: { 'content-type': 'application/json' }, body: '{"type":"open"}' }],
    ['POST', `${entity}/events`, 400, 'request/parameter', { headers: { ...headers, 'idempotency-key': 'a b' }, body: '{"type":"open"}' }],
    ['POST', `${entity}/events`, 415, 'request/type', { headers: { ...headers, 'content-type': 'text/plain' }, body: '{"type":"open"}' }],
    ['POST', `${entity}/events`, 415, 'request/encoding', { headers: { ...headers, 'content-encoding': 'gzip' }, body: '{"type":"open"}' }],
    ...['', '{', '\u0000', '{"type":"open"}x'].map((body) => ['POST', `${entity}/events`, 400, 'request/json', { headers, body }] as const),
    ...['null', '[]', '"open"', '7', '{}', '{"type":7}', '{"type":""}', '{"Type":"open"}'].map((body) => ['POST', `${entity}/events`, 400, 'event/type', { headers, body }] as const),
  ]
  for (const [method, target, status, code, sent] of refusals) {
    const answer = await ask(gateway, method, target, sent)
    assert.deepEqual([answer.status, codeOf(answer)], [status, code], `${method} ${target} ${JSON.stringify(sent ?? {})}`)
  }
  assert.deepEqual(gateway.asked, [])
})

test('OPTIONS says what can be done, and so does a wrong method', async () => {
  const gateway = stubGateway()
  for (const [target, allow] of [['/v1/types', 'GET, HEAD, OPTIONS'], ['/v1/entities/door/front/events', 'POST, OPTIONS']] as const) {
    assert.deepEqual(await ask(gateway, 'OPTIONS', target), { status: 204, headers: { allow } })
    assert.equal((await ask(gateway, 'PUT', target)).headers?.['allow'], allow)
  }
})
