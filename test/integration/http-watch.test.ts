// Watching over HTTP on a socket: documents as patches, callers that are slow, gone or too many, the server's end; and the metrics of a running system.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { HttpLimits } from '../../adapters/http/limits.ts'
import { openHttp } from '../../adapters/http/server.ts'
import type { FlowDocument } from '../../system/gateway/flow-document.ts'
import type { Gateway } from '../../system/gateway/gateway.ts'
import { patched } from '../../system/protocol/merge-patch.ts'
import { readExposition } from '../support/exposition.ts'
import { served } from '../support/gateway.ts'
import { ask } from '../support/http.ts'
import { entityId } from '../support/partition/bench.ts'
import { stubGateway } from '../unit/adapters/http/stub-gateway.ts'

const IN_TIME = { deadlineMs: 5000 }

async function opened(t: TestContext, gateway: Gateway, limits: Partial<HttpLimits> = {}, errors: string[] = []) {
  const server = await openHttp(gateway, { listen: '0', limits, onError: (message) => errors.push(message) })
  t.after(() => server.close())
  return server
}

interface Listening {
  readonly response: IncomingMessage
  /** Every document so far, whole. */
  readonly documents: FlowDocument[]
  readonly text: () => string
  readonly ended: Promise<void>
  /** Resolves with the first document, of now or later, that fits. */
  until(fits: (document: FlowDocument) => boolean): Promise<FlowDocument>
  leave(): void
}

async function listen(url: string, path = '/v1/watch'): Promise<Listening> {
  const asking = request(`${url}${path}`, { agent: false })
  asking.on('error', () => {})
  asking.end()
  const [response] = await once(asking, 'response') as [IncomingMessage]
  const documents: FlowDocument[] = []
  const looks = new Set<() => void>()
  let [text, left] = ['', '']
  response.on('error', () => {})
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const events = `${left}${chunk}`.split('\n\n')
    left = events.pop() ?? ''
    for (const event of events) {
      const [, data] = /^event: look\ndata: (.*)$/.exec(event) ?? []
      if (data !== undefined) documents.push(patched(documents.at(-1), JSON.parse(data)) as FlowDocument)
    }
    for (const look of [...looks]) look()
  })
  const ended = new Promise<void>((resolve) => response.once('close', () => resolve()))
  const until = (fits: (document: FlowDocument) => boolean): Promise<FlowDocument> => new Promise((resolve) => {
    const look = (): void => {
      const found = documents.find(fits)
      if (found === undefined) return
      looks.delete(look)
      resolve(found)
    }
    looks.add(look)
    look()
  })
  return { response, documents, text: () => text, ended, until, leave: () => asking.destroy() }
}

/** A gateway whose watchers are given documents without end, and that knows how many there were and whether they left. */
function endless(): Gateway & { given: number; left: number } {
  const gateway = {
    ...stubGateway(), given: 0, left: 0,
    watch: async function* (_: readonly string[], signal: AbortSignal): AsyncGenerator<FlowDocument, void> {
      try {
        while (!signal.aborted) {
          yield { at: (gateway.given += 1), system: 'x'.repeat(10_000) + gateway.given, types: {} }
          await new Promise((resolve) => setImmediate(resolve))
        }
      } finally {
        gateway.left += 1
      }
    },
  }
  return gateway
}

test('the first look is whole, patches follow, and together they are what the gateway counts', async (t) => {
  const { gateway } = await served(t)
  const { url } = await opened(t, gateway)
  const watching = await listen(url)
  assert.deepEqual([watching.response.statusCode, watching.response.headers['content-type']], [200, 'text/event-stream'])
  await watching.until(({ types }) => Object.values(types['counter']?.partitions ?? {}).every(({ epoch }) => epoch !== undefined))
  const ids = Array.from({ length: 12 }, (_, n) => entityId(`c${n}`))
  await Promise.all(ids.map((id) => gateway.command('counter', id, { type: 'add', by: 1 }, 'k', IN_TIME)))
  await Promise.all(ids.slice(0, 5).map((id) => gateway.command('counter', id, { type: 'end' }, 'e', IN_TIME)))
  await gateway.command('counter', entityId('c9'), { type: 'add' }, 'bad', IN_TIME)
  const { system, types: { counter } } = await watching.until(({ types }) => types['counter']?.inputs === 18)
  const counted = await gateway.counts('counter', IN_TIME)
  assert.ok(counted.kind === 'counts' && counter !== undefined)
  assert.deepEqual([system, counter.occupancy, counter.entities], ['counters', counted.counts.states, 12])
  assert.deepEqual([counter.taken, counter.refusedIn, counter.deadLetters], [{ '(machine).counting:add:0': 12, '(machine).counting:end:0': 5 }, { counting: { action: 1 } }, 1])
  assert.deepEqual(Object.values(counter.partitions).map(({ state, lag }) => [state, lag]), [0, 1].map(() => ['live', { sources: 0, inbox: 0 }]))
  assert.ok(watching.text().length < 3 * JSON.stringify(watching.documents.at(-1)).length * watching.documents.length / 2)
  watching.leave()
})

