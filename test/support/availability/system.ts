// Ledgers: each entry counts, adds and turns: every entry of every ledger leaves another state.
import { assign, setup } from 'xstate'
import * as z from 'zod'
import { defineActor, defineSystem } from '../../../adapters/node/statelog.ts'

export const PARTITIONS = 4

const Entry = z.object({ type: z.literal('entry'), time: z.number(), ledger: z.string(), amount: z.number(), nth: z.number() })
type Entry = z.output<typeof Entry>

const note = assign<{ entries: number; sum: number; last: number }, Entry, undefined, Entry, never>({ entries: ({ context }) => context.entries + 1, sum: ({ context, event }) => context.sum + event.amount, last: ({ event }) => event.nth })

const machine = setup({ types: { context: {} as { readonly entries: number; readonly sum: number; readonly last: number }, events: {} as Entry } }).createMachine({
  id: 'ledger', initial: 'even', context: { entries: 0, sum: 0, last: -1 },
  states: { even: { on: { entry: { target: 'odd', actions: note } } }, odd: { on: { entry: { target: 'even', actions: note } } } },
})

const ledger = defineActor({ name: 'ledger', version: 1, machine, sources: { entries: { schema: Entry, key: (entry) => entry.ledger } } })

export const ledgers = defineSystem({ name: 'ledgers', actors: [ledger], partitions: PARTITIONS })
