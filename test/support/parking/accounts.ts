// Accounts that are parked when one of their actions throws or their state outgrows its limit, and a story for them.
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { defineActor, defineSystem } from '../../../adapters/node/statelog.ts'
import type { FeedItem } from '../../../adapters/node/statelog.ts'

const Deed = z.object({ type: z.enum(['add', 'trap', 'grow']), time: z.number(), account: z.string(), n: z.number() })
type Deed = z.output<typeof Deed>

class Trapped extends RangeError {}

const machine = setup({
  types: { context: {} as { sum: number; count: number; ballast: string }, events: {} as Deed },
  actions: {
    trap: assign(() => {
      throw new Trapped('trapped')
    }),
  },
}).createMachine({
  id: 'account', context: { sum: 0, count: 0, ballast: '' }, initial: 'open',
  states: {
    open: {
      on: {
        add: { actions: assign({ sum: ({ context, event }) => context.sum + event.n, count: ({ context }) => context.count + 1 }) },
        grow: { actions: assign({ ballast: 'x'.repeat(5000), count: ({ context }) => context.count + 1 }) },
        trap: { actions: 'trap' },
      },
    },
  },
})

const account = defineActor({
  name: 'account', version: 1, machine, sources: { deeds: { schema: Deed, key: (deed) => deed.account } }, onFailure: { action: 'park' },
  snapshotEvery: '1h', limits: { stateBytesMax: 4096, foldInputsMax: 20 },
})

export const accounts = defineSystem({ name: 'accounts', actors: [account], partitions: 2 })

export const START_MS = Date.UTC(2025, 0, 1)
const ACCOUNTS = 10
const CHUNK = 50
/** Its deed that throws, and the one that makes its state too large. */
export const TRAP = { account: 'a3', at: 53 } as const
export const GROW = { account: 'a6', at: 86 } as const

/** `count` deeds of ten accounts, one a second. */
export function deeds(count: number, special: readonly ('trap' | 'grow')[]): readonly Deed[] {
  const typeOf = (at: number): Deed['type'] => {
    if (at === TRAP.at && special.includes('trap')) return 'trap'
    return at === GROW.at && special.includes('grow') ? 'grow' : 'add'
  }
  return Array.from({ length: count }, (_, at) => ({ type: typeOf(at), time: START_MS + at * 1000, account: `a${at % ACCOUNTS}`, n: at }))
}

export async function* feedOf(some: readonly Deed[]): AsyncGenerator<readonly FeedItem[]> {
  for (let from = 0; from < some.length; from += CHUNK) {
    yield some.slice(from, from + CHUNK).map((deed): FeedItem => ({ topic: 'deeds', key: deed.account, timeMs: deed.time, event: deed }))
  }
}
