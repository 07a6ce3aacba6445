// A node that is played: the server and its pages as they are, before a gateway that tells of a machine with so many states, in which everything changes all the time.
import type { TestContext } from 'node:test'
import { elkLayout } from '../../../adapters/elk/layout.ts'
import { openHttp } from '../../../adapters/http/server.ts'
import { readPages } from '../../../adapters/ui/pages.ts'
import { compiledEngine } from '../../../adapters/xstate/compiled.ts'
import { Charts } from '../../../system/chart/charts.ts'
import type { FlowDocument } from '../../../system/gateway/flow-document.ts'
import type { Outline } from '../../../system/ports/outline.ts'
import { stubGateway } from '../../unit/adapters/http/stub-gateway.ts'
import { largeMachine } from '../charts/large.ts'

const LOOK_MS = 200

export async function playedNode(t: TestContext, states: number): Promise<{ readonly url: string; readonly states: number }> {
  const prepared = compiledEngine.prepare(largeMachine(states), { version: 1, strict: false })
  if (prepared.kind !== 'ok') throw new TypeError(prepared.problems.join())
  const outline = prepared.machine.outline()
  const charts = new Charts(new Map([['order', () => outline]]), elkLayout)
  await charts.chart('order')
  const gateway = { ...stubGateway(), types: () => [{ type: 'order', version: 1, code: 'order@1:0', partitions: 2, sources: [] }], watch: (_: readonly string[], signal: AbortSignal) => looks(outline, signal) }
  const server = await openHttp(gateway, { listen: '0', charts, pages: readPages(), onError: (message) => t.diagnostic(message) })
  t.after(() => server.close())
  return { url: server.url, states: outline.states.length }
}

async function* looks(outline: Outline, signal: AbortSignal): AsyncGenerator<FlowDocument> {
  for (let at = 1; !signal.aborted; at++) {
    yield lookAt(outline, at)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** Numbers that all differ from those of the look before. */
function lookAt({ states, transitions }: Outline, at: number): FlowDocument {
  const leaves = states.filter(({ kind }) => kind === 'atomic' || kind === 'final')
  const occupancy = Object.fromEntries(leaves.map(({ path }, nth) => [path.join('.'), 1000 + ((at * 37 + nth * 101) % 977)]))
  const entities = Object.values(occupancy).reduce((sum, count) => sum + count, 0)
  const taken = Object.fromEntries(transitions.map(({ id }, nth) => [id, at * (3 + (nth % 11)) + ((at * nth) % 5)]))
  const partition = { state: 'live', reason: '', owner: 'a', epoch: 1, seq: at, lag: { sources: at % 7, inbox: 0 }, entities, parked: 0, commitMs: { p50: 2 + (at % 3), p99: 9 }, inputs: at * 50, deadLetters: at }
  const [first = ''] = Object.keys(occupancy)
  return {
    at: Date.now(), system: 'played',
    types: { order: { entities, parked: 0, occupancy, taken, refused: { schema: at }, refusedIn: { [first]: { schema: at } }, inputs: at * 100, outputs: at * 20, deadLetters: at, drops: 0, decisions: 0, latencyMs: Object.fromEntries(transitions.map(({ id }, nth) => [id, (at + nth) % 40])), partitions: { 0: partition, 1: partition } } },
  }
}