test('a caller that does not read makes no queue: it is given what is newest then', async (t) => {
  const gateway = endless()
  const { url } = await opened(t, gateway)
  const watching = await listen(url)
  watching.response.pause()
  let before = -1
  // Until the buffers of the connection are full.
  while (before !== gateway.given) {
    before = gateway.given
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  watching.response.resume()
  await watching.until(({ at }) => at > before)
  watching.leave()
  await watching.ended
  while (gateway.left === 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('no more listen than may; who leaves makes room', async (t) => {
  const gateway = endless()
  const { url } = await opened(t, gateway, { streamsMax: 2 })
  const [first] = [await listen(url), await listen(url)]
  assert.deepEqual([(await ask(url, '/v1/watch')).status, (await ask(url, '/v1/watch')).code, (await ask(url, '/v1/types')).status], [503, 'server/busy', 200])
  first.leave()
  while (gateway.left === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const third = await listen(url)
  assert.equal(third.response.statusCode, 200)
})

test('where nothing changes it shows that it goes on; the end of the server ends it', async (t) => {
  const quiet: Gateway = {
    ...stubGateway(),
    watch: async function* (_, signal) {
      yield { at: 1, system: 'house', types: {} }
      if (!signal.aborted) await once(signal, 'abort')
    },
  }
  const server = await opened(t, quiet, { aliveMs: 20 })
  const watching = await listen(server.url)
  await watching.until(({ at }) => at === 1)
  while (!watching.text().includes(': alive\n\n')) await once(watching.response, 'data')
  const beganMs = performance.now()
  await server.close()
  await watching.ended
  assert.ok(performance.now() - beganMs < 1500)
  assert.equal(watching.response.complete, true, 'in order')
})

test('what goes wrong on the way breaks it off, and is told to the server alone', async (t) => {
  const errors: string[] = []
  const broken: Gateway = {
    ...stubGateway(),
    watch: async function* () {
      yield { at: 1, system: 'house', types: {} }
      await Promise.resolve()
      throw new RangeError('a secret')
    },
  }
  const { url } = await opened(t, broken, {}, errors)
  const watching = await listen(url)
  await watching.ended
  assert.deepEqual([watching.text().includes('secret'), watching.response.complete, errors.length], [false, false, 1])
})

test('types that there are not, and a query that cannot be, are refused before anything is sent', async (t) => {
  const { gateway } = await served(t)
  const { url } = await opened(t, gateway)
  assert.deepEqual([(await ask(url, '/v1/watch?types=gate')).code, (await ask(url, '/v1/watch?types=')).code, (await ask(url, '/v1/watch?types=a,,b')).code], ['type/not-found', 'request/parameter', 'request/parameter'])
  const head = await ask(url, '/v1/watch?types=counter', { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers['content-type'], head.text], [200, 'text/event-stream', ''])
})

test('metrics of a running system keep to the grammar, and are its counts', async (t) => {
  const { gateway } = await served(t)
  const { url } = await opened(t, gateway)
  await gateway.command('counter', entityId('a'), { type: 'add', by: 1 }, 'k', IN_TIME)
  await gateway.command('counter', entityId('a'), { type: 'add' }, 'bad', IN_TIME)
  const { status, headers, text } = await ask(url, '/metrics')
  assert.deepEqual([status, headers['content-type']], [200, 'text/plain; version=0.0.4; charset=utf-8'])
  const samples = readExposition(text).flatMap((family) => family.samples)
  const sum = (name: string, labels: Readonly<Record<string, string>> = {}): number => samples.filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value)).reduce((total, { value }) => total + value, 0)
  assert.deepEqual([sum('statelog_inputs_total'), sum('statelog_dead_letters_total', { class: 'action' }), sum('statelog_state_entities', { type: 'counter', state: 'counting' }), sum('statelog_partition_state', { state: 'live' }), sum('statelog_lag_records')], [2, 1, 1, 2, 0])
  assert.ok(sum('process_cpu_seconds_total') > 0 && sum('process_resident_memory_bytes') > 1e6 && sum('statelog_commit_seconds_count') >= 2)
})
