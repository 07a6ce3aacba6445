// Session: a reader of a page: saves its files, types its commands in one folder, compares what they answer.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { difference } from './document.ts'
import type { Block, Step } from './document.ts'

/** What a `run` that goes on tells of itself now and then. */
const PROGRESS = /^[\d.]+ \w+: .*lag \d/

/** A command that goes on until it is stopped. */
class Background {
  readonly child: ChildProcess
  readonly ended: Promise<void>
  #text = ''
  #seen = 0
  #look = (): void => {}

  constructor(child: ChildProcess) {
    this.child = child
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text
      this.#look()
    })
    this.ended = new Promise((resolve) => child.once('close', () => {
      this.#look()
      resolve()
    }))
  }

  /** Lines shown since they were last asked for. */
  get lines(): readonly string[] {
    return this.#text.slice(this.#seen).split('\n').filter((line) => !PROGRESS.test(line))
  }

  forget(): void {
    this.#seen = this.#text.length
  }

  /** Resolves when the lines fit, or when the command ends. */
  until(fits: () => boolean): Promise<void> {
    const fitting = new Promise<void>((resolve) => {
      this.#look = () => {
        if (fits()) resolve()
      }
      this.#look()
    })
    return Promise.race([fitting, this.ended])
  }
}

export class Session {
  readonly #folder: string
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #page: string
  #running: Background | undefined

  constructor(page: string, folder: string, env: Readonly<Record<string, string | undefined>>) {
    this.#page = page
    this.#folder = folder
    this.#env = env
  }

  async follow(blocks: readonly Block[]): Promise<void> {
    for (const block of blocks) {
      if (block.kind === 'file') writeFileSync(join(this.#folder, block.name), block.text)
      else for (const step of block.steps) await this.#take(step)
    }
  }

  /** Ends what still runs. */
  async close(): Promise<void> {
    this.#signal('SIGKILL')
    await this.#running?.ended
  }

  async #take(step: Step): Promise<void> {
    if (step.command === '^C') return this.#interrupt(step)
    if (/\bstatelog run\b/.test(step.command)) return this.#start(step)
    const child = this.#spawn(step.command)
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (more: string) => (text += more))
    await new Promise((resolve) => child.once('close', resolve))
    this.#compare(step, difference(step.shown, text.split('\n')))
  }

  async #start(step: Step): Promise<void> {
    // One that was killed has not quite ended.
    await this.#running?.ended
    const running = new Background(this.#spawn(step.command))
    this.#running = running
    await running.until(() => difference(step.shown, running.lines, true) === undefined)
    this.#compare(step, difference(step.shown, running.lines, true))
  }

  async #interrupt(step: Step): Promise<void> {
    const running = this.#running
    assert.ok(running !== undefined, `${this.#page}:${step.at}: nothing runs that could be stopped`)
    running.forget()
    this.#signal('SIGINT')
    await running.ended
    this.#running = undefined
    this.#compare(step, difference(step.shown, running.lines))
  }

  /** A process group of its own, as a terminal would make: a signal reaches all of it. */
  #spawn(command: string): ChildProcess {
    return spawn('sh', ['-c', `exec 2>&1\n${command}`], { cwd: this.#folder, env: this.#env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#running?.child.pid
    if (pid === undefined || this.#running?.child.exitCode !== null || this.#running.child.signalCode !== null) return
    process.kill(-pid, signal)
  }

  #compare(step: Step, wrong: string | undefined): void {
    assert.ok(wrong === undefined, `${this.#page}:${step.at}: ${step.command}\n${wrong ?? ''}`)
  }
}
