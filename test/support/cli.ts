// Runs the command `statelog` as a child process, as a user or a script would.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { installedBun, thisMachine } from '../../adapters/cli/launch/runtime.js'

const root = join(import.meta.dirname, '../..')
export const METERS = 'test/support/meters/meters.scenario.ts'

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves with the first line of standard output that fits; rejects when the process ends before. */
  line(fits: (line: string) => boolean): Promise<string>
}

/** Paths of the runtimes that are installed: the one of this test, and Bun. */
export const RUNTIMES: readonly string[] = [...new Set([process.execPath, installedBun(thisMachine(root)) ?? process.execPath])]
export const [HERE = process.execPath] = RUNTIMES

/** Starts `statelog` with the arguments, in the repository's folder; by itself without a parent that would start it again. */
export function start(runtime: string, args: readonly string[], isSupervised = false): Running {
  const child = spawn(runtime, ['adapters/cli/main.ts', ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_NO_WARNINGS: '1', STATELOG_SUPERVISE: isSupervised ? undefined : 'off' } })
  let stdout = ''
  let stderr = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const look of waiting) look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) => child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr })))
  const line = (fits: (line: string) => boolean): Promise<string> => new Promise((resolve, reject) => {
    const look = (): void => {
      const found = stdout.split('\n').slice(0, -1).find(fits)
      if (found === undefined) return
      waiting.delete(look)
      resolve(found)
    }
    waiting.add(look)
    void ended.then(({ exitCode }) => reject(new TypeError(`ended with ${exitCode} before that line:\n${stdout}\n${stderr}`)))
    look()
  })
  return { child, ended, line }
}

export function call(runtime: string, args: readonly string[]): Promise<Ended> {
  return start(runtime, args).ended
}

/** The objects of JSON lines. */
export function objects(text: string): readonly Record<string, unknown>[] {
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** The last object of a `run --json`. */
export function summaryOf({ stdout, stderr }: Ended): Record<string, unknown> {
  const summary = objects(stdout).at(-1)
  if (summary?.['type'] !== 'summary') throw new TypeError(`no summary:\n${stdout}\n${stderr}`)
  return summary
}

/** A folder of its own for a test, removed at its end. */
export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'statelog-e2e-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'data')
}
