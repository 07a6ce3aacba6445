// Actions, compiled: each becomes one function that does to the moment what XState does to a snapshot, in the same order of calls.
//
// A1. A function of the user gets the arguments that XState gives it, made anew for each call: it may keep them.
// A2. What is asked for is an effect as soon as its action runs, or fails the step there.
import type { Effect } from '../ports/engine.ts'
import type { MachineEvent } from '../protocol/data.ts'
import type { ActionWork, Chart, ChartAction, Params } from './chart.ts'
import { cancelOf, effectOf, emitOf, eventOf, logOf, raiseOf, scheduleOf, sideEffect, stopTaskOf, taskOf } from './effects.ts'
import { enqueueing } from './enqueue.ts'
import { StepRefused } from './failure.ts'
import { paramsOf, Uncovered, valueOf } from './moment.ts'
import type { Moment } from './moment.ts'

export type Action = (moment: Moment) => void

type Work<Kind extends ActionWork['kind']> = Extract<ActionWork, { readonly kind: Kind }>

export function compileAction(chart: Chart, { work, params }: ChartAction): Action {
  switch (work.kind) {
    case 'assign':
      return assigning(chart, work, params)
    case 'raise':
      return raising(chart, work, params)
    case 'send':
      return sending(chart, work, params)
    case 'spawn':
      return spawning(chart, work, params)
    case 'stop':
      return stopping(chart, work, params)
    case 'enqueue':
      return enqueueing(chart, work.collect, params, compileAction)
    case 'effect':
      return (moment) => moment.ask(effectOf(work.effect, moment.context, moment.event, paramsOf(params, moment)))
    case 'emit':
      return asking(chart, params, (args, given) => emitOf(valueOf(work.event, args, given)))
    case 'cancel':
      return asking(chart, params, (args, given) => cancelOf(valueOf(work.timer, args, given)))
    case 'log':
      return asking(chart, params, (args, given) => logOf(work.label, valueOf(work.value, args, given)))
    case 'sideEffect':
      return failing(params, () => new StepRefused(sideEffect(work.name)))
    case 'uncovered':
      return failing(undefined, () => new Uncovered())
  }
}

/** An action that comes to one effect and changes nothing. */
function asking({ self, system }: Chart, params: Params, ask: (args: object, params: unknown) => Effect): Action {
  return (moment) => {
    const { context, event } = moment
    moment.ask(ask({ context, event, self, system }, paramsOf(params, moment)))
  }
}

function failing(params: Params, error: () => TypeError): Action {
  return (moment) => {
    paramsOf(params, moment)
    throw error()
  }
}

/** A child that is spawned inside an assign is refused, in the interpreter's words. */
export function spawn(): never {
  throw new Uncovered()
}

function assigning({ self, system }: Chart, { assignment }: Work<'assign'>, params: Params): Action {
  if (typeof assignment === 'function') {
    return (moment) => {
      const { context, event } = moment
      const update = assignment({ context, event, spawn, self, system }, paramsOf(params, moment)) as object
      moment.context = Object.assign(moment.copied(), update)
      moment.assigned = undefined
      moment.isTouched = true
    }
  }
  const fields = assignment as Readonly<Record<string, unknown>>
  const names = Object.keys(fields).filter((name) => name !== '__proto__')
  return (moment) => {
    const { context, event } = moment
    const args = { context, event, spawn, self, system }
    const given = paramsOf(params, moment)
    const next = moment.copied()
    for (const name of names) next[name] = valueOf(fields[name], args, given)
    moment.assign(next, names)
  }
}

function raising({ self, system, delays }: Chart, { event: written, id, delay }: Work<'raise'>, params: Params): Action {
  if (typeof written === 'string') return failing(undefined, () => new Uncovered())
  const writtenDelay = delayOf(delays, delay)
  return (moment) => {
    const { context, event } = moment
    const args = { context, event, self, system }
    const given = paramsOf(params, moment)
    const raised = valueOf(written, args, given)
    const effect = raiseOf(raised, valueOf(writtenDelay, args, given), id)
    if (effect === undefined) moment.raise(raised as MachineEvent)
    else moment.ask(effect)
  }
}

function sending({ self, system, delays }: Chart, { to, event: written, id, delay }: Work<'send'>, params: Params): Action {
  if (typeof written === 'string') return failing(undefined, () => new Uncovered())
  const writtenDelay = delayOf(delays, delay)
  return (moment) => {
    const { context, event } = moment
    const args = { context, event, self, system }
    const given = paramsOf(params, moment)
    const sent = valueOf(written, args, given)
    const delayMs = valueOf(writtenDelay, args, given)
    const target = valueOf(to, args, given)
    if (typeof target === 'string' ? target !== '#_internal' : Boolean(target) && target !== self) throw new Uncovered()
    const own = eventOf(sent, 'sendTo')
    if (delayMs === undefined) moment.send(own)
    else moment.ask(scheduleOf(own, delayMs, id))
  }
}

function delayOf(delays: Chart['delays'], written: unknown): unknown {
  return typeof written === 'string' ? delays[written] : written
}

/** The input of a task sees no params, as in XState. */
function spawning(chart: Chart, { task, src, input }: Work<'spawn'>, params: Params): Action {
  const { self } = chart
  const name = chart.taskName(src)
  if (typeof task !== 'string' || name === undefined) return failing(undefined, () => new Uncovered())
  return (moment) => {
    const { context, event } = moment
    paramsOf(params, moment)
    const given = typeof input === 'function' ? (input({ context, event, self }) as unknown) : input
    moment.startTask(task)
    moment.ask(taskOf(task, name, given))
  }
}

/** A task that has ended already is not there to be stopped. */
function stopping({ self, system }: Chart, { task }: Work<'stop'>, params: Params): Action {
  return (moment) => {
    const { context, event } = moment
    const named = valueOf(task, { context, event, self, system }, paramsOf(params, moment))
    const running = typeof named === 'string' ? moment.tasks[named] : (named as { readonly id: string } | undefined)
    if (running) moment.endTask(running.id)
    moment.isTouched = true
    if (running !== undefined) moment.ask(stopTaskOf((running as { readonly id: string } | null)?.id))
  }
}
