// The HTTP server on a socket: who may ask, what is too much, what is too slow, how it ends.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { elkLayout } from '../../adapters/elk/layout.ts'
import type { HttpOptions } from '../../adapters/http/options.ts'
import { LIFE_CHART } from '../../adapters/http/routes-chart.ts'
import type { Route } from '../../adapters/http/route.ts'
import { ROUTES } from '../../adapters/http/routes.ts'
import type { Scenario } from '../../adapters/http/scenario.ts'
import { openHttp } from '../../adapters/http/server.ts'
import { Charts } from '../../system/chart/charts.ts'
import type { Gateway } from '../../system/gateway/gateway.ts'
import { lifeOutline } from '../../system/partition/life.ts'
import { ask, converse, postEvent } from '../support/http.ts'
import { stubGateway } from '../unit/adapters/http/stub-gateway.ts'

const TOKEN = 'a-token-of-some-length'
const OPEN = { listen: '0', onError: () => {} }

/** With the address at which this machine reaches it. */
async function opened(t: TestContext, options: HttpOptions = OPEN, gateway: Gateway = stubGateway()): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = await openHttp(gateway, options)
  t.after(() => server.close())
  return { url: server.url.replace('0.0.0.0', '127.0.0.1'), close: () => server.close() }
}

/** What stands in for a parameter; others are left out where they may be. */
const SAMPLES: Readonly<Record<string, string>> = { type: 'door', id: 'front', state: 'open', topic: 'house.door.inbox.dlq', partition: '0', offset: '0' }
const sample = (name: string): string => SAMPLES[name] ?? assert.fail(`a route has a parameter '${name}' that this test knows no value for`)

function pathOf({ path, parameters }: Pick<Route, 'path' | 'parameters'>): string {
  const query = Object.values(parameters).filter((one) => one.in === 'query' && one.isRequired).map(({ name }) => `${name}=${sample(name)}`)
  return `${path.replace(/\{(\w+)\}/g, (_, name: string) => sample(name))}${query.length === 0 ? '' : `?${query.join('&')}`}`
}
const EVENT = { headers: { 'content-type': 'application/json', 'idempotency-key': 'k' }, body: '{"type":"open"}' }
const BODIES: Readonly<Record<string, string>> = { Event: EVENT.body, ScenarioChange: '{"paused":true}' }
const bodyOf = ({ body = '' }: Pick<Route, 'body'>): string => BODIES[body] ?? assert.fail(`a route takes a body '${body}' that this test knows none of`)

test('bound to all addresses every route but the open one needs the right token, whatever the method', async (t) => {
  const gateway = stubGateway()
  const charts = new Charts(new Map([['door', lifeOutline], [LIFE_CHART, lifeOutline]]), elkLayout)
  let looks = 0
  const scenario: Scenario = { look: async () => ({ name: 'doors', about: '', state: 'feeding', sent: (looks += 1), rate: null, lag: 0 }), change: () => (looks += 1) }
  const { url } = await opened(t, { ...OPEN, listen: '0.0.0.0:0', token: TOKEN, charts, scenario }, gateway)
  let count = 0
  for (const route of ROUTES) {
    const { method, path, isOpen } = route
    const methods = ROUTES.filter((one) => one.path === path).flatMap((one) => (one.method === 'GET' ? ['GET', 'HEAD'] : [one.method]))
    for (const [authorization, isRight] of [[undefined, false], ['Bearer a-token-of-another-length', false], [TOKEN, false], [`Bearer ${TOKEN}`, true]] as const) {
      for (const asked of method === 'GET' ? ['GET', 'HEAD', 'OPTIONS', 'DELETE'] : ['POST', 'OPTIONS', 'GET']) {
        const before = gateway.asked.length + looks
        const { status, headers } = await ask(url, pathOf(route), { method: asked, headers: { ...(asked === 'POST' ? EVENT.headers : {}), ...(authorization === undefined ? {} : { authorization }) }, ...(asked === 'POST' ? { body: bodyOf(route) } : {}) })
        const isWelcome = isRight || isOpen === true
        const right = asked === 'OPTIONS' ? 204 : methods.includes(asked) ? 200 : 405
        assert.equal(status, isWelcome ? right : 401, `${asked} ${path} with ${authorization ?? 'none'}`)
        if (!isWelcome) assert.deepEqual([headers['www-authenticate'], gateway.asked.length + looks], ['Bearer realm="statelog"', before])
        count += 1
      }
    }
  }
  assert.equal((await ask(url, '/nothing')).status, 401, 'what there is, is not told either')
  t.diagnostic(`${count} requests`)
})

