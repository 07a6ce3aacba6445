// Tracing: what a page's main thread spends its time on, as processor time: what others do on the machine is not counted.
import type { Browser } from 'playwright-core'

export interface MainThread {
  /** Of each task, in its order. */
  readonly tasksMs: readonly number[]
  /** Of each frame in which the page ran: all tasks from its beginning to the next one's. */
  readonly framesMs: readonly number[]
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Microseconds. */
  readonly ts: number
  readonly dur?: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

const TASK = 'ThreadControllerImpl::RunTask'
const FRAME = 'FireAnimationFrame'

/** While `work` goes on. Of the renderer that worked most. */
export async function traced(browser: Browser, work: () => Promise<void>): Promise<MainThread> {
  const session = await browser.newBrowserCDPSession()
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value as unknown as TraceEvent[]))
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', 'devtools.timeline'] } })
  await work()
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.end')
  await complete
  await session.detach()
  const threads = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
  const of = ({ pid, tid }: TraceEvent, wanted: string): readonly TraceEvent[] => events.filter((event) => event.name === wanted && event.ph === 'X' && event.pid === pid && event.tid === tid).sort((a, b) => a.ts - b.ts)
  const spent = (tasks: readonly TraceEvent[]): number => tasks.reduce((sum, { tdur = 0 }) => sum + tdur, 0)
  const [busiest] = threads.map((thread) => ({ tasks: of(thread, TASK), frames: of(thread, FRAME) })).sort((a, b) => spent(b.tasks) - spent(a.tasks))
  if (busiest === undefined) return { tasksMs: [], framesMs: [] }
  const { tasks, frames } = busiest
  // A frame is told of within its task.
  const begins = frames.map(({ ts }) => tasks.findLast((task) => task.ts <= ts)?.ts ?? ts)
  const framesMs = begins.slice(0, -1).map((from, at) => tasks.filter(({ ts }) => ts >= from && ts < (begins[at + 1] ?? Infinity)).reduce((sum, { tdur = 0 }) => sum + tdur / 1000, 0))
  return { tasksMs: tasks.map(({ tdur = 0 }) => tdur / 1000), framesMs }
}

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN
}
