// Members of the measured group: processes of `member.ts` or of another program that takes the same variables, and which partitions each of them runs, as they say it themselves.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { compiledEnv } from '../../../adapters/node/compiled.ts'
import type { Program } from './program.ts'

export interface MembersPlan {
  readonly program: Program
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

export interface Saying {
  /** When that was heard. */
  readonly atMs: number
  readonly partition: number
  readonly state: string
}

/** Of fewer states the time says nothing. */
const REBUILT_MIN = 10_000
/** Of Linux's clock of processor time. */
const TICK_MS = 10
/** Where user time stands in a process's status, counted from its state. */
const USER_AT = 11

export class Member {
  readonly name: string
  /** Partitions that it runs. */
  readonly live = new Set<number>()
  /** States a second, of each partition whose cache it had to make anew. */
  readonly rebuildRates: number[] = []
  /** What it said of its partitions, oldest first. */
  readonly said: Saying[] = []
  readonly #plan: MembersPlan
  #process: ChildProcess | undefined

  constructor(name: string, plan: MembersPlan) {
    this.name = name
    this.#plan = plan
  }

  start(): void {
    const { program, folder, env } = this.#plan
    const data = join(folder, this.name)
    mkdirSync(data, { recursive: true })
    const child = spawn(program.command, program.args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...program.env, ...process.env, ...compiledEnv(process.env), NODE_ENV: 'production', ...env, CLIENT_ID: this.name, STATE_DIR: data } })
    this.#process = child
    this.live.clear()
    createInterface({ input: child.stderr }).on('line', (line) => this.#heard(child, line))
  }

  get pid(): number {
    return this.#process?.pid ?? -1
  }

  /** By itself or as asked. */
  get hasEnded(): boolean {
    const child = this.#process
    return child !== undefined && (child.exitCode !== null || child.signalCode !== null)
  }

  /** At once: nothing of it runs when this ends. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** As an operator asks: it writes its states and leaves. */
  async drain(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process
    if (child === undefined || this.hasEnded) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    this.live.clear()
  }

  #heard(child: ChildProcess, line: string): void {
    if (child !== this.#process) return
    const rebuilt = /made anew from the log: (\d+) states in \d+ ms \((\d+) a second\)/.exec(line)
    const said = /^info: partition (\d+): (\S+?)(:|$)/.exec(line)
    if (said !== null) this.said.push({ atMs: Date.now(), partition: Number(said[1]), state: line.slice(line.indexOf(': ', 'info: '.length) + 2) })
    if (rebuilt !== null) {
      if (Number(rebuilt[1]) >= REBUILT_MIN) this.rebuildRates.push(Number(rebuilt[2]))
    } else if (said === null) process.stderr.write(`${this.name}: ${line}\n`)
    else if (said[2] === 'live') this.live.add(Number(said[1]))
    else this.live.delete(Number(said[1]))
  }
}

/** Processor time that a process and its threads have taken, ms, as Linux's scheduler counts it: its ticks of 10 ms say little of a process that sleeps. */
export function processorMs(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]))
  return nanoseconds.reduce((sum, ns) => sum + ns, 0) / 1e6
}

/** The same with threads that have ended, as those of a virtual machine do, and with the processes that it has started; to 10 ms. */
export function busyMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user = NaN, system = NaN] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(USER_AT, USER_AT + 2).map(Number)
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter((one) => one !== '')
  return children.reduce((sum, child) => sum + busyMs(Number(child)), (user + system) * TICK_MS)
}
