// Builds the XState machine of a spec, twice from the same plain data: for the runtime with statelog's own effects, and for the oracle with plain
// named actions whose params say what is asked for, and with faults that say of which class they are.
import { and, assign, cancel, emit, enqueueActions, fromPromise, log, not, raise, sendTo, setup, spawnChild, stopChild } from 'xstate'
import type { AnyStateMachine } from 'xstate'
import { infer, lookup, reply, tell } from '../../../system/authoring/effects.ts'
import type { MachineEvent } from '../../../system/protocol/data.ts'
import type { FailureClass } from '../../../system/protocol/failures.ts'
import { AMOUNT, amountOf, HUGE, valueOf } from './spec.ts'
import type { ActionSpec, DelaySpec, GuardSpec, MachineSpec, NodeSpec, RunContext, TransitionSpec, ValueSpec, WorkSpec } from './spec.ts'

/** Runs the work of a task: the runtime's only. */
export type Worker = (input: WorkInput, key: string, signal: AbortSignal) => Promise<unknown>
export interface WorkInput {
  readonly delayMs: number
  readonly fails: number
  readonly amount: number
}

/** Thrown by the oracle's machine where the runtime's machine does something that fails its turn. */
export class Fault extends TypeError {
  override readonly name = 'Fault'
  readonly class: FailureClass
  constructor(failureClass: FailureClass) {
    super(failureClass)
    this.class = failureClass
  }
}

/** What the oracle reads in the params of its action `asks`. */
export type Asked =
  | { readonly kind: 'tell'; readonly target: string; readonly id: string; readonly event: MachineEvent }
  | { readonly kind: 'infer'; readonly vector: readonly number[] }
  | { readonly kind: 'find'; readonly key: string }
  | { readonly kind: 'reply'; readonly value: unknown }

interface Args {
  readonly context: RunContext
  readonly event: MachineEvent
}

type Built = unknown

/** `told`: the one type that the machine tells. */
export function runtimeMachine(spec: MachineSpec, told: string, worker: Worker): AnyStateMachine {
  return new Builder(spec, told, worker).machine()
}

export function oracleMachine(spec: MachineSpec): AnyStateMachine {
  return new Builder(spec, '', undefined).machine()
}

class Builder {
  readonly #spec: MachineSpec
  readonly #told: string
  readonly #worker: Worker | undefined

  constructor(spec: MachineSpec, told: string, worker: Worker | undefined) {
    this.#spec = spec
    this.#told = told
    this.#worker = worker
  }

