// Owner: a process that owns partitions of the ledgers, is killed or stands still, and comes back under the same name and address.
//
// Owns: the process, and what it said of its partitions.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { untilStopped } from '../stopped.ts'
import type { OwnerSaid, OwnerTask } from './process.ts'

export class Owner {
  readonly url: string
  /** Partitions that are live in it, as it said last. */
  readonly live = new Set<number>()
  readonly troubles: string[] = []
  readonly #name: string
  readonly #task: OwnerTask
  #process: ChildProcess | undefined

  constructor(name: string, task: OwnerTask) {
    this.#name = name
    this.#task = task
    this.url = `http://127.0.0.1:${task.port}`
  }

  start(): void {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'process.ts')], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, STATELOG_OWNER: JSON.stringify(this.#task), STATELOG_INSTANCE: this.#name } })
    this.#process = child
    this.live.clear()
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (child === this.#process) this.#heard(JSON.parse(line) as OwnerSaid)
    })
  }

  /** At once: nothing of it runs when this ends. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** As an operator asks. */
  drain(): Promise<void> {
    return this.#end('SIGTERM')
  }

  /** Stands still, with all its connections open. */
  stop(): void {
    this.#process?.kill('SIGSTOP')
    if (this.#process?.pid !== undefined) untilStopped(this.#process.pid)
  }

  /** Goes on as if nothing had happened. */
  goOn(): void {
    this.#process?.kill('SIGCONT')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    this.live.clear()
  }

  #heard(said: OwnerSaid): void {
    if (said.kind === 'trouble') this.troubles.push(`${this.#name}: ${said.message}`)
    if (said.kind !== 'partition') return
    if (said.state === 'live') this.live.add(said.partition)
    else this.live.delete(said.partition)
  }
}
