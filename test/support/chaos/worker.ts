// Worker: one process that runs the workload on a cluster until it is told to drain, dies where it was told to, or is ended from outside.
//
// Owns: the process, and what it said.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { untilStopped } from '../stopped.ts'
import type { ChildTask } from './child.ts'
import type { Death, Said } from './deaths.ts'
import { ChildFailed } from './start.ts'

const CHILD = join(import.meta.dirname, 'child.ts')

export interface WorkerOptions {
  /** In a group of its own: a signal from the keyboard does not reach it. */
  readonly isApart?: boolean
  readonly hears?: (said: Said) => void
}

export class Worker {
  readonly task: ChildTask
  readonly #process: ChildProcess
  readonly #said: Said[] = []
  readonly #exited: Promise<unknown>
  readonly #listening = Promise.withResolvers<void>()
  #errors = ''
  #isStopped = false

  constructor(runtime: string, task: ChildTask, { isApart = false, hears = () => {} }: WorkerOptions = {}) {
    this.task = task
    this.#process = spawn(runtime, [CHILD], { detached: isApart, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, STATELOG_CHAOS: JSON.stringify(task) } })
    this.#exited = once(this.#process, 'close')
    this.#process.stderr?.on('data', (bytes: Uint8Array) => (this.#errors += String(bytes)))
    if (this.#process.stdout === null) return
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Said
      if (said.kind !== 'answer') this.#said.push(said)
      if (said.kind === 'listening') this.#listening.resolve()
      hears(said)
    })
  }

  /** Throws when it ended by itself, or said that something failed. */
  assertWell(): void {
    const failed = this.#said.find(({ kind }) => kind === 'failed')
    if (failed !== undefined || this.#process.exitCode !== null) throw new ChildFailed(`ended with ${this.#process.exitCode}: ${JSON.stringify(this.#said)} ${this.#errors}`)
  }

  /** Throws unless it drained when it was told to. */
  assertFinished(): void {
    if (!this.#said.some(({ kind }) => kind === 'finished') || this.#process.exitCode !== 0) throw new ChildFailed(`did not finish, ended with ${this.#process.exitCode ?? this.#process.signalCode}: ${JSON.stringify(this.#said)} ${this.#errors}`)
  }

  get isOver(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  get wasKilled(): boolean {
    return this.#process.signalCode === 'SIGKILL'
  }

  /** Where it was told to die, and died. */
  get died(): Death | undefined {
    return this.#said.some(({ kind }) => kind === 'died') ? this.task.deaths[0] : undefined
  }

  /** The deaths that it was spared may come now. */
  doom(): void {
    void this.#listening.promise.then(() => this.#process.kill('SIGUSR2'))
  }

  /** Stands still, with all its connections open. */
  pause(): void {
    this.#isStopped = this.#process.kill('SIGSTOP')
    if (this.#process.pid !== undefined) untilStopped(this.#process.pid)
  }

  /** Goes on as if nothing had happened. */
  goOn(): void {
    this.#process.kill('SIGCONT')
    this.#isStopped = false
  }

  /** Resolves when it has ended and all it said was heard. Asked to drain, it is told when it listens: earlier that would end it. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (signal === 'SIGTERM') await Promise.race([this.#listening.promise, this.#exited])
    if (!this.isOver) {
      this.#process.kill(signal)
      if (this.#isStopped) this.goOn()
    }
    await this.#exited
  }
}
