// Request and reply between the main thread, which asks, and the worker threads, which own partitions: the rpc port over their messages.
//
// Owns: on the main thread, which thread serves an address, and the calls under way. On a worker thread, its servers.
//
// R1. What a thread served is over with it, and so are the calls to it: nobody serves there until its heir does.
import type { Clock } from '../../../system/ports/clock.ts'
import type { Rpc, RpcAddress, RpcResult } from '../../../system/ports/rpc.ts'
import { within } from '../../../system/protocol/within.ts'
import { memoryRpc } from '../../memory/rpc.ts'

/** To a worker thread. */
export interface CallMessage {
  readonly kind: 'call'
  readonly id: number
  readonly address: RpcAddress
  readonly request: Uint8Array
  readonly deadlineMs: number
}

/** From a worker thread. */
export type ServerMessage =
  | { readonly kind: 'serving'; readonly address: RpcAddress; readonly isServed: boolean }
  | { readonly kind: 'answer'; readonly id: number; readonly result: RpcResult }

/** Calls to one address under way at one time, also of callers that have gone; more fail. */
const CALLS_MAX = 2000

const nameOf = ({ group, partition }: RpcAddress): string => `${group}/${partition}`

interface Call<Thread> {
  readonly thread: Thread
  readonly settle: (result: RpcResult) => void
}

/** The main thread's side. */
export class ThreadCalls<Thread> {
  readonly #clock: Clock
  readonly #post: (thread: Thread, message: CallMessage) => void
  readonly #servers = new Map<string, Thread>()
  readonly #calls = new Map<number, Call<Thread>>()
  /** By address. */
  readonly #counts = new Map<string, number>()
  #made = 0

  constructor(clock: Clock, post: (thread: Thread, message: CallMessage) => void) {
    this.#clock = clock
    this.#post = post
  }

  async call(address: RpcAddress, request: Uint8Array, deadlineMs: number): Promise<RpcResult> {
    const name = nameOf(address)
    const thread = this.#servers.get(name)
    if (thread === undefined) return { kind: 'no-server' }
    const count = this.#counts.get(name) ?? 0
    if (count >= CALLS_MAX) return { kind: 'failed', reason: `${CALLS_MAX} calls to ${name} are under way already` }
    this.#counts.set(name, count + 1)
    const id = (this.#made += 1)
    const answer = new Promise<RpcResult>((settle) => this.#calls.set(id, { thread, settle }))
    // A copy: what is posted is cloned with all of the memory behind it.
    this.#post(thread, { kind: 'call', id, address, request: new Uint8Array(request), deadlineMs })
    return within(this.#clock, answer, deadlineMs, () => ({ kind: 'deadline' } as const)).finally(() => this.#ended(id, name))
  }

  #ended(id: number, name: string): void {
    this.#calls.delete(id)
    const left = (this.#counts.get(name) ?? 0) - 1
    if (left > 0) this.#counts.set(name, left)
    else this.#counts.delete(name)
  }

  take(thread: Thread, message: ServerMessage): void {
    if (message.kind === 'answer') return this.#calls.get(message.id)?.settle(message.result)
    const name = nameOf(message.address)
    if (message.isServed) this.#servers.set(name, thread)
    else if (this.#servers.get(name) === thread) this.#servers.delete(name)
  }

  /** R1. */
  forget(thread: Thread): void {
    for (const [name, server] of this.#servers) if (server === thread) this.#servers.delete(name)
    for (const call of this.#calls.values()) if (call.thread === thread) call.settle({ kind: 'no-server' })
  }

  /** For callers on the main thread: nobody serves there. */
  get rpc(): Rpc {
    return {
      serve: async () => async () => {},
      call: (address, request, deadlineMs) => this.call(address, request, deadlineMs),
      close: async () => {},
    }
  }
}

/** A worker thread's side. */
export interface ThreadServers {
  readonly rpc: Rpc
  take(message: CallMessage): void
}

export function threadServers(clock: Clock, say: (message: ServerMessage) => void): ThreadServers {
  const servers = memoryRpc(clock)
  const counts = new Map<string, number>()
  const count = (address: RpcAddress, change: number): number => {
    const now = (counts.get(nameOf(address)) ?? 0) + change
    counts.set(nameOf(address), now)
    return now
  }
  return {
    rpc: {
      ...servers,
      serve: async (address, answer) => {
        const stop = await servers.serve(address, answer)
        count(address, 1)
        say({ kind: 'serving', address, isServed: true })
        return async () => {
          await stop()
          if (count(address, -1) === 0) say({ kind: 'serving', address, isServed: false })
        }
      },
    },
    take: ({ id, address, request, deadlineMs }) => void servers.call(address, request, deadlineMs).then((result) => say({ kind: 'answer', id, result })),
  }
}
