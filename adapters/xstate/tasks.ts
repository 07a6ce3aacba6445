// Tasks: the promise logic a machine invokes, by the name the log knows it under.
//
// Owns: which implementations there are and running one. Does not decide when one runs: the runtime does, after a commit.
import { isFunction, listOf, nodesOf } from './shapes.ts'
import type { XMachine, XNode } from './shapes.ts'

/** Thrown inside a task that reaches for what only a running XState actor has, and for a task without implementation. */
export class TaskRefused extends TypeError {
  override readonly name = 'TaskRefused'
}

export interface PromiseLogic {
  readonly config: (args: object) => unknown
}

const RESOLVE = { type: 'xstate.promise.resolve', data: 'probe' }

/** The logic, if XState's `fromPromise` made it. Its kinds of logic look alike; only a promise's is done by a resolve event. */
export function asPromiseLogic(value: unknown): PromiseLogic | undefined {
  if (typeof value !== 'object' || value === null || '__xstatenode' in value || !('start' in value)) return undefined
  const logic = value as { readonly config?: unknown; readonly transition?: unknown }
  if (!isFunction(logic.config) || typeof logic.transition !== 'function') return undefined
  try {
    const next: unknown = logic.transition({ status: 'active' }, RESOLVE, { self: {} })
    const isDone = typeof next === 'object' && next !== null && 'status' in next && next.status === 'done' && 'output' in next && next.output === RESOLVE.data
    return isDone ? { config: logic.config as unknown as PromiseLogic['config'] } : undefined
  } catch {
    // A callback's logic misses its running actor here.
    return undefined
  }
}

/** All implementations by the name that `task` effects carry: names of setup, and positions of inline ones. */
export class Tasks {
  readonly #logics = new Map<string, PromiseLogic>()
  readonly #names = new Map<unknown, string>()

  constructor(machine: XMachine) {
    for (const [name, value] of Object.entries(machine.implementations.actors)) this.#add(name, value)
    for (const node of nodesOf(machine.root)) {
      for (const { invoke, src } of inlineInvokes(node)) if (typeof src !== 'string') this.#add(invoke.src, src)
    }
  }

  /** Gives an inline implementation outside an invoke its name. */
  name(place: string, src: unknown): void {
    if (typeof src !== 'string') this.#add(`statelog.spawn.${place}`, src)
  }

  /** The name of an implementation; undefined when it is no task. */
  nameOf(src: unknown): string | undefined {
    if (typeof src === 'string') return this.#logics.has(src) ? src : undefined
    return this.#names.get(src)
  }

  async run(src: string, input: unknown, signal: AbortSignal, key: string): Promise<unknown> {
    const logic = this.#logics.get(src)
    if (logic === undefined) throw new TaskRefused(`the task '${src}' has no implementation in this version of the machine`)
    return await logic.config(new TaskArgs(src, input, signal, key))
  }

  #add(name: string, value: unknown): void {
    const logic = asPromiseLogic(value)
    if (logic === undefined) return
    this.#logics.set(name, logic)
    if (!this.#names.has(value)) this.#names.set(value, name)
  }
}

/** Invokes of a node with the implementation as written beside XState's name for it. */
export function inlineInvokes(node: XNode): readonly { readonly invoke: XNode['invoke'][number]; readonly src: unknown }[] {
  const written = listOf(node.config.invoke) as readonly { readonly src: unknown }[]
  return node.invoke.map((invoke, index) => ({ invoke, src: written[index]?.src }))
}

/** What a task's function gets: `input`, `signal`, and `key` to make the outside effect idempotent. */
class TaskArgs {
  readonly input: unknown
  readonly signal: AbortSignal
  readonly key: string
  readonly #src: string

  constructor(src: string, input: unknown, signal: AbortSignal, key: string) {
    this.#src = src
    this.input = input
    this.signal = signal
    this.key = key
  }

  get self(): never {
    return this.#refuse('self')
  }

  get system(): never {
    return this.#refuse('system')
  }

  get emit(): never {
    return this.#refuse('emit')
  }

  #refuse(what: string): never {
    throw new TaskRefused(`the task '${this.#src}' uses '${what}': a task runs apart from its entity. Return a value instead; it comes back as an event`)
  }
}