  machine(): AnyStateMachine {
    const { root } = this.#spec
    const worker = this.#worker
    const asks = worker === undefined ? (): void => {} : tell(this.#told, (_, params) => (params as Asked & { kind: 'tell' }).id, (_, params) => (params as Asked & { kind: 'tell' }).event)
    const made = setup({
      types: { context: {} as RunContext, events: {} as MachineEvent },
      actors: { work: this.#logic() },
      delays: { growing: (args) => this.#growing(args) },
      guards: { isOdd: ({ context }) => context.n % 2 === 1 },
      actions: { asks: asks as () => void },
    })
    const config = {
      ...(this.#node(root) as object), id: 'root',
      context: ({ input }: { input?: { id: string } }): RunContext => ({ id: input?.id ?? '', n: 0, sum: 0, last: 0, fuel: 4, newestMs: -1, trail: '', nest: { n: 0 } }),
    } as unknown as { states: Record<string, unknown>; on: Record<string, unknown> }
    if (root.children.length > 1) {
      config.states['spinning'] = { id: 'spinning', always: worker === undefined ? [] : { target: '#spinning', reenter: true, actions: assign({ n: ({ context }: Args) => context.n + 1 } as never) } }
      config.on['spin'] = worker === undefined ? { target: '#spinning', actions: assign(() => fail('timeout')) } : { target: '#spinning' }
    }
    return made.createMachine(config as never) as unknown as AnyStateMachine
  }

  #node(node: NodeSpec): Built {
    if (node.kind === 'shallow' || node.kind === 'deep') return { id: node.id, type: 'history', history: node.kind }
    const first = node.children.find((child) => child.kind !== 'final' && child.kind !== 'shallow' && child.kind !== 'deep')
    return {
      id: node.id,
      ...(node.kind === 'parallel' || node.kind === 'final' ? { type: node.kind } : {}),
      ...(node.kind === 'compound' ? { initial: first?.id } : {}),
      ...(node.children.length > 0 ? { states: Object.fromEntries(node.children.map((child) => [child.id, this.#node(child)])) } : {}),
      entry: this.#actions(node.entry),
      exit: this.#actions(node.exit),
      ...(node.kind === 'final' ? {} : this.#behaviour(node)),
    }
  }

  #behaviour(node: NodeSpec): object {
    const after = Object.fromEntries(node.after.map(({ delay, transition }) => [delay === 'inline' ? 'growing' : delay, this.#transition(transition)]))
    const { invoke } = node
    return {
      on: Object.fromEntries(Object.entries(node.on).map(([type, transitions]) => [type, transitions.map((each) => this.#transition(each))])),
      always: node.always.map((each) => this.#transition(each)),
      after,
      ...(node.onDone === undefined ? {} : { onDone: this.#transition(node.onDone) }),
      ...(invoke === undefined ? {} : {
        invoke: {
          id: invoke.id, src: invoke.isInline ? this.#logic() : 'work', input: (args: Args) => workInput(invoke.work, args),
          ...(invoke.onDone === undefined ? {} : { onDone: this.#transition(invoke.onDone) }),
          ...(invoke.onError === undefined ? {} : { onError: this.#transition(invoke.onError) }),
        },
      }),
    }
  }

  #transition(spec: TransitionSpec): Built {
    return {
      ...(spec.target === undefined ? {} : { target: `#${spec.target}` }),
      ...(spec.reenter === true ? { reenter: true } : {}),
      ...(spec.guard === undefined ? {} : { guard: guardOf(spec.guard) }),
      actions: this.#actions(spec.actions),
    }
  }

  #logic(): ReturnType<typeof fromPromise<unknown, WorkInput>> {
    return fromPromise<unknown, WorkInput>((args) => {
      const { input, signal } = args
      return this.#worker?.(input, (args as unknown as { key: string }).key, signal) ?? Promise.resolve()
    })
  }

  #growing({ context }: { context: RunContext }): number {
    return this.#spec.unitMs * (1 + (context.n % 5))
  }

  #actions(specs: readonly ActionSpec[]): Built[] {
    return specs.map((spec) => this.#action(spec))
  }

  #action(spec: ActionSpec): Built {
    switch (spec.kind) {
      case 'count': return count(spec)
      case 'burn': return assign({ fuel: ({ context }: Args) => context.fuel - 1 } as never)
      case 'emit': return emit(({ context, event }) => ({
        type: spec.type, value: valueOf(spec.value, context as RunContext, event), n: (context as RunContext).n, trail: (context as RunContext).trail,
        ...(amountOf(event) === AMOUNT.huge ? { huge: 'x'.repeat(HUGE) } : {}),
      }))
      case 'tell': return this.#tell(spec)
      case 'tell-back': return this.#asks(({ context, event }) => ({ kind: 'tell', target: 'main', id: String(event['from']), event: { type: 'back', amount: amountOf(event), from: context.id } }))
      case 'infer': {
        const vector = ({ context, event }: Args): readonly number[] => [context.n, amountOf(event) === AMOUNT.notFinite ? NaN : valueOf(spec.value, context, event)]
        return this.#worker === undefined ? { type: 'asks', params: (args: Args): Asked => ({ kind: 'infer', vector: vector(args) }) } : infer('risk', vector as never)
      }
      case 'find': {
        const key = ({ context, event }: Args): string => `k${valueOf(spec.value, context, event)}`
        return this.#worker === undefined ? { type: 'asks', params: (args: Args): Asked => ({ kind: 'find', key: key(args) }) } : lookup('limits', key as never)
      }
      case 'reply': {
        const value = ({ context, event }: Args): unknown => ({ n: context.n, value: valueOf(spec.value, context, event) })
        return this.#worker === undefined ? { type: 'asks', params: (args: Args): Asked => ({ kind: 'reply', value: value(args) }) } : reply(value as never)
      }
      case 'log': return log((({ context, event }: Args) => valueOf(spec.value, context, event)) as never, 'run')
      case 'raise': return raise((({ event }: Args) => ({ type: spec.type, amount: amountOf(event) })) as never)
      case 'cancel': return cancel(spec.id)
      case 'self': return sendTo((({ self }: { self: unknown }) => self) as never, (({ event }: Args) => ({ type: spec.type, amount: amountOf(event) })) as never)
      case 'later': return this.#later(spec)
      case 'many': return this.#many(spec)
      case 'spawn': return spawnChild('work' as never, { id: spec.id, input: (args: Args) => workInput(spec.work, args) } as never)
      case 'stop': return stopChild(spec.id)
      case 'mutate': return this.#mutate()
    }
  }

  #tell(spec: Extract<ActionSpec, { kind: 'tell' }>): Built {
    const asked = ({ context, event }: Args): Extract<Asked, { kind: 'tell' }> => {
      const value = valueOf(spec.value, context, event)
      const id = amountOf(event) === AMOUNT.badId ? '' : `p${value % 4}`
      return { kind: 'tell', target: 'peer', id, event: { type: 'seen', amount: value, from: context.id, n: context.n } }
    }
    if (spec.isNamed) return { type: 'asks', params: asked }
    return this.#asks(asked)
  }

  #asks(asked: (args: Args) => Extract<Asked, { kind: 'tell' }>): Built {
    if (this.#worker === undefined) return { type: 'asks', params: asked }
    return tell(this.#told, ((args: Args) => asked(args).id) as never, ((args: Args) => asked(args).event) as never)
  }

  #delay(delay: DelaySpec): unknown {
    return delay === 'inline' ? (args: { context: RunContext }) => this.#growing(args) : delay
  }

  #later(spec: Extract<ActionSpec, { kind: 'later' }>): Built {
    const event = ({ context, event: by }: Args): MachineEvent => ({ type: spec.type, amount: (amountOf(by) + context.n) % 800 })
    const options = { delay: this.#delay(spec.delay), ...(spec.id === undefined ? {} : { id: spec.id }) } as never
    return spec.self ? sendTo((({ self }: { self: unknown }) => self) as never, event as never, options) : raise(event as never, options)
  }

  #many(spec: Extract<ActionSpec, { kind: 'many' }>): Built {
    const inner = this.#actions(spec.actions)
    const check = spec.check === undefined ? undefined : guardOf(spec.check)
    return enqueueActions(({ enqueue, check: isTrue }) => {
      if (check !== undefined && !isTrue(check as never)) return
      for (const each of inner) enqueue(each as never)
    })
  }

  #mutate(): Built {
    const isOracle = this.#worker === undefined
    return assign((({ context, event }: Args) => {
      if (amountOf(event) !== AMOUNT.mutate) return {}
      if (isOracle) return fail('action')
      Object.assign(context.nest, { n: 1 })
      return { sum: 0 }
    }) as never)
  }
}

function fail(failureClass: FailureClass): never {
  throw new Fault(failureClass)
}

function workInput(work: WorkSpec, { context, event }: Args): WorkInput {
  return { delayMs: work.delayMs, fails: work.fails, amount: valueOf(work.value as ValueSpec, context, event) }
}

function count(spec: Extract<ActionSpec, { kind: 'count' }>): Built {
  const next = ({ context, event }: Args): Partial<RunContext> => {
    const time = event['time']
    return {
      n: context.n + 1, sum: (context.sum + amountOf(event)) % 100_003, last: amountOf(event),
      trail: (context.trail + spec.tag).slice(-16), newestMs: typeof time === 'number' ? Math.max(context.newestMs, time) : context.newestMs,
      ...(spec.refuels ? { fuel: 4 } : {}),
    }
  }
  if (spec.form === 'function') return assign(next as never)
  const keys = ['n', 'sum', 'last', 'trail', 'newestMs', ...(spec.refuels ? ['fuel'] : [])] as const
  return assign(Object.fromEntries(keys.map((key) => [key, (args: Args) => next(args)[key as keyof RunContext]])) as never)
}

function guardOf(spec: GuardSpec): Built {
  switch (spec.kind) {
    case 'odd': return 'isOdd'
    case 'fuel': return ({ context }: Args) => context.fuel > 0
    case 'newer': return ({ context, event }: Args) => (event['time'] as number) > context.newestMs
    case 'over': return ({ context, event }: Args) => valueOf(spec.value, context, event) % 6 > spec.bound - 1
    case 'thrower': return ({ context, event }: Args) => (amountOf(event) === AMOUNT.guard ? fail('guard') : context.n % 3 !== 2)
    case 'not': return not(guardOf(spec.guard) as never)
    case 'and': return and(spec.guards.map((guard) => guardOf(guard)) as never)
  }
}
