// How a worker thread gets the ledger, or does not: the nth start of all goes as the plan says.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import type { SystemDefinition } from '../../../adapters/node/statelog.ts'
import type { FromThread } from '../../../adapters/node/threads/messages.ts'
import { Unreachable } from '../../../system/protocol/failures.ts'
import { ledger } from './system.ts'

/** Those of the last two lines join; then they block, soon, or say later that they have joined, or never; or that they did not start, and in the same moment that they did. */
export type Start =
  | 'well' | 'well after outside' | 'throws' | 'away' | 'hangs' | 'exits'
  | 'tells late' | 'tells both' | 'blocks' | 'blocks untold'
  | 'blocks outside' | 'blocks outside long'

export interface UnreadyThreads {
  readonly partitions: number
  /** Of all starts from the first; those after the last go well. */
  readonly plan: readonly Start[]
  /** What files begin with: one a start, and `-outside` once what blocks outside of JavaScript has ended. */
  readonly counter: string
}

const SOON_MS = 200
/** Longer than a replacement gets. */
const LATE_MS = 8000
/** Longer than until it is found; and than it is waited for then. */
const OUTSIDE_S = 2
const OUTSIDE_LONG_S = 10

export async function load({ partitions, plan, counter }: UnreadyThreads): Promise<SystemDefinition> {
  const start = plan[claimed(counter)] ?? 'well'
  switch (start) {
    case 'well': break
    case 'well after outside':
      if (existsSync(outsideOf(counter))) break
      throw new TypeError('the one before is there yet')
    case 'throws': throw new TypeError('this start fails')
    case 'away': throw new Unreachable('kafka/unreachable', 'no broker answers')
    case 'hangs': for (;;) await new Promise((resolve) => setTimeout(resolve, 1000))
    case 'exits': process.exit(3)
    default: onceJoined(start, counter)
  }
  return ledger(partitions, new Set())
}

/** Which start this is: several threads may start at one time. */
function claimed(counter: string): number {
  for (let nth = 0; ; nth += 1) {
    try {
      mkdirSync(`${counter}-${nth}`)
    } catch {
      continue
    }
    return nth
  }
}

function onceJoined(start: Start, counter: string): void {
  const port = parentPort
  if (port === null) throw new TypeError('no thread')
  const post = port.postMessage.bind(port)
  port.postMessage = (message: FromThread) => {
    if (message.kind !== 'started') return post(message)
    if (start === 'tells late') return void setTimeout(() => post(message), LATE_MS)
    if (start === 'tells both') post({ kind: 'unstarted', why: 'it says so', isAway: false } satisfies FromThread)
    if (start !== 'blocks untold') post(message)
    if (start === 'tells both') return
    setTimeout(() => block(start, counter), SOON_MS)
  }
}

function block(start: Start, counter: string): never {
  if (start.startsWith('blocks outside')) spawnSync('sh', ['-c', `sleep ${start === 'blocks outside' ? OUTSIDE_S : OUTSIDE_LONG_S}; : > '${outsideOf(counter)}'`])
  for (;;);
}

export const outsideOf = (counter: string): string => `${counter}-outside`
