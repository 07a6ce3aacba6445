// `enqueueActions`: a function of the user that decides in the step which actions run.
//
// Q1. What it enqueues is read and runs when it has returned, in order, each with the context that the one before left.
// Q2. `check` sees the context at its start, whenever it is called, and where the machine stood before the microstep.
import type { ActionWork, Chart, ChartAction, Params, UserFunction } from './chart.ts'
import { compileGuard } from './guards.ts'
import { paramsOf, Uncovered } from './moment.ts'
import type { Moment } from './moment.ts'

interface Options {
  readonly id?: unknown
  readonly delay?: unknown
  readonly input?: unknown
  readonly systemId?: unknown
}

/** Of XState's methods the action; what the user wrote is read when it runs. */
type Queued = (ChartAction & { readonly kind?: undefined }) | { readonly kind: 'written'; readonly action: unknown }

type Compile = (chart: Chart, action: ChartAction) => (moment: Moment) => void

export function enqueueing(chart: Chart, collect: UserFunction, params: Params, compile: Compile): (moment: Moment) => void {
  const { self, system } = chart
  return (moment) => {
    const { context, event } = moment
    const queued: Queued[] = []
    const check = (written: unknown): unknown => {
      const guard = chart.readGuard(written)
      if (guard === undefined) throw new Uncovered()
      const now = moment.context
      moment.context = context
      try {
        return compileGuard(guard)(moment)
      } finally {
        moment.context = now
      }
    }
    const given = paramsOf(params, moment)
    collect({ context, event, enqueue: enqueueInto(queued), check, self, system }, given)
    for (const each of queued) compile(chart, each.kind === 'written' ? chart.readAction(each.action) : each)(moment)
  }
}

/** The function that the user calls, with a method for each action of XState. */
function enqueueInto(queued: Queued[]): (written: unknown) => void {
  const add = (work: ActionWork): void => void queued.push({ work, params: undefined })
  const sendTo = (to: unknown, event: unknown, options?: Options): void => add({ kind: 'send', to, event, id: options?.id, delay: options?.delay })
  return Object.assign((action: unknown): void => void queued.push({ kind: 'written', action }), {
    assign: (assignment: unknown): void => add({ kind: 'assign', assignment }),
    cancel: (timer: unknown): void => add({ kind: 'cancel', timer }),
    raise: (event: unknown, options?: Options): void => add({ kind: 'raise', event, id: options?.id, delay: options?.delay }),
    sendTo,
    sendParent: (event: unknown, options?: Options): void => sendTo('#_parent', event, options),
    spawnChild: (src: unknown, options: Options | null = {}): void => add(options !== null && options.systemId === undefined ? { kind: 'spawn', task: options.id, src, input: options.input } : { kind: 'uncovered' }),
    stopChild: (task: unknown): void => add({ kind: 'stop', task }),
    emit: (event: unknown): void => add({ kind: 'emit', event }),
  })
}
