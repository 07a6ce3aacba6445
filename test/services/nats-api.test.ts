// `statelog run --nats-api`: what HTTP answers, over a real NATS server, from the command line and through the typed client.
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { connect } from 'nats'
import type { NatsConnection } from 'nats'
import { client } from 'statelog/client'
import type { ListPage } from 'statelog/client'
import { overNats } from 'statelog/client/nats'
import { openNatsApi } from '../../adapters/nats/api.ts'
import { call, folderFor, HERE, objects, RUNTIMES, start } from '../support/cli.ts'
import type counters from '../support/counter/counter.system.ts'
import { ask as askHttp } from '../support/http.ts'
import { natsServer, withNatsServer } from '../support/nats.ts'

const COUNTERS = 'test/support/counter/counter.system.ts'

interface Told {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

async function ask(nats: NatsConnection, subject: string, said?: unknown): Promise<Told> {
  const { data, headers } = await nats.request(`statelog._api.counters.${subject}`, said === undefined ? '' : JSON.stringify(said), { timeout: 30_000 })
  return { status: Number(headers?.get('Statelog-Status')), json: JSON.parse(new TextDecoder().decode(data)) as Told['json'] }
}

for (const runtime of RUNTIMES) {
  for (const workers of ['0', '2']) {
    test(`questions over NATS are answered as over HTTP (${basename(runtime)}, workers: ${workers})`, withNatsServer, async (t) => {
      const server = await natsServer(t)
      const running = start(runtime, ['run', COUNTERS, '--folder', folderFor(t), '--json', '--workers', workers, '--nats', server.url, '--nats-api', '--http', '0'])
      t.after(() => running.child.kill('SIGKILL'))
      const [head] = objects(await running.line((line) => line.includes('"http"')))
      const url = String(head?.['http'])
      const nats = await connect({ servers: `127.0.0.1:${server.port}` })
      t.after(() => nats.close())

      for (const id of ['a', '.', '..', '* > $SRV', 'é\u{1f6aa}\0', '__proto__', 'x'.repeat(256)]) {
        const sent = await ask(nats, 'sendEvent.counter', { id, key: 'k', event: { type: 'add', by: 2 }, deadlineMs: 30_000 })
        assert.deepEqual([sent.status, sent.json['reply'], sent.json['id']], [200, 2, id])
        const got = await ask(nats, 'getEntity.counter', { id, deadlineMs: 30_000 })
        assert.deepEqual([got.status, got.json['id'], got.json['context']], [200, id, { n: 2 }])
        // The same answer, but for what was committed in between.
        if (!id.startsWith('.')) assert.deepEqual(Object.keys(got.json), Object.keys((await askHttp(url, `/v1/entities/counter/${encodeURIComponent(id)}?deadlineMs=30000`)).json))
      }
      assert.deepEqual((await ask(nats, 'countStates.counter')).json['states'], { counting: 7 })
      assert.equal((await ask(nats, 'listPartitions')).status, 200)
      const image = await nats.request('statelog._api.counters.getChartImage.counter', '', { timeout: 30_000 })
      assert.deepEqual([image.headers?.get('Statelog-Status'), image.headers?.get('Content-Type'), /^<svg /.test(image.string())], ['200', 'image/svg+xml', true])
      for (const [subject, said, status] of [['nothing', undefined, 404], ['getEntity.counter', { id: '' }, 400], ['getEntity.counter.a', { id: 'a' }, 404], ['getEntity.counter', { id: 'nobody' }, 404], ['sendEvent.counter', { id: 'a', key: 'k', event: { type: 'add', by: 3 } }, 422]] as const) {
        const { status: told, json } = await ask(nats, subject, said)
        assert.deepEqual([told, typeof (json['error'] as { readonly code?: unknown }).code], [status, 'string'], subject)
      }

      const c = client<typeof counters>({ transport: overNats(nats, { app: 'counters' }) })
      const waiting = c.counter('b').wait('ended')
      const sent = await c.counter('b').send({ type: 'add', by: 5 })
      assert.deepEqual([sent.kind === 'reply' && sent.value, (await c.counter('b').get())?.context], [5, { n: 5 }])
      await c.counter('b').send({ type: 'end' })
      assert.equal((await waiting).kind, 'reached')
      assert.deepEqual((await c.counter('b').history({ withinMs: 30_000 })).events.map(({ event, to }) => [event.type, to]), [['end', 'ended'], ['add', 'counting']])
      // HTTP reads the same index.
      for (const list of [await c.counter.list({ withinMs: 30_000 }), (await askHttp(url, '/v1/entities/counter?deadlineMs=30000')).json as unknown as ListPage]) assert.ok(list.entities.length <= 8 && list.index.at.length > 0)
      await assert.rejects(async () => {
        for await (const _ of c.counter('b').watch()) assert.fail('nothing to see')
      }, { code: 'client/watch' })

      await server.kill()
      await server.start()
      const again = await connect({ servers: `127.0.0.1:${server.port}` })
      t.after(() => again.close())
      const back = client<typeof counters>({ transport: overNats(again, { app: 'counters' }) })
      assert.deepEqual((await back.counter('b').get({ withinMs: 20_000 }))?.context, { n: 5 }, 'it answers again by itself')
      running.child.kill('SIGINT')
      assert.equal((await running.ended).exitCode, 130)
      await assert.rejects(back.counter('b').get({ withinMs: 100 }), { code: 'client/unreached' })
    })
  }
}

test('Y2: more than so many questions are told to come again, and closing lets those under way be answered', withNatsServer, async (t) => {
  const server = await natsServer(t)
  const go = Promise.withResolvers<void>()
  const text = (status: number, said: string) => ({ status, bytes: new TextEncoder().encode(JSON.stringify(said)) })
  const api = await openNatsApi({ url: server.url, app: 'counters', problem: (status, code) => text(status, code), answer: async () => {
    await go.promise
    return text(200, 'fine')
  } })
  const nats = await connect({ servers: `127.0.0.1:${server.port}` })
  t.after(() => nats.close())
  const asked = Array.from({ length: 1001 }, () => ask(nats, 'listTypes'))
  const [first] = await Promise.race([Promise.all([asked[1000]]), new Promise<never>((_, reject) => setTimeout(() => reject(new TypeError('nobody was refused')), 10_000).unref())])
  assert.deepEqual([first?.status, first?.json], [503, 'server/busy'])
  const closing = api.close()
  go.resolve()
  assert.ok((await Promise.all(asked.slice(0, 1000))).every(({ status }) => status === 200))
  await closing
})

test('a question larger than one over HTTP is refused, and what was given up because the process stops is told as that', withNatsServer, async (t) => {
  const server = await natsServer(t)
  const text = (status: number, said: string) => ({ status, bytes: new TextEncoder().encode(JSON.stringify(said)) })
  const waits = Promise.withResolvers<void>()
  const api = await openNatsApi({ url: server.url, app: 'counters', problem: (status, code) => text(status, code), answer: async ({ signal }) => {
    waits.resolve()
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return text(504, 'it was not in that state')
  } })
  const nats = await connect({ servers: `127.0.0.1:${server.port}` })
  t.after(() => nats.close())
  const { status, json } = await ask(nats, 'getEntity.counter', { id: 'x'.repeat(300_000) })
  assert.deepEqual([status, json], [413, 'request/size'])
  const waiting = ask(nats, 'waitForState.counter', { id: 'a', state: 'ended' })
  await waits.promise
  await api.close()
  assert.deepEqual([(await waiting).status, (await waiting).json], [503, 'server/stopping'])
})

test('who answers and who may not is said', withNatsServer, async (t) => {
  const server = await natsServer(t, 'authorization { users = [ { user: app, password: pw, permissions { publish: { allow: ["x"] }, subscribe: { allow: ["x"] } } } ] }')
  const said = Promise.withResolvers<string>()
  const api = await openNatsApi({ url: server.url.replace('nats://', 'nats://app:pw@'), app: 'counters', onState: (message) => said.resolve(message), problem: () => assert.fail(), answer: () => assert.fail() })
  t.after(() => api.close())
  assert.match(await said.promise, /^questions over NATS are not answered: this user of NATS may not subscribe to statelog\._api\.counters\.>\. Grant it/)
})

test('--nats-api goes with --nats', async (t) => {
  const told = await call(HERE, ['run', COUNTERS, '--folder', folderFor(t), '--nats-api'])
  assert.deepEqual([told.exitCode, /--nats-api goes with --nats/.test(told.stderr)], [2, true], told.stderr)
})
