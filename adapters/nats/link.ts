// Link: one connection to NATS at a time, made again for as long as nobody closes it.
//
// Owns: the connection, and why there is none. What travels over it belongs to callers.ts and servers.ts.
//
// L1. A connection that is lost is over: nothing waits in it for the next one, and whoever used it is told at once.
// L2. Tries to connect stand apart by pauses that grow to PAUSE_MS_MAX, forever.
// L3. A change of the state is told once, not each failed try.
import { isIP } from 'node:net'
import { connect, Events, NatsError } from 'nats'
import type { ConnectionOptions, NatsConnection, Status } from 'nats'
import { knock } from './knock.ts'
import type { Server, Settings } from './options.ts'

const PAUSE_MS_MIN = 50
const PAUSE_MS_MAX = 5000
/** A connection that held this long ends a row of failures. */
const STEADY_MS = 10_000
const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_)/
/** A server that does not answer for two of these is given up. */
const PING_MS = 2000

export type LinkState =
  | { readonly kind: 'up'; readonly connection: NatsConnection }
  | { readonly kind: 'down'; readonly reason: string }
  | { readonly kind: 'closed' }

/** Who uses the connection. */
export interface LinkUser {
  up(connection: NatsConnection): void
  down(reason: string): void
  /** The server refuses what this user sent to a subject. */
  publishDenied(subject: string): void
}

type Dialled = { readonly kind: 'up'; readonly connection: NatsConnection } | { readonly kind: 'failed'; readonly reason: string }

export class Link {
  readonly #settings: Settings
  readonly #users: readonly LinkUser[]
  readonly #closing = new AbortController()
  #state: LinkState = { kind: 'down', reason: 'it has not been tried yet' }
  #wasTold = false

  constructor(settings: Settings, users: readonly LinkUser[]) {
    this.#settings = settings
    this.#users = users
  }

  get state(): LinkState {
    return this.#state
  }

