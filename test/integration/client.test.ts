// The typed client against a server over HTTP, with a system behind it.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { client } from 'statelog/client'
import { overHttp } from '../../adapters/client/over-http.ts'
import { openHttp } from '../../adapters/http/server.ts'
import { Charts } from '../../system/chart/charts.ts'
import { OperationError } from '../../system/protocol/failures.ts'
import counters from '../support/counter/counter.system.ts'
import { served } from '../support/gateway.ts'

const counter = counters.actors[0]?.machine ?? assert.fail('there is no counter')
const TOKEN = 'a-token-of-some-length'

async function opened(t: TestContext): Promise<string> {
  const { gateway } = await served(t)
  const charts = new Charts(new Map([['counter', () => counter.outline()]]), { place: () => Promise.reject(new OperationError('chart/layout', 'nothing is drawn here')) })
  const server = await openHttp(gateway, { listen: '0', token: TOKEN, charts, onError: (message) => assert.fail(message) })
  t.after(() => server.close())
  return server.url
}

test('an entity is sent events, looked at and waited for; what was sent is read', async (t) => {
  const url = await opened(t)
  const c = client(counters, { url, token: TOKEN })
  for (const id of ['a', 'ä/b ?#%2F', '\u{1f4b3}', '__proto__', 'x'.repeat(256)]) {
    const one = c.counter(id)
    assert.equal(await one.get(), undefined, id)
    const waiting = one.wait('ended')
    const sent = await one.send({ type: 'add', by: 2 }, { key: 'k' })
    assert.deepEqual([sent.kind, sent.kind === 'reply' && sent.value], ['reply', 2])
    assert.deepEqual([(await one.get())?.context, (await one.get())?.id], [{ n: 2 }, id])
    const again = await one.send({ type: 'add', by: 2 }, { key: 'k' })
    assert.deepEqual(again.kind === 'reply' && again.value, 2)
    await assert.rejects(one.send({ type: 'add', by: 3 }, { key: 'k' }), { code: 'command/other-event', status: 422 })
    const refused = await one.send({ type: 'add', by: 'what' as never })
    assert.ok(refused.kind === 'refused' && refused.class === 'action')
    assert.equal((await one.wait('ended', { withinMs: 40 })).kind, 'not-reached')
    await one.send({ type: 'end' })
    const reached = await waiting
    assert.ok(reached.kind === 'reached' && reached.entity.value === 'ended')
  }
  assert.deepEqual((await c.counter.counts()).states, { ended: 5 })
})

test('what cannot be asked is refused here or there, with its code', async (t) => {
  const url = await opened(t)
  await assert.rejects(client(counters, { url }).counter('a').get(), { code: 'token/required', status: 401 })
  const c = client(counters, { url: `${url}/`, token: TOKEN })
  for (const id of ['.', '..', '\ud800']) await assert.rejects(c.counter(id).get(), { code: 'client/id' })
  await assert.rejects(c.counter('').get(), { status: 400 })
  await assert.rejects(c.counter('x'.repeat(257)).get(), { code: 'request/parameter', status: 400 })
  await assert.rejects(client(counters, { url: 'http://127.0.0.1:1' }).counter('a').get({ withinMs: 50 }), { code: 'client/unreached', message: /ECONNREFUSED|does not answer/ })
})