test('another Host and another origin are refused before anything else', async (t) => {
  const { url } = await opened(t, { ...OPEN, names: ['door.example'] })
  assert.equal((await ask(url, '/v1/types', { headers: { host: 'door.example' } })).status, 200)
  for (const headers of [{ host: 'evil.example' }, { host: 'evil.example:80' }, { origin: 'http://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }] as Record<string, string>[]) {
    for (const route of ROUTES) {
      const { method, path } = route
      const { status, code } = await ask(url, pathOf(route), { method, headers: { ...EVENT.headers, ...headers }, ...(method === 'POST' ? { body: EVENT.body } : {}) })
      assert.deepEqual([status, /^(host|origin)\//.test(code)], [403, true], `${method} ${path} ${JSON.stringify(headers)}`)
    }
  }
  assert.match(await converse(url, 'GET /v1/types HTTP/1.1\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 403 [^]*host\/unknown/)
  const preflight = await ask(url, '/v1/entities/door/front/events', { method: 'OPTIONS', headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' } })
  assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin']], [403, undefined])
})

test('HEAD is GET without its body', async (t) => {
  const { url } = await opened(t)
  const [got, head] = [await ask(url, '/v1/types'), await ask(url, '/v1/types', { method: 'HEAD' })]
  assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', got.headers['content-length']])
})

test('a body over the limit is refused, announced or not', async (t) => {
  const gateway = stubGateway()
  const { url } = await opened(t, { ...OPEN, limits: { bodyBytesMax: 1000 } }, gateway)
  const fitting = (length: number): string => `{"type":"${'x'.repeat(length - 11)}"}`
  assert.equal((await ask(url, '/v1/entities/door/front/events', { method: 'POST', ...EVENT, body: fitting(1000) })).status, 200)
  const { status, code, headers } = await ask(url, '/v1/entities/door/front/events', { method: 'POST', ...EVENT, body: fitting(1001) })
  assert.deepEqual([status, code, headers['connection']], [413, 'request/size', 'close'])
  const chunked = `POST /v1/entities/door/front/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nTransfer-Encoding: chunked\r\n\r\n${`200\r\n${'x'.repeat(512)}\r\n`.repeat(4)}0\r\n\r\n`
  assert.match(await converse(url, chunked), /^HTTP\/1\.1 413 /)
  assert.equal(gateway.asked.length, 1)
})

test('who sends slowly, or too many headers, or no HTTP at all, is answered and closed', async (t) => {
  const { url } = await opened(t, { ...OPEN, limits: { headersMsMax: 200, requestMsMax: 300, headerBytesMax: 4096 } })
  assert.match(await converse(url, 'GET /v1/types HTTP/1.1\r\nHost: localhost\r\nX-Slow: '), /^HTTP\/1\.1 408 [^]*request\/timeout/)
  assert.match(await converse(url, `POST /v1/entities/door/front/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nContent-Length: 20\r\n\r\n{"type":`), /^HTTP\/1\.1 408 [^]*request\/timeout/)
  assert.match(await converse(url, `GET /v1/types HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(5000)}\r\n\r\n`), /^HTTP\/1\.1 431 [^]*request\/headers/)
  assert.match(await converse(url, 'HELLO\r\n\r\n'), /^HTTP\/1\.1 400 [^]*request\/malformed/)
  assert.match(await converse(url, 'GET http://localhost/v1/types HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 400 [^]*request\/target/)
  assert.equal((await ask(url, '/v1/types')).status, 200, 'others are answered meanwhile')
})

test('more than the rate is told when to come again', async (t) => {
  const { url } = await opened(t, { ...OPEN, limits: { requestsPerSecondMax: 3 } })
  const answers = []
  for (let n = 0; n < 30; n += 1) answers.push(await ask(url, '/healthz'))
  const refused = answers.filter(({ status }) => status === 429)
  assert.ok(refused.length > 0 && refused.every(({ code, headers }) => code === 'rate/limit' && Number(headers['retry-after']) >= 1))
  assert.ok(answers.slice(0, 3).every(({ status }) => status === 200))
})

test('more under way than the bound is refused, and a caller that goes ends its wait', async (t) => {
  const ended = Promise.withResolvers<void>()
  const gateway: Gateway = { ...stubGateway(), wait: (_type, _id, _state, { signal }) => new Promise((_, reject) => signal?.addEventListener('abort', () => {
    ended.resolve()
    reject(new TypeError('gone'))
  })) }
  const { url } = await opened(t, { ...OPEN, limits: { inFlightMax: 1 } }, gateway)
  const leaving = new AbortController()
  const waiting = fetch(`${url}/v1/entities/door/front/wait?state=open`, { signal: leaving.signal }).catch(() => 'gone')
  for (;;) {
    const { status, code } = await ask(url, '/v1/types')
    if (status === 200) continue
    assert.deepEqual([status, code], [503, 'server/busy'])
    break
  }
  leaving.abort()
  assert.equal(await waiting, 'gone')
  await ended.promise
})

test('one caller cannot take all connections, and what it gives back it may take again', async (t) => {
  const { url } = await opened(t, { ...OPEN, limits: { connectionsOfOneMax: 2 } })
  const { hostname, port } = new URL(url)
  const held = [1, 2].map(() => connect(Number(port), hostname))
  t.after(() => held.forEach((socket) => socket.destroy()))
  await Promise.all(held.map((socket) => once(socket, 'connect')))
  await assert.rejects(ask(url, '/healthz'))
  held[0]?.destroy()
  for (;;) {
    const answered = await ask(url, '/healthz').catch(() => undefined)
    if (answered === undefined) continue
    assert.equal(answered.status, 200)
    break
  }
  held[1]?.destroy()
})

test('an open route is answered while nothing else is', async (t) => {
  const gateway: Gateway = { ...stubGateway(), get: (_type, _id, { signal }) => new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new TypeError('gone')))) }
  const { url } = await opened(t, { ...OPEN, limits: { inFlightMax: 1 } }, gateway)
  const leaving = new AbortController()
  const asking = fetch(`${url}/v1/entities/door/front`, { signal: leaving.signal }).catch(() => 'gone')
  while ((await ask(url, '/v1/types')).status !== 503);
  assert.equal((await ask(url, '/healthz')).status, 200)
  leaving.abort()
  await asking
  while ((await ask(url, '/v1/types')).status !== 200);
})

test('S2: answers that their callers do not take are bounded, and so are requests ahead of them', async (t) => {
  const stub = stubGateway()
  const gateway: Gateway = { ...stub, get: async (type, id, options) => {
    const result = await stub.get(type, id, options)
    return result.kind === 'entity' && result.answer.entity !== undefined ? { ...result, answer: { ...result.answer, entity: { ...result.answer.entity, context: { large: 'x'.repeat(8 << 20) } } } } : result
  } }
  const { url } = await opened(t, { ...OPEN, limits: { unsentBytesMax: 16 << 20, pipelinedMax: 4 } }, gateway)
  const { hostname, port } = new URL(url)
  const deaf = connect(Number(port), hostname)
  t.after(() => deaf.destroy())
  deaf.pause()
  deaf.on('error', () => {})
  for (let sent = 0; sent < 4; sent += 1) deaf.write('GET /v1/entities/door/front HTTP/1.1\r\nHost: localhost\r\n\r\n')
  let busy = await ask(url, '/v1/types')
  while (busy.status === 200) busy = await ask(url, '/v1/types')
  assert.deepEqual([busy.status, busy.code, /answers wait/.test(busy.text), (await ask(url, '/healthz')).status], [503, 'server/busy', true, 200])
  deaf.destroy()
  while ((await ask(url, '/v1/types')).status !== 200);
  // So many at once that not all can be answered before the next is there.
  assert.equal((await converse(url, 'GET /v1/types HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200))).split('HTTP/1.1 200').length - 1 < 200, true)
})

test('S2: answers that are made at one moment are bounded too, and nobody is told of a command that it was not taken', async (t) => {
  const [count, asked] = [8, Promise.withResolvers<void>()]
  const stub = stubGateway()
  let waiting = 0
  const together = (): Promise<void> => {
    if ((waiting += 1) === count) asked.resolve()
    return asked.promise
  }
  const large = 'x'.repeat(2 << 20)
  const gateway: Gateway = {
    ...stub,
    get: async (type, id, options) => {
      await together()
      const result = await stub.get(type, id, options)
      return result.kind === 'entity' && result.answer.entity !== undefined ? { ...result, answer: { ...result.answer, entity: { ...result.answer.entity, context: { large } } } } : result
    },
    command: async (...args) => {
      await together()
      const result = await stub.command(...args)
      return result.kind === 'reply' ? { ...result, value: large } : result
    },
  }
  const { url } = await opened(t, { ...OPEN, limits: { unsentBytesMax: 4 << 20 } }, gateway)
  const answers = await Promise.all(Array.from({ length: count }, (_, nth) => (nth % 2 === 0 ? ask(url, '/v1/entities/door/front') : postEvent(url, 'door', 'front', { type: 'open' }, `k${nth}`))))
  const refused = answers.filter(({ status }) => status === 503)
  assert.deepEqual([answers.filter(({ status }) => status === 200).length, refused.length], [2, count - 2])
  assert.ok(refused.every(({ code, text }) => code === 'server/busy' && /same Idempotency-Key/.test(text)))
})

test('what fails inside tells its caller nothing, and its reason to the log', async (t) => {
  const told: string[] = []
  const gateway: Gateway = { ...stubGateway(), counts: async () => { throw new RangeError('a secret of the inside') } }
  const { url } = await opened(t, { ...OPEN, onError: (message) => told.push(message) }, gateway)
  const { status, code, text } = await ask(url, '/v1/types/door/states')
  assert.deepEqual([status, code, /secret/.test(text), told.length, /a secret of the inside/.test(told[0] ?? '')], [500, 'internal', false, 1, true])
})

test('S4: closing ends waits early and lets their answers be sent', async (t) => {
  const reached = Promise.withResolvers<void>()
  const stub = stubGateway()
  const gateway: Gateway = { ...stub, wait: async (type, id, state, options) => {
    reached.resolve()
    await new Promise<void>((resolve) => options.signal?.addEventListener('abort', () => resolve()))
    return stub.wait(type, id, state, options)
  } }
  const { url, close } = await opened(t, OPEN, gateway)
  const waiting = ask(url, '/v1/entities/door/front/wait?state=open')
  await reached.promise
  const closing = close()
  const { status, headers } = await waiting
  assert.deepEqual([status, headers['connection']], [200, 'close'])
  await closing
  await assert.rejects(ask(url, '/healthz'), { code: 'ECONNREFUSED' })
})

test('S4: closing ends every question early, and says why', async (t) => {
  const reached = Promise.withResolvers<void>()
  const gateway: Gateway = { ...stubGateway(), get: async (type, _id, { signal }) => {
    reached.resolve()
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
    return { kind: 'unavailable', type, partition: 0, state: 'live', reason: 'whoever asked does not wait' }
  } }
  const { url, close } = await opened(t, OPEN, gateway)
  const asking = ask(url, '/v1/entities/door/front?deadlineMs=60000')
  await reached.promise
  const closing = close()
  const { status, code } = await asking
  assert.deepEqual([status, code], [503, 'server/stopping'])
  await closing
})

test('a port that is taken is refused with its cure', async (t) => {
  const { url } = await opened(t)
  await assert.rejects(openHttp(stubGateway(), { ...OPEN, listen: new URL(url).host }), { code: 'http/listen', message: /EADDRINUSE.*another port/ })
})

test('an event reaches the gateway as it was sent', async (t) => {
  const gateway = stubGateway()
  const { url } = await opened(t, OPEN, gateway)
  const event = { type: 'open', by: 'é\u{1f6aa}', n: -1.5e300, deep: [[{}]], __proto__x: null }
  assert.equal((await postEvent(url, 'door', 'a/b', event, 'k')).status, 200)
  assert.deepEqual(gateway.asked, [['command', 'door', 'a/b', event, 'k', { deadlineMs: 30_000 }]])
})
