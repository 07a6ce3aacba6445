// What the checker knows of the two actor types: names, inputs, policies and behaviours. Written from the workload, not read from it.
import { accountBehaviour, judgeMove, judgeRate, poolBehaviour } from './checker-reactions.ts'
import type { Behaviour, Judged } from './checker-reactions.ts'
import type { GroupTopics } from './dump.ts'
import type { Variant } from './variant.ts'

export interface PlainSource {
  readonly outOfOrderMs: number
  judge(key: string | undefined, text: string | undefined): Judged | { readonly kind: 'bad'; readonly class: string }
}

export interface PlainType {
  readonly name: string
  readonly group: string
  /** Sources, then the inbox: ties of event time go in this order. */
  readonly inputs: readonly string[]
  readonly inbox: string
  readonly journal: string
  readonly state: string
  readonly output: string
  readonly sources: ReadonlyMap<string, PlainSource>
  readonly behaviour: Behaviour
  readonly eventTimers: boolean
  readonly eventOrder: boolean
  /** Inputs that event time waits for; undefined: the type has no watermark. */
  readonly awaited: readonly string[] | undefined
  readonly rank: readonly string[]
  readonly dedup: { readonly count: number; readonly withinMs: number }
  readonly keepStoppedMs: number
}

const WEEK_MS = 7 * 86_400_000
const DAY_MS = 86_400_000

export function plainTypes(variant: Variant): readonly PlainType[] {
  const isEvent = variant.time === 'event'
  const senders = Array.from({ length: variant.partitions }, (_, partition) => `chaos.account/${partition}`)
  const names = (name: string): Pick<PlainType, 'name' | 'group' | 'inbox' | 'journal' | 'state' | 'output'> => ({
    name, group: `chaos.${name}`, inbox: `chaos.${name}.inbox`, journal: `chaos.${name}.journal`, state: `chaos.${name}.state`, output: `${name}-out`,
  })
  return [
    {
      ...names('account'), inputs: ['moves', 'chaos.account.inbox'], sources: new Map([['moves', { outOfOrderMs: variant.outOfOrderMs, judge: judgeMove }]]), behaviour: accountBehaviour,
      eventTimers: isEvent, eventOrder: false, awaited: isEvent ? ['moves'] : undefined, rank: [], dedup: variant.dedup, keepStoppedMs: variant.keepStoppedMs,
    },
    {
      ...names('pool'), inputs: ['rates', 'chaos.pool.inbox'], sources: new Map([['rates', { outOfOrderMs: 0, judge: judgeRate }]]), behaviour: poolBehaviour,
      eventTimers: false, eventOrder: isEvent, awaited: isEvent ? ['rates', ...senders] : undefined, rank: ['rate', 'credit'], dedup: { count: 128, withinMs: DAY_MS }, keepStoppedMs: WEEK_MS,
    },
  ]
}

export function groupTopics(variant: Variant): readonly GroupTopics[] {
  return plainTypes(variant).map((type) => ({ group: type.group, topics: type.inputs, metadataTopic: type.inbox }))
}