test('a stream is read as it comes, and left when nobody listens', async (t) => {
  const entity = (seq: number) => `event: entity\ndata: ${JSON.stringify({ partition: 0, life: 'l', epoch: 1, seq, found: true, id: 'a', configuration: `s${seq}` })}\n\n`
  const left = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    assert.deepEqual([request.url, request.headers.authorization], ['/below/v1/entities/counter/a/watch', `Bearer ${TOKEN}`])
    response.on('close', () => left.resolve())
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`: alive\n\n${entity(1)}`)
    setImmediate(() => response.write(entity(2)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const c = client(counters, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/below`, token: TOKEN })
  const seen: unknown[] = []
  for await (const one of c.counter('a').watch()) {
    seen.push(one?.configuration)
    if (seen.length === 2) break
  }
  assert.deepEqual(seen, ['s1', 's2'])
  await left.promise
})

test('histories, lists and followers come from the system as it runs', async (t) => {
  const c = client(counters, { url: await opened(t), token: TOKEN })
  const one = c.counter('ä/b')
  const configurations: unknown[] = []
  for await (const now of one.watch()) {
    configurations.push(now?.configuration)
    if (now === undefined) await one.send({ type: 'add', by: 2 })
    if (now?.configuration === 'counting') await one.send({ type: 'end' })
    if (now?.configuration === 'ended') break
  }
  assert.deepEqual(configurations, [undefined, 'counting', 'ended'])
  const newest = await one.history({ limit: 1 })
  assert.deepEqual([newest.events.map(({ event, from, to }) => [event.type, from, to]), newest.older], [[['end', 'counting', 'ended']], 'more'])
  const older = await one.history({ ...(newest.next === undefined ? {} : { before: newest.next }) })
  assert.deepEqual([older.events.map(({ event, context }) => [event.type, context?.n]), older.older, older.next], [[['add', 2]], 'none', undefined])
  const listed = () => c.counter.list({ state: 'ended', where: 'n>=2' })
  let page = await listed()
  for (; page.index.lag !== 0; page = await listed()) await new Promise((resolve) => setTimeout(resolve, 100))
  assert.deepEqual(page.entities.map(({ id, configuration }) => [id, configuration]), [['ä/b', 'ended']])
  assert.deepEqual((await one.history({ decided: true })).events, [], 'no model decides here')
  assert.deepEqual((await c.$types()).map(({ type, partitions }) => [type, partitions]), [['counter', 2]])
  assert.deepEqual((await c.$partitions()).map(({ type, partition, state }) => [type, partition, state]), [0, 1].map((partition) => ['counter', partition, 'live']))
  const { outline, drawing, reason } = await c.counter.chart()
  assert.deepEqual([outline.states.map(({ key }) => key).slice(1), drawing, reason], [['counting', 'ended'], null, 'nothing is drawn here'])
  await c.counter('c').send({ type: 'add', by: 'what' as never })
  const { letters: [letter] } = await c.counter.deadLetters({ class: 'action', limit: 1 })
  assert.deepEqual([letter?.entity, letter?.class, (await c.counter.deadLetters({ class: 'key' })).letters], ['c', 'action', []])
  const place = letter?.dlq ?? assert.fail('no dead letter')
  const whole = await c.counter.deadLetter(place)
  assert.deepEqual([whole?.message, await c.counter.deadLetter({ ...place, offset: 1000 })], [letter?.message, undefined])
})

test('an entity is told in events of the Stately Inspector, each once, also over a stream that breaks off', async (t) => {
  const url = await opened(t)
  let streams = 0
  // The first stream is cut behind what is told at once.
  const cutting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    if (!String(input).includes('/inspect') || (streams += 1) > 1) return response
    const reader = response.body?.getReader()
    const { value } = await reader?.read() ?? {}
    await reader?.cancel()
    return new Response(value, response)
  }
  const one = client(counters, { transport: overHttp({ url, token: TOKEN }, cutting) }).counter('a')
  for (const by of [1, 2]) await one.send({ type: 'add', by })
  const told: string[] = []
  for await (const event of one.inspect({ limit: 10 })) {
    if (event.type === '@xstate.actor') told.push(`actor ${JSON.parse(event.definition ?? '{}').initial}`)
    else if (event.type === '@xstate.event') told.push(event.event.type)
    else told.push(JSON.stringify(event.snapshot.context))
    if (told.length === 3) void one.send({ type: 'add', by: 3 }).then(() => one.send({ type: 'end' }))
    if (event.type === '@xstate.snapshot' && event.snapshot.status === 'done') break
  }
  assert.deepEqual(told, ['actor counting', 'add', '{"n":1}', 'add', '{"n":3}', 'add', '{"n":6}', 'end', '{"n":6}'])
  assert.ok(streams > 1)
})
