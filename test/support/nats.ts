// NATS for tests: servers of their own on free ports of this machine, as one test needs them.
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { untilStopped } from './stopped.ts'

const HOST = '127.0.0.1'
const isInstalled = spawnSync('nats-server', ['--version']).status === 0

/** Of tests that start servers: runs them where `nats-server` is installed, else says why not. */
export const withNatsServer: { readonly skip?: string } = isInstalled ? {} : { ['skip']: 'nats-server is not on the PATH' }

export interface NatsServer {
  readonly url: string
  readonly port: number
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>
  /** On the same port; resolves when it takes connections. */
  start(): Promise<void>
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void
  /** Its configuration from the next start or SIGHUP on. */
  configure(config: string): void
}

/** Ends with the test. `config`: lines of a NATS configuration beside the address. */
export async function natsServer(t: TestContext, config = ''): Promise<NatsServer> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'statelog-nats-'))
  const file = join(folder, 'nats.conf')
  let child: ChildProcess | undefined
  const configure = (text: string): void => writeFileSync(file, `listen: "${HOST}:${port}"\n${text}\n`)
  const start = async (): Promise<void> => {
    child = spawn('nats-server', ['-c', file], { stdio: 'ignore' })
    await greeting(port)
  }
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child?.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  configure(config)
  t.after(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await start()
  const signal = (name: NodeJS.Signals): void => {
    child?.kill(name)
    if (name === 'SIGSTOP' && child?.pid !== undefined) untilStopped(child.pid)
  }
  return { url: `nats://${HOST}:${port}`, port, kill, start, configure, signal }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, HOST, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** Resolves when a server greets at the port; one that starts refuses connections for a moment. */
async function greeting(port: number): Promise<void> {
  const untilMs = performance.now() + 10_000
  while (!(await greets(port))) {
    if (performance.now() > untilMs) throw new TypeError(`nats-server did not start on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: HOST, port })
    const end = (is: boolean): void => {
      socket.destroy()
      resolve(is)
    }
    socket.once('data', () => end(true))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })
}
