import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../../../adapters/http/answer.ts'
import { dispatch, find } from '../../../../adapters/http/dispatch.ts'
import type { Scenario, ScenarioChange } from '../../../../adapters/http/scenario.ts'
import { stubGateway } from './stub-gateway.ts'

const LOOK = { name: 'fraud', about: 'payments', state: 'feeding', sent: 7, rate: null, lag: 3 } as const

async function ask(scenario: Scenario | undefined, method: string, body = '', type = 'application/json'): Promise<Answer> {
  const found = find('/v1/scenario')
  if ('status' in found) return found
  return dispatch(stubGateway(), found, { method, target: '/v1/scenario', header: (name) => (name === 'content-type' ? type : undefined), body: async () => ({ kind: 'bytes', bytes: new TextEncoder().encode(body) }), signal: new AbortController().signal, isGuarded: false, scenario })
}

test('a scenario is looked at with GET and changed with POST alone; where none runs both say so', async () => {
  const changes: ScenarioChange[] = []
  const scenario: Scenario = { look: async () => LOOK, change: (change) => void changes.push(change) }
  assert.deepEqual(await ask(scenario, 'GET'), { status: 200, body: LOOK })
  for (const body of ['{"rate":500}', '{"rate":null}', '{"paused":true}', '{"paused":false,"rate":0.5}']) assert.deepEqual(await ask(scenario, 'POST', body), { status: 200, body: LOOK })
  assert.deepEqual(changes, [{ rate: 500 }, { rate: null }, { paused: true }, { rate: 0.5, paused: false }])
  for (const body of ['{}', '[]', 'null', '1', '{"rate":0}', '{"rate":-1}', '{"rate":"5"}', '{"rate":1e7}', '{"paused":1}', '{"paused":true,"x":1}', '{"__proto__":{"rate":5}}']) assert.equal((await ask(scenario, 'POST', body)).status, 400, body)
  assert.equal((await ask(scenario, 'POST', '{"paused":true}', 'text/plain')).status, 415)
  assert.equal((await ask(scenario, 'PUT', '{"paused":true}')).status, 405)
  assert.equal(changes.length, 4)
  assert.deepEqual([(await ask(undefined, 'GET')).status, (await ask(undefined, 'POST', '{"paused":true}')).status], [404, 404])
})
