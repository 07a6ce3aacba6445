// Routes of a scenario: how far its load is, and how fast it goes.
import { problem } from './answer.ts'
import type { Answer } from './answer.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'
import type { Scenario, ScenarioChange } from './scenario.ts'

const RATE_MIN = 0.001
const RATE_MAX = 1_000_000
const NONE = { description: 'No scenario runs here.', schema: 'Error' }
const LOOKED = { description: 'How far it is.', schema: 'Scenario' }

async function looked(scenario: Scenario | undefined): Promise<Answer> {
  return scenario === undefined ? problem(404, 'scenario/none', 'no scenario runs here: statelog run <scenario> --http drives one') : { status: 200, body: await scenario.look() }
}

/** Undefined: it is none. */
function changeOf(body: unknown): ScenarioChange | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined
  const { rate, paused, ...others } = body as Record<string, unknown>
  if (Object.keys(others).length > 0 || (rate === undefined && paused === undefined)) return undefined
  if (rate !== undefined && rate !== null && !(typeof rate === 'number' && rate >= RATE_MIN && rate <= RATE_MAX)) return undefined
  if (paused !== undefined && typeof paused !== 'boolean') return undefined
  return { ...(rate === undefined ? {} : { rate }), ...(paused === undefined ? {} : { paused }) }
}

export const SCENARIO: readonly Route[] = [
  route({
    method: 'GET', path: '/v1/scenario', operation: 'getScenario', summary: 'The scenario that drives this run: how much of it is sent, and how fast', isOwn: true,
    parameters: {}, replies: { 200: LOOKED, 404: NONE },
    handle: (_, { scenario }) => looked(scenario),
  }),
  route({
    method: 'POST', path: '/v1/scenario', operation: 'changeScenario', summary: 'Pauses the scenario, lets it go on, or changes how fast it goes; until this process ends', isOwn: true,
    parameters: {}, body: 'ScenarioChange', replies: { 200: LOOKED, 404: NONE },
    handle: async (_, { scenario, body }) => {
      if (scenario === undefined) return looked(scenario)
      const change = changeOf(body)
      if (change === undefined) return problem(400, 'scenario/change', `the body is no change of a scenario: {"rate":500} (${RATE_MIN} to ${RATE_MAX} events a second; null: as fast as they are consumed), {"paused":true}, or both`)
      scenario.change(change)
      return looked(scenario)
    },
  }),
]
