// Request and reply between the main thread, which asks, and the worker threads, which own partitions: the rpc port over their messages.
//
// Owns: on the main thread, which thread serves an address, and the calls under way. On a worker thread, its servers.
//
// R1. What a thread served is over with it, and so are the calls to it: nobody serves there until its heir does.
import type { Clock } from '../../../system/ports/clock.ts'
import type { Rpc, RpcAddress, RpcResult } from '../../../system/ports/rpc.ts'
import { within } from '../../../system/protocol/within.ts'
import { memoryRpc } from '../../memory/rpc.ts'
import { Bundler, unbundle } from './bundle.ts'
import type { Bundle } from './bundle.ts'

interface CallHead {
  readonly id: number
  readonly name: string
}

/** To a worker thread. */
export interface CallMessage {
  readonly kind: 'calls'
  readonly calls: Bundle<CallHead>
}

interface AnswerHead {
  readonly id: number
  /** Without bytes: what came instead. */
  readonly instead?: Exclude<RpcResult, { readonly kind: 'answer' }>
}

/** From a worker thread. */
export type ServerMessage =
  | { readonly kind: 'serving'; readonly address: RpcAddress; readonly isServed: boolean }
  | { readonly kind: 'answers'; readonly answers: Bundle<AnswerHead> }

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
  readonly #absence: (last: Thread | undefined) => string | undefined
  readonly #servers = new Map<string, Thread>()
  /** By address: who serves there, or did last. */
  readonly #last = new Map<string, Thread>()
  readonly #calls = new Map<number, Call<Thread>>()
  readonly #bundlers = new Map<Thread, Bundler<CallHead>>()
  /** By address. */
  readonly #counts = new Map<string, number>()
  #made = 0

  /** `absence`: why the thread is missing that served last; where none did, why any is. */
  constructor(clock: Clock, post: (thread: Thread, message: CallMessage) => void, absence: (last: Thread | undefined) => string | undefined = () => undefined) {
    this.#clock = clock
    this.#post = post
    this.#absence = absence
  }

  async call(address: RpcAddress, request: Uint8Array, deadlineMs: number): Promise<RpcResult> {
    const name = nameOf(address)
    const thread = this.#servers.get(name)
    if (thread === undefined) {
      const reason = this.absence(address)
      return { kind: 'no-server', ...(reason === undefined ? {} : { reason }) }
    }
    const count = this.#counts.get(name) ?? 0
    if (count >= CALLS_MAX) return { kind: 'failed', reason: `${CALLS_MAX} calls to ${name} are under way already` }
    this.#counts.set(name, count + 1)
    const id = (this.#made += 1)
    const answer = new Promise<RpcResult>((settle) => this.#calls.set(id, { thread, settle }))
    this.#bundlerOf(thread).add({ id, name }, request)
    return within(this.#clock, answer, deadlineMs, () => ({ kind: 'deadline' } as const)).finally(() => this.#ended(id, name))
  }

  /** Why nobody serves there; undefined: it moves. */
  absence(address: RpcAddress): string | undefined {
    return this.#absence(this.#last.get(nameOf(address)))
  }

  #bundlerOf(thread: Thread): Bundler<CallHead> {
    let bundler = this.#bundlers.get(thread)
    // After all sockets that have something to say were read.
    if (bundler === undefined) this.#bundlers.set(thread, bundler = new Bundler((calls) => this.#post(thread, { kind: 'calls', calls }), setImmediate))
    return bundler
  }

  #ended(id: number, name: string): void {
    this.#calls.delete(id)
    const left = (this.#counts.get(name) ?? 0) - 1
    if (left > 0) this.#counts.set(name, left)
    else this.#counts.delete(name)
  }

  take(thread: Thread, message: ServerMessage): void {
    if (message.kind === 'answers') return unbundle(message.answers, ({ id, instead }, bytes) => this.#calls.get(id)?.settle(instead ?? { kind: 'answer', bytes }))
    const name = nameOf(message.address)
    if (message.isServed) {
      this.#servers.set(name, thread)
      this.#last.set(name, thread)
    } else if (this.#servers.get(name) === thread) this.#servers.delete(name)
  }

  /** R1. */
  forget(thread: Thread): void {
    this.#bundlers.delete(thread)
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

type Server = (request: Uint8Array) => Promise<Uint8Array>

/** A worker thread's side. */
export interface ThreadServers {
  readonly rpc: Rpc
  take(message: CallMessage): void
}

export function threadServers(clock: Clock, say: (message: ServerMessage) => void): ThreadServers {
  const near = memoryRpc(clock)
  /** By address, the newest last. */
  const servers = new Map<string, Set<Server>>()
  const answers = new Bundler<AnswerHead>((bundle) => say({ kind: 'answers', answers: bundle }), queueMicrotask)
  return {
    rpc: {
      ...near,
      serve: async (address, answer) => {
        const stop = await near.serve(address, answer)
        const name = nameOf(address)
        const own = servers.get(name) ?? new Set()
        servers.set(name, own.add(answer))
        say({ kind: 'serving', address, isServed: true })
        return async () => {
          await stop()
          own.delete(answer)
          if (own.size === 0) say({ kind: 'serving', address, isServed: false })
        }
      },
    },
    // How long is waited is the asker's business.
    take: ({ calls }) => unbundle(calls, ({ id, name }, request) => {
      const server = [...(servers.get(name) ?? [])].at(-1)
      if (server === undefined) return answers.add({ id, instead: { kind: 'no-server' } })
      void server(request).then(
        (bytes) => answers.add({ id }, bytes),
        (thrown: unknown) => answers.add({ id, instead: { kind: 'failed', reason: thrown instanceof Error ? thrown.message : String(thrown) } }),
      )
    }),
  }
}