  /** Resolves when the first try is over, however it ended. */
  start(): Promise<void> {
    return new Promise((resolve) => void this.#keep(resolve))
  }

  async close(): Promise<void> {
    const connection = this.#state.kind === 'up' ? this.#state.connection : undefined
    this.#state = { kind: 'closed' }
    this.#closing.abort()
    await connection?.close()
  }

  async #keep(tried: () => void): Promise<void> {
    for (let failures = 0; !this.#closing.signal.aborted; failures += 1) {
      const dialled = await this.#dial()
      if (this.#closing.signal.aborted) {
        if (dialled.kind === 'up') await dialled.connection.close()
        return tried()
      }
      if (dialled.kind === 'up') {
        const sinceMs = performance.now()
        this.#goUp(dialled.connection)
        tried()
        this.#goDown(await lossOf(dialled.connection))
        if (performance.now() - sinceMs >= STEADY_MS) failures = 0
      } else this.#goDown(dialled.reason)
      tried()
      await pause(pauseMs(failures), this.#closing.signal)
    }
  }

  #goUp(connection: NatsConnection): void {
    this.#state = { kind: 'up', connection }
    if (this.#wasTold) this.#tell(`NATS at ${this.#settings.shown} is connected`)
    this.#wasTold = false
    void this.#hear(connection)
    for (const user of this.#users) user.up(connection)
  }

  #goDown(reason: string): void {
    if (this.#state.kind === 'closed') return
    const wasUp = this.#state.kind === 'up'
    this.#state = { kind: 'down', reason }
    if (wasUp) for (const user of this.#users) user.down(reason)
    if (!this.#wasTold) this.#tell(`NATS at ${this.#settings.shown} ${wasUp ? 'is lost' : 'cannot be reached'}: ${reason}; it is tried again until it is there`)
    this.#wasTold = true
  }

  /** A defect of who listens is not one of the connection. */
  #tell(message: string): void {
    try {
      this.#settings.onState(message)
    } catch {
      // Whoever listens has said enough.
    }
  }

  /** What the server says beside the messages. */
  async #hear(connection: NatsConnection): Promise<void> {
    for await (const { type, permissionContext } of connection.status() as AsyncIterable<Status>) {
      // The library waits until what it has written is read, which a server that hangs never does.
      if (String(type) === 'staleConnection') void connection.close()
      if (type === Events.Error && permissionContext?.operation === 'publish') for (const user of this.#users) user.publishDenied(permissionContext.subject)
    }
  }

  async #dial(): Promise<Dialled> {
    const { servers, connectTimeoutMs } = this.#settings
    const problems: string[] = []
    for (const server of servers) {
      const problem = await knock(server, connectTimeoutMs, this.#closing.signal)
      if (this.#closing.signal.aborted) return { kind: 'failed', reason: 'closed' }
      const dialled: Dialled = problem === undefined ? await connected(server, this.#settings) : { kind: 'failed', reason: problem }
      if (dialled.kind === 'up') return dialled
      problems.push(servers.length === 1 ? dialled.reason : `${server.host}:${server.port}: ${dialled.reason}`)
    }
    return { kind: 'failed', reason: problems.join('; ') }
  }
}

async function connected({ host, port }: Server, { credentials, isTls, ca, connectTimeoutMs, name }: Settings): Promise<Dialled> {
  const options: ConnectionOptions = {
    servers: `${host.includes(':') ? `[${host}]` : host}:${port}`, name, timeout: connectTimeoutMs, reconnect: false, resolve: false, noAsyncTraces: true,
    pingInterval: PING_MS, maxPingOut: 2, ignoreClusterUpdates: true,
    ...(credentials.kind === 'token' ? { token: credentials.token } : {}),
    ...(credentials.kind === 'user' ? { user: credentials.user, pass: credentials.password } : {}),
    ...(isTls ? { tls: tlsOf(host, ca) } : {}),
  }
  try {
    const connection = await connect(options)
    if (connection.info?.headers === true) return { kind: 'up', connection }
    await connection.close()
    return { kind: 'failed', reason: 'the server is too old: NATS 2.2 or newer is needed' }
  } catch (thrown) {
    return { kind: 'failed', reason: problemOf(thrown) }
  }
}

/** Checked against the name that was asked for; an IP address is not sent as a name (RFC 6066). */
function tlsOf(host: string, ca: string | undefined): NonNullable<ConnectionOptions['tls']> {
  // The library hands more on to the runtime's TLS than its types say.
  const options: object = { host, ...(isIP(host) === 0 ? { servername: host } : {}), ...(ca === undefined ? {} : { ca }) }
  return options as NonNullable<ConnectionOptions['tls']>
}

function problemOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const inner = thrown instanceof NatsError ? thrown.chainedError?.message : undefined
  const message = inner ?? (thrown instanceof Error ? thrown.message : String(thrown))
  if (/authorization violation/i.test(message)) return 'it refuses the user, the password or the token (authorization violation)'
  const untrusted = [thrown, (thrown as { readonly chainedError?: unknown }).chainedError].map((each) => String((each as { readonly code?: unknown } | undefined)?.code)).find((each) => UNTRUSTED.test(each))
  if (untrusted !== undefined) return `its certificate is not trusted (${untrusted}): write tls:// and name the file of the authority that signed it, --nats-ca file.pem`
  if (code === 'SERVER_OPT_NA') return 'the server offers no TLS; write nats:// or configure it'
  if (code === 'TIMEOUT') return 'no answer in time'
  return message === '' ? code : message
}

async function lossOf(connection: NatsConnection): Promise<string> {
  const error = await connection.closed()
  return error instanceof Error ? problemOf(error) : 'the connection ended'
}

/** Half fixed, half chance, so that those who lost one server do not come back together. */
function pauseMs(failures: number): number {
  const ceilingMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(failures, 10))
  return ceilingMs * (0.5 + Math.random() / 2)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
