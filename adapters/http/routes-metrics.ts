// Metrics over HTTP, for Prometheus to scrape. Asking counts nothing that would not be counted anyway.
import manifest from '../../package.json' with { type: 'json' }
import { EXPOSITION, exposition } from './exposition.ts'
import { metricFamilies } from './metrics.ts'
import type { ProcessUse } from './metrics.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'

/** An owner that takes longer counts as silent. */
const ANSWER_MS_MAX = 1000

export const METRICS: readonly Route[] = [
  route({
    method: 'GET', path: '/metrics', operation: 'metrics', summary: 'Metrics of all partitions and of this process, as Prometheus scrapes them', isOwn: true,
    parameters: {}, replies: { 200: { description: 'Text format 0.0.4. A partition whose owner does not answer within a second has its state alone.', schema: 'Metrics', type: EXPOSITION } },
    handle: async (_, { gateway, signal }) => {
      const flows = await gateway.flows({ deadlineMs: ANSWER_MS_MAX, signal })
      return { status: 200, content: { type: EXPOSITION, bytes: exposition(metricFamilies(flows, processUse())) } }
    },
  }),
]

function processUse(): ProcessUse {
  const { rss, heapUsed } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const nowMs = Date.now()
  const runtime = process.versions['bun'] === undefined ? `node ${process.versions.node}` : `bun ${process.versions['bun']}`
  return { version: manifest.version, runtime, nowMs, startedMs: nowMs - process.uptime() * 1000, cpuSeconds: (user + system) / 1e6, residentBytes: rss, heapBytes: heapUsed }
}
