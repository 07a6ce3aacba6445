// Redis servers for tests: one on a port of its own for each test that flushes, stops or kills it, and the address of one that tests share.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Redis } from 'ioredis'
import { redisCache } from '../../adapters/redis/cache.ts'
import type { RedisCacheOptions } from '../../adapters/redis/cache.ts'
import type { SnapshotCache } from '../../system/ports/cache.ts'
import { untilStopped } from './stopped.ts'

/** Of a Redis that tests share: each keeps to a prefix of its own. Undefined: they are skipped. */
export const SHARED_REDIS = process.env['STATELOG_REDIS']
export const WITHOUT_SHARED_REDIS = { skip: 'STATELOG_REDIS is not set: give redis://host:port of a Redis or Valkey' }

const NO_SERVER = 'none'

/** What a server is: the programs of this machine that the driver serves. */
export interface ServerProgram {
  readonly name: 'redis' | 'valkey'
  readonly path: string
}

export const SERVER_PROGRAMS: readonly ServerProgram[] = [program('redis', undefined), program('valkey', process.env['STATELOG_VALKEY_SERVER'])].flatMap((found) => found ?? [])
export const HAS_REDIS_SERVER = SERVER_PROGRAMS.length > 0
/** `none`: this machine is known to have none, and nothing is said of it. */
export const LACKS_VALKEY = process.env['STATELOG_VALKEY_SERVER'] !== NO_SERVER && SERVER_PROGRAMS.every(({ name }) => name !== 'valkey')
export const WITHOUT_VALKEY_SERVER = { skip: 'there is no valkey-server on the PATH: install it, or name one with STATELOG_VALKEY_SERVER=<path>' }
export const WITHOUT_REDIS_SERVER = { skip: 'neither redis-server nor valkey-server is installed' }

/** The rights that the driver's page asks for. */
export const PAGE_RIGHTS = rightsOf(readFileSync(join(import.meta.dirname, '../../adapters/redis/README.md'), 'utf8'))

function rightsOf(page: string): readonly string[] {
  return (/ACL SETUSER statelog (.*)/.exec(page)?.[1] ?? '').split(' ').filter((word) => word !== 'on' && !word.startsWith('>'))
}

function program(name: ServerProgram['name'], given: string | undefined): ServerProgram | undefined {
  if (given === NO_SERVER) return undefined
  const path = given ?? (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, `${name}-server`)).find((file) => existsSync(file))
  return path === undefined ? undefined : { name, path }
}

const START_MS_MAX = 20_000

/** Caches that share a Redis: the keys of each begin with a prefix of its own. */
export class IsolatedCaches {
  readonly #caches: SnapshotCache[] = []

  create(options: RedisCacheOptions): SnapshotCache {
    const cache = redisCache({ ...options, prefix: `statelog-test-${randomUUID()}:` })
    this.#caches.push(cache)
    return cache
  }

  /** Also those whose test failed. */
  async close(): Promise<void> {
    await Promise.all(this.#caches.map((cache) => cache.close()))
  }
}

export interface ServerOptions {
  /** In a group of its own, which a signal from the keyboard does not reach. */
  readonly isApart?: boolean
  /** Else the first that is there. */
  readonly program?: ServerProgram | undefined
}

export class RedisServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'statelog-redis-'))
  readonly port: number
  readonly #args: readonly string[]
  readonly #isApart: boolean
  readonly #program: string
  #process: ChildProcess | undefined
  #admin: Redis | undefined
  readonly #caches: SnapshotCache[] = []

  constructor(port: number, args: readonly string[], { isApart = false, program = SERVER_PROGRAMS[0] }: ServerOptions = {}) {
    this.port = port
    this.#args = args
    this.#isApart = isApart
    this.#program = program?.path ?? 'redis-server'
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** A client that waits, for what a test does to the server. */
  get admin(): Redis {
    if (this.#admin === undefined) {
      this.#admin = new Redis({ port: this.port, host: '127.0.0.1', retryStrategy: () => 20 })
      this.#admin.on('error', () => {})
    }
    return this.#admin
  }

  /** A cache in it, closed when the server is stopped. */
  cache(options: Partial<RedisCacheOptions> = {}): SnapshotCache {
    const cache = redisCache({ url: this.url, ...options })
    this.#caches.push(cache)
    return cache
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    if (this.isRunning) return
    const args = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.folder, '--save', '', '--appendonly', 'no', '--loglevel', 'warning', ...this.#args]
    const child = spawn(this.#program, args, { detached: this.#isApart, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()))
    const untilMs = performance.now() + START_MS_MAX
    while (!(await isOpen(this.port))) {
      if (child.exitCode !== null || performance.now() > untilMs) throw new TypeError(`${this.#program} ended with ${child.exitCode}: ${said}`)
    }
  }

  get isRunning(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** As the operating system does it: nothing is saved. */
  async kill(): Promise<void> {
    const child = this.#process
    if (child === undefined || !this.isRunning) return
    const isOver = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await isOver
  }

  /** Stands still with all its connections open. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
    if (this.#process?.pid !== undefined) untilStopped(this.#process.pid)
  }

  goOn(): void {
    this.#process?.kill('SIGCONT')
  }

  async stop(): Promise<void> {
    this.goOn()
    await Promise.all(this.#caches.map((cache) => cache.close()))
    this.#admin?.disconnect()
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A server with these further arguments; stopped when the test has ended. */
export async function withRedis<T>(args: readonly string[], run: (server: RedisServer) => Promise<T>, program?: ServerProgram): Promise<T> {
  const server = new RedisServer(await freePort(), args, { program })
  try {
    await server.start()
    return await run(server)
  } finally {
    await server.stop()
  }
}

/** A port that nobody had a moment ago; below 55,535, so that a Cluster's second port exists. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    await new Promise((resolve) => server.close(resolve))
    if (port > 0 && port < 55_535) return port
  }
}

/** Whether it answers, if only that it wants a password. */
function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.on('data', (data) => {
      resolve(/^(\+PONG|-NOAUTH|-NOPERM)/.test(data.toString()))
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(false))
  })
}

/** Resolves when it holds; asks again and again. */
export async function until(holds: () => Promise<boolean> | boolean, msMax = 10_000): Promise<void> {
  const untilMs = performance.now() + msMax
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new TypeError(`not after ${msMax} ms: ${holds.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
