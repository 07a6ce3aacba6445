// The child process: runs a command in the launcher's place.
//
// Owns: signals and exit codes of the launched file, so that a supervisor sees one process. Knows nothing about runtimes.
//
// C1. Each signal reaches the child once as far as the launcher can tell: the terminal signals the whole foreground group, so what it sends is not
//     passed on, and npm repeats what it receives, so a repetition within REPEAT_MS is one signal.
// C2. The launcher ends as the child ended: same exit code, or same signal.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const REPEAT_MS = 300
/** @type {readonly NodeJS.Signals[]} */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** @typedef {{ ok: true, exitCode: number } | { ok: false, reason: string }} ChildEnd */

/** @param {{ path: string, args: readonly string[] }} command @returns {Promise<ChildEnd>} */
export function runChild(command) {
  return new Promise((resolve) => {
    // Listened for first: a child may be ready, and we be told to stop, before spawn returns.
    const stopForwarding = forwardSignals((signal) => child.kill(signal))
    const child = spawn(command.path, command.args, { stdio: 'inherit' })
    child.once('error', (error) => {
      stopForwarding()
      resolve({ ok: false, reason: `${command.path} did not start: ${error.message}` })
    })
    child.once('exit', (code, signal) => {
      stopForwarding()
      if (signal !== null) process.kill(process.pid, signal)
      resolve({ ok: true, exitCode: code ?? 1 })
    })
  })
}

/** Until the returned function is called, signals that reach us are sent on (C1). @param {(signal: NodeJS.Signals) => unknown} send */
export function forwardSignals(send) {
  /** @type {Map<string, number>} */
  const sentAtMs = new Map()
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    if (signal !== 'SIGTERM' && inForeground()) return
    const nowMs = Date.now()
    if (nowMs - (sentAtMs.get(signal) ?? -Infinity) < REPEAT_MS) return
    sentAtMs.set(signal, nowMs)
    send(signal)
  }
  for (const signal of FORWARDED) process.on(signal, forward)
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward)
  }
}

/** Whether a terminal's Ctrl-C or hang-up reaches the child without us. */
function inForeground() {
  return process.platform === 'linux' ? leadsTerminal(readFileSync('/proc/self/stat', 'utf8')) : process.stdin.isTTY === true
}

/** Fields 5 and 8 of /proc/<pid>/stat are the process group and the terminal's foreground group (-1: no terminal); field 2 may contain spaces. @param {string} stat */
export function leadsTerminal(stat) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[2] === fields[5]
}
