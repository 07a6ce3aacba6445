// A process that was told to stand still does so a moment later, each of its threads for itself.
import { existsSync, readFileSync, readdirSync } from 'node:fs'

const WAIT_MS_MAX = 1000
const STOPPED = 'T'

/** Waits until every thread stands still. Where the system does not tell (other than Linux), it returns at once. */
export function untilStopped(pid: number): void {
  const untilMs = performance.now() + WAIT_MS_MAX
  const tasks = `/proc/${pid}/task`
  while (existsSync(tasks) && performance.now() < untilMs && !readdirSync(tasks).every((task) => stateOf(`${tasks}/${task}/stat`) === STOPPED));
}

function stateOf(file: string): string {
  try {
    const stat = readFileSync(file, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
  } catch {
    // The thread has ended.
    return STOPPED
  }
}
