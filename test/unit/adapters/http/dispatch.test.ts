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
    ['GET', '/v1/entities/door/front/history?limit=7&before=12.3', 200, {}], ['GET', '/v1/entities/door/front/history?decided=true', 200, {}], ['GET', '/v1/entities/door/front/inspect?limit=7', 200, {}], ['GET', '/v1/entities/door/front/inspect.json?deadlineMs=9', 200, {}], ['GET', '/v1/dead-letters', 200, {}],
    ['GET', '/v1/dead-letters?type=door&class=schema&limit=200&before=doors.dlq/0:3,house.door.inbox.dlq/1:7&deadlineMs=9', 200, {}],
    ['GET', '/v1/entities/door', 200, {}], ['GET', '/v1/entities/door?state=open.ajar&where=a.b%3E%3D-1.5+and+n%3D0&limit=1000&after=%C3%A9&deadlineMs=8', 200, {}],
    ['GET', '/v1/entities/door/front/watch', 200, {}], ['GET', '/v1/entities/door/front/watch?features=true', 200, {}], ['GET', '/v1/entities/door/front?features=true', 200, {}], ['GET', '/v1/dead-letters/doors.dlq/0/3', 200, {}], ['GET', '/v1/dead-letters/nothing.dlq/0/3', 404, {}],
    ['POST', '/v1/entities/door/front/events', 200, { headers, body: '{"type":"open","by":1}' }],
  ] as const) assert.equal((await ask(gateway, method, target, sent)).status, status, target)
  assert.deepEqual(gateway.asked, [
    ['counts', 'door', { deadlineMs: 5000 }], ['partitions', { deadlineMs: 7 }],
    ['get', 'door', 'a/b \u{1f6aa}', { deadlineMs: 5000, atLeast: { epoch: 1, seq: 7 } }], ['wait', 'door', 'front', 'open.ajar', 60_000],
    ['history', 'door', 'front', { entriesMax: 7, before: { seq: 12, n: 3 }, deadlineMs: 5000 }],
    ['history', 'door', 'front', { entriesMax: 20, before: undefined, deadlineMs: 5000, isDecided: true }], ['history', 'door', 'front', { entriesMax: 201, deadlineMs: 9 }],
    ['letters', { type: undefined, class: undefined, limit: 20, before: undefined, deadlineMs: 5000 }],
    ['letters', { type: 'door', class: 'schema', limit: 200, before: new Map([['doors.dlq/0', 3], ['house.door.inbox.dlq/1', 7]]), deadlineMs: 9 }],
    ['list', 'door', { state: undefined, conditions: [], limit: 100, after: undefined, deadlineMs: 5000 }],
    ['list', 'door', { state: 'open.ajar', conditions: [{ name: 'a.b', op: '>=', value: -1.5 }, { name: 'n', op: '=', value: 0 }], limit: 1000, after: 'é', deadlineMs: 8 }],
    ['follow', 'door', 'front'], ['follow', 'door', 'front'], ['get', 'door', 'front', { deadlineMs: 5000 }],
    ['letter', 'doors.dlq', 0, 3], ['letter', 'nothing.dlq', 0, 3],
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
    ...['limit=0', 'limit=201', 'limit=x', 'before=1', 'before=1.2.3', 'before=-1.0', 'decided=1'].map((query) => ['GET', `${entity}/history?${query}`, 400, 'request/parameter'] as const),
    ...['limit=0', 'limit=1001', 'after=', 'state=', 'where=', `where=${'a'.repeat(2001)}`].map((query) => ['GET', `/v1/entities/door?${query}`, 400, 'request/parameter'] as const),
    ...['a', 'a%3E', 'a%3D1+or+b%3D2', 'a%3D%3D1', '1%3Ea', 'a%3D1%20and', 'a%3D1e999', 'a%3D01', 'a%3D0x1', 'a%20b%3D1', "a%3D'1'"].map((where) => ['GET', `/v1/entities/door?where=${where}`, 422, 'where/syntax'] as const),
    ['GET', '/v1/entities/door/front?features=yes', 400, 'request/parameter'], ['GET', '/v1/entities/window', 404, 'type/not-found'], ['GET', '/v1/entities/window/front/watch', 404, 'type/not-found'],
    ['GET', '/v1/entities/window/front/history', 404, 'type/not-found'], ['GET', '/v1/entities/window/front/inspect', 404, 'type/not-found'], ['GET', '/v1/entities/window/front/inspect.json', 404, 'type/not-found'], ['GET', '/v1/entities/door/front/inspect?limit=0', 400, 'request/parameter'], ['GET', '/v1/dead-letters?type=window', 404, 'type/not-found'],
    ...['class=none', 'type=', 'before=a/b:1', 'before=a/1:1,', 'before=a%20b/1:1'].map((query) => ['GET', `/v1/dead-letters?${query}`, 400, 'request/parameter'] as const),
    ...['a%20b/0/0', 'a.dlq/x/0', 'a.dlq/0/-1', 'a.dlq/0/1e3', 'a.dlq/0/9999999999999999'].map((place) => ['GET', `/v1/dead-letters/${place}`, 400, 'request/parameter'] as const),
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

test('a step of a history pairs what was asked with what came back; a letter is shown whole at its own place', async () => {
  const { body } = await ask(stubGateway(), 'GET', '/v1/entities/door/front/history')
  assert.deepEqual(body, {
    type: 'door', id: 'front', at: { partition: 0, life: '00000000-0000-4000-8000-000000000000', epoch: 1, seq: 7 }, next: '7.2', older: 'more', inputs: { ab: ['x', 'y'] },
    events: [{
      seq: 7, n: 2, timeMs: 5, nowMs: 6, cause: 'doors-0-4', event: { type: 'open' }, from: 'shut', to: 'open', context: { opened: 1 }, outputs: [{ kind: 'emit', event: { type: 'opened' } }],
      decisions: [{ model: 'm', version: 4, hash: 'ab', vector: [1, 2], score: 0.5 }], lookups: [{ table: 't', key: 'k', row: { a: 1 } }],
    }],
  })
  const [listed, whole] = await Promise.all(['', '/doors.dlq/0/3'].map(async (place) => (await ask(stubGateway(), 'GET', `/v1/dead-letters${place}`)).body as Record<string, unknown>))
  assert.deepEqual(listed?.['next'], 'doors.dlq/0:3,house.door.inbox.dlq/1:7')
  const [letter] = listed?.['letters'] as readonly Record<string, unknown>[]
  assert.deepEqual([letter?.['dlq'], letter?.['key'], letter?.['stack'], letter?.['value']], [{ topic: 'doors.dlq', partition: 0, offset: 3 }, { text: 'front' }, undefined, undefined])
  assert.deepEqual([whole?.['stack'], whole?.['value']], ['at step', { hex: 'ff00' }])
})

test('the events of the Stately Inspector: as recorded in one list, as they come in a stream, with the statechart of who draws them', async () => {
  const { body } = await ask(stubGateway(), 'GET', '/v1/entities/door/front/inspect.json')
  const [actor, ...more] = body as readonly Record<string, unknown>[]
  assert.deepEqual([actor?.['type'], actor?.['snapshot'], actor?.['definition'], more], ['@xstate.actor', { status: 'active', value: 'open', context: { opened: 1 } }, undefined, []])
  const { events } = await ask(stubGateway(), 'GET', '/v1/entities/door/front/inspect')
  const told = await Array.fromAsync(events ?? [])
  assert.deepEqual(told.map(({ event, data }) => [event, (data as Record<string, unknown>)['type']]), [['inspect', '@xstate.actor'], ['inspect', '@xstate.event'], ['inspect', '@xstate.snapshot'], ['moving', 'door']])
})

test('a list for the Stately Inspector is empty only where it is told that there was nothing', async () => {
  const stub = stubGateway()
  const page = { type: 'door', id: 'front', at: { partition: 0, life: 'l', epoch: 1, seq: 7 }, entries: [], inputs: new Map() }
  for (const [older, reason, status, said] of [['none', '', 200, []], ['gone', 'it is gone', 503, 'it is gone'], ['unread', 'it was late', 503, 'it was late']] as const) {
    const { status: is, body } = await ask({ ...stub, history: async () => ({ kind: 'history', page: { ...page, older, reason } }) }, 'GET', '/v1/entities/door/front/inspect.json')
    const { error } = body as { readonly error?: { readonly message: string } }
    assert.deepEqual([is, error === undefined ? body : error.message.split('.')[0]], [status, said])
  }
})

test('a place may name its partition and life; what stands against it is told with its code', async () => {
  const gateway = stubGateway()
  const life = '00000000-0000-4000-8000-000000000000'
  assert.equal((await ask(gateway, 'GET', `/v1/entities/door/front?atLeast=0.${life}.1.7`)).status, 200)
  assert.equal((await ask(gateway, 'GET', `/v1/entities/door/front/wait?state=open&atLeast=1.7`)).status, 200)
  assert.deepEqual(gateway.asked[0], ['get', 'door', 'front', { deadlineMs: 5000, atLeast: { partition: 0, life, epoch: 1, seq: 7 } }])
  const misplaced = async () => ({ kind: 'misplaced', what: 'life', reason: 'it is over' } as const)
  for (const path of ['?atLeast=1.7', '/wait?state=open&atLeast=1.7']) {
    const answer = await ask({ ...gateway, get: misplaced, wait: misplaced }, 'GET', `/v1/entities/door/front${path}`)
    assert.deepEqual([answer.status, codeOf(answer)], [409, 'place/other-life'])
  }
})

test('what is permanent of an event is 422, what may pass is 503 and says when to come again', async () => {
  const at = { partition: 0, life: 'l', epoch: 1, seq: 2 }
  const sent = { headers: { 'content-type': 'application/json', 'idempotency-key': 'k1' }, body: '{"type":"open"}' }
  for (const [result, status, code] of [
    [{ kind: 'rejected', reason: 'too large' }, 422, 'command/rejected'], [{ kind: 'other-event', at }, 422, 'command/other-event'], [{ kind: 'unfit', reason: 'no event' }, 422, 'event/unfit'],
    [{ kind: 'not-taken', isCertain: true, reason: 'busy' }, 503, 'command/not-taken'], [{ kind: 'unread', isTaken: true, reason: 'its journal is damaged' }, 503, 'command/unread'],
  ] as const) {
    const answer = await ask({ ...stubGateway(), command: async () => result }, 'POST', '/v1/entities/door/front/events', sent)
    assert.deepEqual([answer.status, codeOf(answer), answer.headers?.['retry-after']], [status, code, status === 503 ? '1' : undefined])
  }
})

test('what an owner says is told up to a bound', async () => {
  const reason = 'x'.repeat(1 << 20)
  const answer = await ask({ ...stubGateway(), command: async () => ({ kind: 'not-taken', isCertain: true, reason }) }, 'POST', '/v1/entities/door/front/events', { headers: { 'content-type': 'application/json', 'idempotency-key': 'k1' }, body: '{"type":"open"}' })
  assert.ok(JSON.stringify(answer.body).length < 5000)
})

test('OPTIONS says what can be done, and so does a wrong method', async () => {
  const gateway = stubGateway()
  for (const [target, allow] of [['/v1/types', 'GET, HEAD, OPTIONS'], ['/v1/entities/door/front/events', 'POST, OPTIONS']] as const) {
    assert.deepEqual(await ask(gateway, 'OPTIONS', target), { status: 204, headers: { allow } })
    assert.equal((await ask(gateway, 'PUT', target)).headers?.['allow'], allow)
  }
})
