import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOperation } from '../../../../adapters/http/operation.ts'
import { LIFE_CHART } from '../../../../adapters/http/routes-chart.ts'
import { ROUTES } from '../../../../adapters/http/routes.ts'
import { Charts } from '../../../../system/chart/charts.ts'
import { OperationError } from '../../../../system/protocol/failures.ts'
import type { Gateway } from '../../../../system/gateway/gateway.ts'
import { lifeOutline } from '../../../../system/partition/life.ts'
import { stubGateway } from './stub-gateway.ts'

const { signal } = new AbortController()

function run(gateway: Gateway, name: string, type: string | undefined, said: unknown) {
  return runOperation({ gateway }, { name, type, signal, bytes: said === undefined ? new Uint8Array() : new TextEncoder().encode(typeof said === 'string' ? said : JSON.stringify(said)) })
}

test('each operation reaches the gateway with what it was asked, as over HTTP', async () => {
  const gateway = stubGateway()
  const life = '00000000-0000-4000-8000-000000000000'
  for (const [name, type, said] of [
    ['listTypes', undefined, undefined], ['listTypes', undefined, {}], ['countStates', 'door', undefined], ['countStates', undefined, { type: 'door', deadlineMs: 7 }], ['listPartitions', undefined, { deadlineMs: '7' }],
    ['getEntity', 'door', { id: 'a/b \u{1f6aa}', atLeast: `0.${life}.1.7` }], ['waitForState', 'door', { id: '..', state: 'open', deadlineMs: 60_000 }], ['sendEvent', 'door', { id: '__proto__', key: 'k1', event: { type: 'open', by: 1 } }],
  ] as const) assert.equal((await run(gateway, name, type, said)).status, 200, name)
  assert.deepEqual(gateway.asked, [
    ['counts', 'door', { deadlineMs: 5000 }], ['counts', 'door', { deadlineMs: 7 }], ['partitions', { deadlineMs: 7 }],
    ['get', 'door', 'a/b \u{1f6aa}', { deadlineMs: 5000, atLeast: { partition: 0, life, epoch: 1, seq: 7 } }], ['wait', 'door', '..', 'open', 60_000], ['command', 'door', '__proto__', { type: 'open', by: 1 }, 'k1', { deadlineMs: 5000 }],
  ])
})

test('whatever is no stream and tells of no single process is answered; what has no JSON keeps its own type', async () => {
  const gateway = stubGateway()
  const charts = new Charts(new Map([['door', lifeOutline], [LIFE_CHART, lifeOutline]]), { place: () => Promise.reject(new OperationError('chart/layout', 'nothing is drawn here')) })
  const said: Readonly<Record<string, unknown>> = { type: 'door', id: 'front', state: 'open', topic: 'doors.dlq', partition: 0, offset: 3, key: 'k' }
  const carried = ROUTES.filter(({ operation }) => !['health', 'watch', 'watchEntity', 'inspectEntity', 'getScenario', 'changeScenario', 'metrics'].includes(operation))
  const types = new Map<string, string | undefined>()
  for (const { operation, parameters, body } of carried) {
    const names = Object.values(parameters).filter(({ isRequired }) => isRequired).map((one) => (one.in === 'header' ? 'key' : one.name))
    const bytes = new TextEncoder().encode(JSON.stringify({ ...Object.fromEntries(names.map((name) => [name, said[name]])), ...(body === undefined ? {} : { event: { type: 'open' } }) }))
    const { status, content } = await runOperation({ gateway, charts }, { name: operation, type: undefined, signal, bytes })
    assert.equal(status, operation === 'getChartImage' ? 503 : 200, operation)
    if (content !== undefined) types.set(operation, content.type)
  }
  assert.deepEqual([...types], [['getChartText', 'text/plain; charset=utf-8']])
  for (const name of ['watch', 'watchEntity', 'inspectEntity', 'getScenario', 'changeScenario', 'metrics']) assert.equal((await run(gateway, name, 'door', { id: 'front' })).status, 404, name)
})

test('D2: what does not fit the table is refused with its reason, and reaches nobody', async () => {
  const gateway = stubGateway()
  for (const [name, type, said, status, code] of [
    ['nothing', undefined, undefined, 404, 'route/not-found'], ['health', undefined, undefined, 404, 'route/not-found'], ['', undefined, undefined, 404, 'route/not-found'], ['__proto__', undefined, undefined, 404, 'route/not-found'],
    ['getEntity', 'door', '{', 400, 'request/json'], ['getEntity', 'door', '[]', 400, 'request/json'], ['getEntity', 'door', 'null', 400, 'request/json'],
    ['getEntity', 'door', {}, 400, 'request/parameter'], ['getEntity', 'door', { id: '' }, 400, 'request/parameter'], ['getEntity', 'door', { id: ['a'] }, 400, 'request/parameter'], ['getEntity', 'door', { id: null }, 400, 'request/parameter'], ['getEntity', 'door', { id: 'a', atleast: '1.2' }, 400, 'request/parameter'],
    ['getEntity', 'door', '{"id":"\\ud800"}', 400, 'request/parameter'], ['getEntity', 'door', '{"id":"a","__proto__":1}', 400, 'request/parameter'], ['getEntity', 'Door', { id: 'a' }, 400, 'request/parameter'], ['getEntity', 'window', { id: 'a' }, 404, 'type/not-found'],
    ['sendEvent', 'door', { id: 'a', event: { type: 'open' } }, 400, 'request/parameter'], ['sendEvent', 'door', { id: 'a', key: 'k' }, 400, 'event/type'], ['sendEvent', 'door', { id: 'a', key: 'k', event: 'open' }, 400, 'event/type'], ['sendEvent', 'door', { id: 'a', key: 'a b', event: { type: 'open' } }, 400, 'request/parameter'],
  ] as const) {
    const answer = await run(gateway, name, type, said)
    assert.deepEqual([answer.status, (answer.body as { readonly error: { readonly code: string } }).error.code], [status, code], JSON.stringify([name, type, said]))
  }
  assert.deepEqual(gateway.asked, [])
})

test('what an operator must act on is said', async () => {
  const answer = await run({ ...stubGateway(), counts: () => Promise.reject(new OperationError('kafka/away', 'no broker answers')) }, 'countStates', 'door', undefined)
  assert.deepEqual([answer.status, answer.body], [503, { error: { code: 'kafka/away', message: 'no broker answers' } }])
})
