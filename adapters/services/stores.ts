// redis-server and nats-server on this machine, on the loopback, with their data in a folder.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { exchange, freePort, isInstalled, launch } from './server.ts'
import type { Running } from './server.ts'

export interface StoreOptions {
  readonly folder: string
  readonly port: number
  readonly detached: boolean
  readonly args?: readonly string[]
}

export interface Store {
  readonly port: number
  readonly running: Running
}

const READY_MS_MAX = 10_000

export const redisMissing = (): string | undefined => (isInstalled('redis-server', '--version') ? undefined : 'redis-server is not installed (Debian: apt-get install redis-server)')

export const natsMissing = (): string | undefined => (isInstalled('nats-server', '--version') ? undefined : 'nats-server is not installed (Debian: apt-get install nats-server)')

export function startRedis(options: StoreOptions): Promise<Store> {
  const args = (port: number, home: string): readonly string[] => ['--bind', '127.0.0.1', '--port', String(port), '--dir', home, '--save', '', '--appendonly', 'no']
  return start('redis-server', 'redis', options, args, async (port) => String(await exchange(port, 'PING\r\n', 5)).startsWith('+PONG'))
}

export function startNats(options: StoreOptions): Promise<Store> {
  const args = (port: number): readonly string[] => ['--addr', '127.0.0.1', '--port', String(port)]
  return start('nats-server', 'nats', options, args, async (port) => String(await exchange(port, '', 5)).startsWith('INFO'))
}

async function start(command: string, name: string, { folder, port: wanted, detached, args = [] }: StoreOptions, own: (port: number, home: string) => readonly string[], answers: (port: number) => Promise<boolean>): Promise<Store> {
  const home = join(folder, name)
  mkdirSync(home, { recursive: true })
  const port = await freePort(wanted)
  const running = await launch({ command, args: [...own(port, home), ...args], folder: home, output: join(home, 'output.log'), detached, isReady: () => answers(port), readyMsMax: READY_MS_MAX })
  return { port, running }
}
