// Connection: one client of Redis whose every call ends in time.
//
// Owns: the client, what is under way, what is told of its state. Knows nothing of buckets.
//
// R1. A call ends within timeoutMs and a turn of the event loop, whatever Redis does; an answer after that is nobody's.
// R2. Without a connection a call is refused at once. Only the very first attempt to connect is waited for, within the call's own time.
// R3. At most UNDER_WAY_BYTES_MAX of requests are under way; more are refused.
// R4. No error of the client goes unhandled; each change of state is told once.
import { OperationError } from '../../system/protocol/failures.ts'
import type { Address } from './address.ts'
import { Condition } from './condition.ts'
import type { Part } from './condition.ts'
import type { Client } from './client.ts'
import { behind, closed, operationError, timedOut } from './problems.ts'

const UNDER_WAY_BYTES_MAX = 64 << 20
/** How long closing waits for Redis to hang up. */
const CLOSE_MS_MAX = 200

/** Codes that say something of the connection, whatever the call. */
const OF_CONNECTION = new Set(['redis/timeout', 'redis/unreachable', 'redis/loading', 'redis/cluster-down', 'redis/password', 'redis/certificate'])

type Link =
  | { readonly kind: 'starting'; readonly isOver: Promise<void>; readonly end: () => void }
  | { readonly kind: 'up' }
  | { readonly kind: 'down'; readonly problem: OperationError }
  | { readonly kind: 'closed' }

export class Connection {
  readonly #client: Client
  readonly #shown: string
  readonly #timeoutMs: number
  readonly #condition: Condition
  #link: Link
  #underWayBytes = 0

  constructor(client: Client, { shown }: Address, timeoutMs: number, onState: (message: string) => void) {
    this.#client = client
    this.#shown = shown
    this.#timeoutMs = timeoutMs
    this.#condition = new Condition(shown, onState)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#link = { kind: 'starting', isOver: promise, end: resolve }
    client.on('ready', () => this.#turn({ kind: 'up' }))
    client.on('error', (error: unknown) => this.#fell(error))
    client.on('node error', (error: unknown) => {
      if (client.status !== 'ready') this.#fell(error)
    })
    client.on('close', () => {
      if (this.#link.kind === 'up') this.#fell(new TypeError('the connection was closed'))
    })
  }

  /** `bytes`: size of what is sent. Rejects with an OperationError. */
  async call<T>(part: 'reads' | 'writes', bytes: number, send: (client: Client) => Promise<T>): Promise<T> {
    try {
      const answer = await within(this.#timeoutMs, this.#send(bytes, send), () => timedOut(this.#shown, this.#timeoutMs))
      if (this.#link.kind === 'up') this.#condition.wentWell('connection')
      this.#condition.wentWell(part)
      return answer
    } catch (thrown) {
      const problem = this.#problemOf(thrown)
      // One that was refused for the state of the link adds nothing to what was told of it.
      if (this.#link.kind === 'up') this.#condition.wentWrong(partOf(problem, part), problem)
      throw problem
    }
  }

  /** The client rejects what was under way when its connection ended, whatever ended that. */
  #problemOf(thrown: unknown): OperationError {
    return this.#link.kind === 'down' && !(thrown instanceof OperationError) ? this.#link.problem : operationError(this.#shown, thrown)
  }

  async #send<T>(bytes: number, send: (client: Client) => Promise<T>): Promise<T> {
    if (this.#underWayBytes + bytes > UNDER_WAY_BYTES_MAX) throw behind(this.#shown, UNDER_WAY_BYTES_MAX)
    // Held until Redis or the end of the connection settles it: what timed out may still be on its way.
    this.#underWayBytes += bytes
    try {
      if (this.#link.kind === 'starting') await this.#link.isOver
      const link = this.#link
      if (link.kind === 'closed') throw closed(this.#shown)
      if (link.kind === 'down') throw link.problem
      return await send(this.#client)
    } finally {
      this.#underWayBytes -= bytes
    }
  }

  /** Ends soon, also when Redis hangs. Calls under way are rejected. */
  async close(): Promise<void> {
    if (this.#link.kind === 'closed') return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, CLOSE_MS_MAX)
    this.#client.once('end', resolve)
    this.#turn({ kind: 'closed' })
    this.#client.disconnect()
    await promise
    clearTimeout(timer)
  }

  #fell(error: unknown): void {
    const problem = operationError(this.#shown, error)
    if (this.#link.kind !== 'closed') this.#condition.wentWrong('connection', problem)
    this.#turn({ kind: 'down', problem })
  }

  #turn(to: Link): void {
    const from = this.#link
    if (from.kind === 'closed') return
    this.#link = to
    if (from.kind === 'starting') from.end()
    if (from.kind === 'down' && to.kind === 'up') this.#condition.wentWell('connection')
  }
}

function partOf(problem: OperationError, part: Part): Part {
  return OF_CONNECTION.has(problem.code) ? 'connection' : part
}

/** The work's own end, or `late()` when it has none in time. */
function within<T>(ms: number, work: Promise<T>, late: () => OperationError): Promise<T> {
  return new Promise((resolve, reject) => {
    // A turn of grace: when this process itself was busy, the answer may lie in the socket.
    const timer = setTimeout(() => setImmediate(() => reject(late())), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
