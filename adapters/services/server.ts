// A server process on this machine: started with its output in a file, waited for, ended.
//
// Owns: the process. A pid alone does not name a process for ever: its start time goes with it.
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { OperationError } from '../../system/protocol/failures.ts'

export interface Running {
  readonly pid: number
  /** When the kernel started it; '' where that cannot be known. */
  readonly since: string
}

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  /** Where its output goes. */
  readonly output: string
  /** Survives this process. */
  readonly detached: boolean
  readonly isReady: () => Promise<boolean>
  readonly readyMsMax: number
}

const AGAIN_MS = 100
const END_MS_MAX = 15_000

/** Resolves when the server is ready. Throws with the end of its output when it is not in time, or ends. */
export async function launch({ command, args, folder, output, detached, isReady, readyMsMax }: Launch): Promise<Running> {
  const log = openSync(output, 'a')
  const child = spawn(command, args, { cwd: folder, detached, stdio: ['ignore', log, log] })
  closeSync(log)
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`))
  })
  let reason: string | undefined
  void failed.then((why) => (reason = why))
  const untilMs = performance.now() + readyMsMax
  while (reason === undefined && performance.now() < untilMs) {
    if (await isReady().catch(() => false)) {
      child.unref()
      return { pid: child.pid ?? 0, since: startOf(child.pid ?? 0) }
    }
    await sleep(AGAIN_MS)
  }
  child.kill('SIGKILL')
  throw new OperationError('services/start', `${command} did not start: ${reason ?? `it was not ready within ${readyMsMax / 1000} s`}\n${tail(output)}`)
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n') : ''
}

/** Of a process, in ticks since the machine started (Linux). */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

/** The very process that was started, not another one that got its pid. */
export function isRunning({ pid, since }: Running): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return startOf(pid) === since
}

/** Asks it to end, and ends it when it does not. */
export async function end(running: Running): Promise<void> {
  if (!isRunning(running)) return
  process.kill(running.pid, 'SIGTERM')
  const untilMs = performance.now() + END_MS_MAX
  while (isRunning(running) && performance.now() < untilMs) await sleep(20)
  if (isRunning(running)) process.kill(running.pid, 'SIGKILL')
}

/** A port of the loopback that nobody has: the wanted one, or any. */
export async function freePort(wanted: number): Promise<number> {
  const taken = await new Promise<number | undefined>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined))
    })
  })
  return taken ?? freePort(0)
}

/** What a server answers to some bytes, as soon as there are `bytesMin` of them. */
export function exchange(port: number, request: Uint8Array | string, bytesMin: number, msMax = 1000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.setTimeout(msMax, () => socket.destroy(new TypeError('no answer')))
    socket.once('connect', () => void socket.write(request))
    socket.once('error', reject)
    socket.once('close', () => reject(new TypeError('closed')))
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      if (bytes.length < bytesMin) return
      resolve(bytes)
      socket.destroy()
    })
  })
}

export const isInstalled = (command: string, versionFlag: string): boolean => spawnSync(command, [versionFlag], { stdio: 'ignore' }).error === undefined
