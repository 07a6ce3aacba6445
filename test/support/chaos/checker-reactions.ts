// The workload's arithmetic a second time, as plain code: what an account and a pool do about one event. No statechart, no engine.
import type { PlainEvent } from './checker-codec.ts'

/** What a reaction asks for, in order. */
export type Ask =
  | { readonly ask: 'emit'; readonly event: PlainEvent }
  | { readonly ask: 'tell'; readonly target: string; readonly id: string; readonly event: PlainEvent }
  | { readonly ask: 'arm'; readonly timer: string; readonly delayMs: number }
  | { readonly ask: 'cancel'; readonly timer: string }
  | { readonly ask: 'task'; readonly task: string; readonly n: number }
  | { readonly ask: 'stopTask'; readonly task: string }

export type Data = Readonly<Record<string, number>>

export interface Situation {
  readonly state: string
  readonly data: Data
}

export type Reaction = { readonly kind: 'done'; readonly next: Situation; readonly asks: readonly Ask[]; readonly isOver: boolean } | { readonly kind: 'failed'; readonly class: string }

export interface Behaviour {
  readonly initial: Situation
  /** Stored `value` of a state. */
  readonly value: (state: string) => unknown
  react(now: Situation, event: PlainEvent): Reaction
}

const emit = (event: PlainEvent): Ask => ({ ask: 'emit', event })
const done = (next: Situation, asks: readonly Ask[] = [], isOver = false): Reaction => ({ kind: 'done', next, asks, isOver })

const MODEL_VERSION = 3

export const accountBehaviour: Behaviour = {
  initial: { state: 'idle', data: { total: 0, count: 0, bonus: 0, score: 0, jobs: 0, job: 0 } },
  value: (state) => (state === 'closed' ? 'closed' : { open: state }),
  react({ state, data }, event) {
    const stay = (change: Data, asks: readonly Ask[]): Reaction => done({ state, data: { ...data, ...change } }, asks)
    const of = (name: string): number => data[name] as number
    switch (event.type) {
      case 'add': return added(state, data, event)
      case 'remind': return stay({}, [{ ask: 'arm', timer: 'remind', delayMs: event['wait'] as number }])
      case 'calm': return stay({}, [{ ask: 'cancel', timer: 'remind' }])
      case 'reminded': return stay({}, [emit({ type: 'reminded', total: of('total') }), { ask: 'tell', target: 'pool', id: 'pool-0', event: { type: 'credit', n: of('count') % 5, from: '' } }])
      case 'ask': {
        const x = event['x'] as number
        const score = 1 + x / 2 + (of('total') % 97) / 4
        return stay({ score }, [emit({ type: 'asked', x }), emit({ type: 'scored', score, version: MODEL_VERSION })])
      }
      case 'bonus': {
        const bonus = of('bonus') + (event['n'] as number)
        return stay({ bonus }, [emit({ type: 'bonused', bonus, count: event['count'] })])
      }
      case 'job': {
        const n = event['n'] as number
        const stop: Ask[] = state === 'working' ? [{ ask: 'stopTask', task: 'job' }] : []
        return done({ state: 'working', data: { ...data, job: n } }, [...stop, { ask: 'task', task: 'job', n }])
      }
      case 'job.done': {
        const jobs = of('jobs') + 1
        return done({ state: 'idle', data: { ...data, jobs } }, [emit({ type: 'worked', jobs, doubled: (event['output'] as { doubled: number }).doubled })])
      }
      case 'trap': return { kind: 'failed', class: 'guard' }
      case 'close': return done({ state: 'closed', data }, [emit({ type: 'closed', total: of('total'), count: of('count') })], true)
      default: return stay({}, [])
    }
  },
}

function added(state: string, data: Data, event: PlainEvent): Reaction {
  const n = event['n'] as number
  const before = data['total'] as number
  const total = before + n
  const count = (data['count'] as number) + 1
  const asks: Ask[] = [
    emit({ type: 'added', n, total, count }),
    { ask: 'tell', target: 'pool', id: event['to'] as string, event: { type: 'credit', n, from: event['account'] as string } },
  ]
  if (Math.floor(total / 100) !== Math.floor(before / 100)) asks.push(emit({ type: 'milestone', total }))
  return done({ state, data: { ...data, total, count } }, asks)
}

export const poolBehaviour: Behaviour = {
  initial: { state: 'open', data: { sum: 0, count: 0, percent: 0 } },
  value: (state) => state,
  react({ state, data }, event) {
    if (event.type === 'credit') {
      const sum = (data['sum'] as number) + (event['n'] as number)
      const count = (data['count'] as number) + 1
      const from = event['from'] as string
      const asks: Ask[] = [emit({ type: 'pooled', sum, count, from })]
      if (from !== '' && count % 5 === 0) asks.push({ ask: 'tell', target: 'account', id: from, event: { type: 'bonus', n: ((sum % 7) + 7) % 7, count } })
      return done({ state, data: { ...data, sum, count } }, asks)
    }
    if (event.type !== 'rate') return done({ state, data })
    const percent = event['percent'] as number
    const sum = data['sum'] as number
    if (percent > 95) return done({ state: 'shut', data }, [emit({ type: 'shut', sum })], true)
    return done({ state, data: { ...data, percent } }, [emit({ type: 'rated', sum, percent })])
  },
}

export interface Judged {
  readonly kind: 'good'
  readonly entity: string
  readonly event: PlainEvent
  readonly timeMs: number
  readonly id: string | undefined
}

/** What a source record is, by the rules of the workload: good, or the class of its failure. */
export function judgeMove(key: string | undefined, text: string | undefined): Judged | { readonly kind: 'bad'; readonly class: string } {
  const bad = (failure: string): { readonly kind: 'bad'; readonly class: string } => ({ kind: 'bad', class: failure })
  if (key === undefined || key === '') return bad('key')
  const event = parsed(text)
  if (event === undefined) return bad('decode')
  const needs: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
    add: [['n', 'number'], ['to', 'string']], remind: [['wait', 'number']], ask: [['x', 'number']], job: [['n', 'number']], calm: [], trap: [], close: [],
  }
  const fields = typeof event.type === 'string' ? needs[event.type] : undefined
  const all = [['uid', 'string'], ['account', 'string'], ['time', 'number'], ...(fields ?? [])] as const
  if (fields === undefined || all.some(([name, type]) => typeof event[name] !== type)) return bad('schema')
  if (event['account'] !== key) return bad('key')
  const n = event['n'] as number
  if (event.type === 'add' && (n < -1000 || n > 1000)) return bad('semantic')
  return { kind: 'good', entity: key, event, timeMs: event['time'] as number, id: event['uid'] as string }
}

export function judgeRate(key: string | undefined, text: string | undefined): Judged | { readonly kind: 'bad'; readonly class: string } {
  const event = parsed(text)
  if (key === undefined) return { kind: 'bad', class: 'key' }
  if (event === undefined) return { kind: 'bad', class: 'decode' }
  if (event.type !== 'rate' || typeof event['percent'] !== 'number' || typeof event['time'] !== 'number') return { kind: 'bad', class: 'schema' }
  return event['pool'] === key ? { kind: 'good', entity: key, event, timeMs: event['time'], id: undefined } : { kind: 'bad', class: 'key' }
}

function parsed(text: string | undefined): PlainEvent | undefined {
  try {
    const value = JSON.parse(text ?? '') as unknown
    return typeof value === 'object' && value !== null ? (value as PlainEvent) : undefined
  } catch {
    return undefined
  }
}
