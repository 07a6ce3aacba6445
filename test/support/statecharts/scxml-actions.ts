// Executable content of SCXML as actions of XState: raise, send, cancel, assign, log, if, foreach. Throws for everything else.
import { assign, cancel, enqueueActions, log, raise, sendTo } from 'xstate'
import { childrenOf } from './scxml-text.ts'
import type { Element } from './scxml-text.ts'

export type Data = Readonly<Record<string, unknown>>

export interface Seen {
  readonly context: Data
  readonly event: { readonly type: string; readonly data?: unknown; readonly output?: unknown }
}

interface Collects extends Seen {
  readonly enqueue: (action: unknown) => void
}

export function actionsOf({ children }: Element): readonly unknown[] {
  return children.map(actionOf)
}

function actionOf(element: Element): unknown {
  const { name, attributes: { event = '', location = '', expr = 'undefined', label } } = element
  switch (name) {
    case 'raise':
      return raise({ type: event } as never)
    case 'assign':
      return assign({ [location]: ({ context, event: seen }: Seen) => evaluated(expr, context, seen) } as never)
    case 'log':
      return log((({ context, event: seen }: Seen) => evaluated(expr, context, seen)) as never, label)
    case 'if':
      return choosing(element)
    case 'foreach':
      return repeating(element)
    case 'send':
      return sending(element)
    case 'cancel':
      return cancel((({ context }: Seen) => element.attributes['sendid'] ?? evaluated(element.attributes['sendidexpr'] ?? '', context)) as never)
    default:
      throw new TypeError(`<${name}> is not read`)
  }
}

function choosing({ attributes, children }: Element): unknown {
  const branches: { readonly cond: string; readonly actions: unknown[] }[] = [{ cond: attributes['cond'] ?? 'false', actions: [] }]
  for (const child of children) {
    if (child.name === 'elseif' || child.name === 'else') branches.push({ cond: child.attributes['cond'] ?? 'true', actions: [] })
    else branches.at(-1)?.actions.push(actionOf(child))
  }
  return enqueueActions((({ context, event, enqueue }: Collects) => {
    branches.find(({ cond }) => Boolean(evaluated(cond, context, event)))?.actions.forEach(enqueue)
  }) as never)
}

function repeating({ attributes: { item = '', index, array = '' }, children }: Element): unknown {
  const actions = children.map(actionOf)
  return enqueueActions((({ context, event, enqueue }: Collects) => {
    const values = evaluated(array, context, event) as readonly unknown[]
    values.forEach((value, at) => {
      enqueue(assign({ [item]: () => value, ...(index === undefined ? {} : { [index]: at }) } as never))
      actions.forEach(enqueue)
    })
  }) as never)
}

/** To the machine itself: at once, within the step, or later. */
function sending(element: Element): unknown {
  const { event, eventexpr, target, delay, delayexpr, id } = element.attributes
  if (target !== undefined && target !== '#_internal') throw new TypeError(`<send> to ${target} is not read`)
  const sent = ({ context, event: seen }: Seen): object => {
    const data = paramsOf(element, context, seen)
    return { type: event ?? String(evaluated(eventexpr ?? '', context, seen)), ...(data === undefined ? {} : { data }) }
  }
  if (target === '#_internal') return raise(sent as never)
  const later = delay !== undefined ? milliseconds(delay) : delayexpr !== undefined ? ({ context, event: seen }: Seen) => milliseconds(String(evaluated(delayexpr, context, seen))) : undefined
  return sendTo((({ self }: { readonly self: unknown }) => self) as never, sent as never, { ...(later === undefined ? {} : { delay: later }), ...(id === undefined ? {} : { id }) } as never)
}

function milliseconds(text: string): number {
  const [, number = '', unit] = /^([\d.]+)(ms|s)?$/.exec(text.trim()) ?? []
  return Number(number) * (unit === 's' ? 1000 : 1)
}

/** Data of an event: by name, or the whole. */
export function paramsOf(element: Element, context: Data, event: Seen['event']): unknown {
  const params = childrenOf(element, 'param').map(({ attributes: { name = '', expr, location } }) => [name, evaluated(expr ?? location ?? 'undefined', context, event)])
  const [content] = childrenOf(element, 'content')
  if (content !== undefined) return content.attributes['expr'] === undefined ? content.text : evaluated(content.attributes['expr'], context, event)
  return params.length === 0 ? undefined : Object.fromEntries(params)
}

/** JavaScript, with the data and the event as SCXML names them. */
export function evaluated(expression: string, data: Data, event?: Seen['event']): unknown {
  const seen = event === undefined ? undefined : { name: event.type, data: event.data ?? event.output }
  return new Function('_event', ...Object.keys(data), `return (${expression})`)(seen, ...Object.values(data))
}
