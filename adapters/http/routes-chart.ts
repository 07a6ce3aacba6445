// Routes of statecharts: the machines of the system and the life of its partitions, as data to draw, as images, as text.
import type { Charts } from '../../system/chart/charts.ts'
import { problem } from './answer.ts'
import type { Answer, Content } from './answer.ts'
import { TYPE } from './parameters.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'

/** What the life of a partition is called among the charts: no actor type can be. */
export const LIFE_CHART = 'partition life'

const NOT_FOUND = { description: 'There is no such actor type.', schema: 'Error' }
const UNDRAWN = { description: 'It cannot be drawn; the reason says what can be had instead.', schema: 'Error' }
const SVG = 'image/svg+xml'
const MERMAID = 'text/plain; charset=utf-8'

async function made(charts: Charts | undefined, name: string, make: (charts: Charts) => Promise<Answer>): Promise<Answer> {
  if (charts === undefined) return problem(404, 'chart/none', 'this server draws no statecharts')
  return charts.has(name) ? make(charts) : problem(404, 'type/not-found', `there is no actor type '${name}'`)
}

const content = (type: string, bytes: string): { readonly status: number; readonly content: Content } => ({ status: 200, content: { type, bytes } })

export const CHARTS: readonly Route[] = [
  route({
    method: 'GET', path: '/v1/types/{type}/chart', operation: 'getChart', summary: 'The statechart of an actor type as data: its outline, and where a drawing has its boxes and lines',
    parameters: { type: TYPE }, replies: { 200: { description: 'Laid out once for each machine.', schema: 'Chart' }, 404: NOT_FOUND },
    handle: ({ type }, { charts }) => made(charts, type, async (all) => ({ status: 200, body: await all.chart(type) })),
  }),
  route({
    method: 'GET', path: '/v1/types/{type}/chart.svg', operation: 'getChartImage', summary: 'The statechart of an actor type as an image',
    parameters: { type: TYPE }, replies: { 200: { description: 'SVG that needs nothing else, light or dark as its reader is.', schema: 'Text', type: SVG }, 404: NOT_FOUND, 503: UNDRAWN },
    // An image that is opened by itself may style itself, and no more.
    handle: ({ type }, { charts }) => made(charts, type, async (all) => ({ ...content(SVG, await all.svg(type)), headers: { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'" } })),
  }),
  route({
    method: 'GET', path: '/v1/types/{type}/chart.mmd', operation: 'getChartText', summary: 'The statechart of an actor type as text of Mermaid (stateDiagram-v2)',
    parameters: { type: TYPE }, replies: { 200: { description: 'Mermaid.', schema: 'Text', type: MERMAID }, 404: NOT_FOUND },
    handle: ({ type }, { charts }) => made(charts, type, async (all) => content(MERMAID, all.mermaid(type))),
  }),
  route({
    method: 'GET', path: '/v1/partitions/chart', operation: 'getLife', summary: 'The life of a partition on its owner, as a statechart',
    parameters: {}, replies: { 200: { description: 'The same for all partitions.', schema: 'Chart' }, 404: NOT_FOUND },
    handle: (_, { charts }) => made(charts, LIFE_CHART, async (all) => ({ status: 200, body: await all.chart(LIFE_CHART) })),
  }),
]
