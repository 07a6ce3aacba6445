// Supervisor: the parent of `statelog run`. Starts the runtime as a child and starts it again when it dies, within limits.
//
// Owns: the child process, the signals that reach it, the count of restarts. Knows nothing of what the child does.
//
// S1. A child that ends by itself (done, a problem, misuse, interrupted) is not started again; its exit code is ours.
// S2. A child never outlives its parent: it sees the channel close, and ends at once. Whatever it had not committed is polled again.
// S3. A signal that asks to stop is passed on, and after it nothing is started: also when it comes before the child is there, or between two.
// S4. At most RESTARTS_MAX restarts within RESTART_PERIOD_MS, with growing pauses; then we give up and say so.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { systemClock } from '../node/clock.ts'
import { compiledEnv } from '../node/compiled.ts'
import { heapStart } from '../node/heap.ts'
import { EXIT } from './exit-codes.ts'
import type { Io } from './io.ts'
import { forwardSignals } from './launch/child.js'

const RESTARTS_MAX = 10
const RESTART_PERIOD_MS = 60_000
const PAUSE_MS_MIN = 100
const PAUSE_MS_MAX = 5000
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const CHILD = 'STATELOG_SUPERVISED'
/** Names the runtime across restarts: on a cluster it gets back what it had. */
const INSTANCE = 'STATELOG_INSTANCE'

/** Whether this command line gets a supervising parent. Not where another one watches already: systemd, Kubernetes, or ours. */
export function isToBeSupervised(args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  const [command] = args
  if (command !== 'run' || args.some((arg) => arg === '--no-supervise' || arg === '--help' || arg === '-h')) return false
  if (env['STATELOG_SUPERVISE'] === 'off' || env[CHILD] !== undefined) return false
  return env['INVOCATION_ID'] === undefined && env['KUBERNETES_SERVICE_HOST'] === undefined
}

/** In the child: ends it when its parent is gone (S2). */
export function followParent(env: NodeJS.ProcessEnv): void {
  if (env[CHILD] === undefined) return
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  // Listening alone would keep a child alive that is done.
  process.channel?.unref()
}

/** Runs this very command line as a child until it ends by itself; answers its exit code. */
export async function supervise(args: readonly string[], io: Io): Promise<number> {
  const stop = new AbortController()
  let child: ChildProcess | undefined
  // Listened for all the time: a signal may come before a child is told of it, or while none is there.
  const stopForwarding = forwardSignals((signal) => child?.kill(signal))
  const noteStop = (): void => stop.abort()
  for (const signal of STOPPING) process.on(signal, noteStop)
  try {
    const diedAtMs: number[] = []
    const instance = process.env[INSTANCE] ?? randomUUID()
    for (let nth = 0; ; nth += 1) {
      child = start(nth === 0 ? args : againArgs(args), instance)
      const end = await ended(child)
      child = undefined
      if (end.code !== undefined) return end.code
      const nowMs = performance.now()
      diedAtMs.push(nowMs)
      const recent = diedAtMs.filter((atMs) => nowMs - atMs < RESTART_PERIOD_MS).length
      if (stop.signal.aborted) return EXIT.interrupted
      if (recent > RESTARTS_MAX) {
        io.err(`statelog: the runtime died ${recent} times within ${RESTART_PERIOD_MS / 1000} s, the last time by ${end.how}: giving up. What was committed stands; look with: statelog doctor`)
        return EXIT.problem
      }
      io.err(`statelog: the runtime died by ${end.how}; starting it again (restart ${recent} of at most ${RESTARTS_MAX} within ${RESTART_PERIOD_MS / 1000} s)`)
      await systemClock.sleep(Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * (1 << Math.min(recent - 1, 6))), stop.signal)
      if (stop.signal.aborted) return EXIT.interrupted
    }
  } finally {
    stopForwarding()
    for (const signal of STOPPING) process.off(signal, noteStop)
  }
}

/** A restart goes on with the run; it never starts it over. */
function againArgs(args: readonly string[]): readonly string[] {
  const kept = args.filter((arg) => arg !== '--fresh')
  return kept.includes('--keep') ? kept : [...kept, '--keep']
}

function start(args: readonly string[], instance: string): ChildProcess {
  const [, script = ''] = process.argv
  const heap = heapStart()
  return spawn(process.execPath, [...heap.flags, ...process.execArgv, script, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: { ...heap.env, ...process.env, ...compiledEnv(process.env), [CHILD]: String(process.pid), [INSTANCE]: instance } })
}

interface ChildEnd {
  /** Undefined: it died. */
  readonly code: number | undefined
  readonly how: string
}

const OWN_ENDS: readonly number[] = Object.values(EXIT)

function ended(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve) => {
    // It did not start: it may the next time.
    child.once('error', ({ message }) => resolve({ code: undefined, how: message }))
    child.once('exit', (code, signal) => resolve({ code: code !== null && OWN_ENDS.includes(code) ? code : undefined, how: signal ?? `exit code ${code}` }))
  })
}
