// Child processes of the test run: started in a group of their own, read line by line, ended as a group.
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface Command {
  readonly path: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly deadlineMs: number
  onStdout(line: string): void
  onStderr(line: string): void
}

export type End = { readonly kind: 'exit'; readonly code: number } | { readonly kind: 'signal'; readonly signal: string } | { readonly kind: 'deadline' }

const running = new Set<ChildProcess>()

export function runCommand(command: Command): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(command.path, command.args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: command.env })
    running.add(child)
    let isLate = false
    const deadline = setTimeout(() => {
      isLate = true
      killGroup(child)
    }, command.deadlineMs)
    eachLine(child.stdout, (line) => command.onStdout(line))
    eachLine(child.stderr, (line) => command.onStderr(line))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(deadline)
      running.delete(child)
      if (isLate) resolve({ kind: 'deadline' })
      else if (signal !== null) resolve({ kind: 'signal', signal })
      else resolve({ kind: 'exit', code: code ?? 1 })
    })
  })
}

/** Ends every child of this run; for the run's own end by a signal. */
export function killAll(): void {
  for (const child of running) killGroup(child)
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // The group ended by itself in the meantime.
  }
}

function eachLine(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity }).on('line', take)
}

/** What Node makes of source, kept between test processes: each of them loads some hundred files. */
const COMPILED = join(import.meta.dirname, '../../node_modules/.cache/statelog-tests')

/** How a machine reaches the registry of packages: what is packed is installed as a stranger would. */
export const WAY_OUT: readonly string[] = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy']

const PASSED_ON = ['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR', 'TEMP', 'TMP', 'CI', ...WAY_OUT]

/** The small environment tests see: what a machine happens to export must change neither a test nor what a runtime prints. */
export function testEnvironment(seed: number): Record<string, string> {
  const env: Record<string, string> = { STATELOG_TEST_SEED: String(seed), NODE_COMPILE_CACHE: COMPILED }
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (PASSED_ON.includes(name) || (name.startsWith('STATELOG_') && name !== 'STATELOG_TEST_SEED'))) env[name] = value
  }
  return env
}
