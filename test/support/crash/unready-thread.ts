// How a worker thread gets the ledger, or does not: the nth start of all goes as the plan says.
import { appendFileSync, readFileSync } from 'node:fs'
import type { SystemDefinition } from '../../../adapters/node/statelog.ts'
import { ledger } from './system.ts'

export type Start = 'well' | 'throws' | 'hangs' | 'exits'

export interface UnreadyThreads {
  readonly partitions: number
  /** Of all starts from the first; those after the last go well. */
  readonly plan: readonly Start[]
  /** One byte a start. */
  readonly counter: string
}

export async function load({ partitions, plan, counter }: UnreadyThreads): Promise<SystemDefinition> {
  appendFileSync(counter, '.')
  switch (plan[readFileSync(counter).length - 1]) {
    case 'throws': throw new TypeError('this start fails')
    case 'hangs': for (;;) await new Promise((resolve) => setTimeout(resolve, 1000))
    case 'exits': process.exit(3)
  }
  return ledger(partitions, new Set())
}
