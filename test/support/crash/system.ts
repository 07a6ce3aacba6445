// A ledger of accounts, and inputs that end its process: `boom` whenever it is stepped, `trap` only once the environment says so.
import { assign, emit, setup } from 'xstate'
import { defineActor, defineSystem } from '../../../adapters/node/statelog.ts'
import type { SystemDefinition } from '../../../adapters/node/statelog.ts'
import type { StandardSchemaV1 } from '../../../system/authoring/standard-schema.ts'

export interface Deed {
  readonly type: 'add' | 'boom' | 'trap' | 'spin' | 'hog'
  readonly account: string
  readonly n: number
  readonly time: number
}

const schema: StandardSchemaV1<unknown, Deed> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Deed }) },
}

/** Ends the process at once, as a fault in native code would. */
function die(): void {
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}

/** Takes memory until there is none. */
function hog(): void {
  const kept: unknown[] = []
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, at) => ({ at })))
}

/** `deadly`: event types that end the process; `spin` never returns, `hog` takes all memory. */
export function ledger(partitions: number, deadly: ReadonlySet<string>): SystemDefinition {
  const machine = setup({
    types: { context: {} as { sum: number; count: number }, events: {} as Deed, emitted: {} as { type: 'added'; sum: number; count: number } },
  }).createMachine({
    id: 'ledger', context: { sum: 0, count: 0 },
    on: {
      '*': {
        actions: [
          assign(({ context, event }) => {
            if (deadly.has(event.type)) die()
            if (event.type === 'spin') for (;;);
            if (event.type === 'hog') hog()
            return { sum: context.sum + event.n, count: context.count + 1 }
          }),
          emit(({ context }) => ({ type: 'added', sum: context.sum, count: context.count })),
        ],
      },
    },
  })
  const account = defineActor({ name: 'account', version: 1, machine, sources: { deeds: { schema, key: (deed) => deed.account } }, outputs: { added: 'sums' }, snapshotEvery: '1h' })
  return defineSystem({ name: 'ledger', actors: [account], partitions })
}
