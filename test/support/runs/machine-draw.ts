// Draws a random machine: depth to 4, every kind of state, transition and action that statelog supports.
//
// Owns: what keeps a machine from running for ever. `always` burns fuel that only outside events refill; r1 may raise r2, r2 may raise r3,
// r3 nothing; entries raise r3 only; delays are at least one unit. A machine that never ends is the matter of the event `spin`.
//
// Left out on purpose: two regions of one parallel state that both have `always` or both handle raised events. There the order inside one
// macrostep differs between XState (order of entering) and the engine (document order); one region of each, drawn, may have them.
import type { Draw } from './draw.ts'
import type { ActionSpec, DelaySpec, GuardSpec, InvokeSpec, MachineSpec, NodeSpec, TransitionSpec, ValueSpec, WorkSpec } from './spec.ts'

export interface MachineChoices {
  /** Tasks take processing time: a machine of event time has none. */
  readonly tasks: boolean
  readonly unitMs: number
}

/** A node before its behaviour is drawn. */
interface Shape {
  readonly id: string
  readonly kind: NodeSpec['kind']
  readonly children: readonly Shape[]
  /** May have `always` and handlers of raised events. */
  readonly lively: boolean
}

/** Where actions stand decides what they may ask for. */
type Place = 'outside' | 'r1' | 'r2' | 'r3' | 'always' | 'entry' | 'step'

const OUTSIDE = ['e0', 'e1', 'e2', 'e3'] as const
const RAISES: Readonly<Record<Place, readonly string[]>> = { outside: ['r1', 'r2', 'r3'], step: ['r1', 'r2', 'r3'], r1: ['r2', 'r3'], r2: ['r3'], r3: [], always: ['r3'], entry: ['r3'] }

export function drawMachine(draw: Draw, choices: MachineChoices): MachineSpec {
  return new MachineDraw(draw, choices).machine()
}

class MachineDraw {
  readonly #draw: Draw
  readonly #choices: MachineChoices
  #ids = 0
  #tags = 0
  #invokes = 0
  #hasParallel = false
  /** Ids of nodes that may be targets, by what may target them. */
  readonly #targets: string[] = []
  readonly #plainTargets: string[] = []

  constructor(draw: Draw, choices: MachineChoices) {
    this.#draw = draw
    this.#choices = choices
  }

  machine(): MachineSpec {
    const children = this.#draw.list(2, 3, () => this.#shape(1, true))
    if (this.#draw.chance(0.4)) children.push({ id: this.#id('final'), kind: 'final', children: [], lively: false })
    const shape: Shape = { id: 'root', kind: 'compound', children, lively: true }
    const root = this.#node(shape, true)
    return { root, unitMs: this.#choices.unitMs }
  }

  #id(kind: NodeSpec['kind']): string {
    this.#ids += 1
    const id = `n${this.#ids}`
    this.#targets.push(id)
    if (kind !== 'final' && kind !== 'shallow' && kind !== 'deep') this.#plainTargets.push(id)
    // Histories are interesting and rare: they come up twice.
    if (kind === 'shallow' || kind === 'deep') this.#targets.push(id)
    return id
  }

  #shape(depth: number, lively: boolean): Shape {
    const draw = this.#draw
    const kind = depth >= 4 || draw.chance(0.62) ? 'atomic' : draw.chance(0.45) ? 'parallel' : 'compound'
    const id = this.#id(kind)
    if (kind === 'atomic') return { id, kind, children: [], lively }
    if (kind === 'parallel') this.#hasParallel = true
    const count = draw.chance(0.25) ? 3 : 2
    const livelyRegion = draw.between(0, count - 1)
    const children: Shape[] = Array.from({ length: count }, (_, index) => this.#shape(depth + 1, lively && (kind === 'compound' || index === livelyRegion)))
    if (kind === 'compound' && draw.chance(0.5)) children.push({ id: this.#id('final'), kind: 'final', children: [], lively: false })
    if (draw.chance(0.5)) {
      const history = draw.chance(0.5) ? 'shallow' : 'deep'
      children.push({ id: this.#id(history), kind: history, children: [], lively: false })
    }
    return { id, kind, children, lively }
  }

  #node(shape: Shape, isRoot = false): NodeSpec {
    const draw = this.#draw
    const children = shape.children.map((child) => this.#node(child))
    const bare = { id: shape.id, kind: shape.kind, children, exit: [], on: {}, always: [], after: [], invoke: undefined, onDone: undefined }
    if (shape.kind === 'shallow' || shape.kind === 'deep') return { ...bare, entry: [] }
    const entry = draw.chance(0.3) ? this.#actions('entry', 2) : []
    if (shape.kind === 'final') return { ...bare, entry }
    return {
      id: shape.id, kind: shape.kind, children, entry,
      exit: draw.chance(0.2) ? this.#actions('entry', 2) : [],
      on: this.#handlers(shape, isRoot),
      always: shape.lively && !isRoot && draw.chance(0.25) ? [this.#always()] : [],
      after: draw.chance(isRoot ? 0.1 : 0.3) ? draw.list(1, 2, () => ({ delay: this.#delay(), transition: this.#transition('step') })) : [],
      invoke: this.#choices.tasks && !isRoot && draw.chance(0.25) ? this.#invoke() : undefined,
      onDone: shape.kind !== 'atomic' && !isRoot && draw.chance(0.7) ? { ...this.#transition('r2'), target: draw.pick(this.#plainTargets) } : undefined,
    }
  }

  #handlers(shape: Shape, isRoot: boolean): NodeSpec['on'] {
    const draw = this.#draw
    const on: Record<string, readonly TransitionSpec[]> = {}
    const share = isRoot ? 0.9 : 0.4
    for (const type of OUTSIDE) if (draw.chance(share)) on[type] = draw.list(1, 2, () => this.#transition('outside'))
    // Who asks again at every answer fails at the bound: rarely.
    if (draw.chance(share)) on['inference.risk'] = [this.#transition(draw.chance(0.05) ? 'step' : 'r1')]
    if (draw.chance(share)) on['lookup.limits'] = [this.#transition(draw.chance(0.05) ? 'step' : 'r1')]
    if (draw.chance(share / 2)) on['back'] = [this.#transition('step')]
    if (draw.chance(share / 2)) on['s1'] = [this.#transition('r1')]
    if (!shape.lively) return on
    for (const type of ['r1', 'r2', 'r3'] as const) if (draw.chance(share)) on[type] = [this.#transition(type)]
    if (isRoot && this.#choices.tasks) on['xstate.done.actor.spawned'] = [this.#transition('step')]
    if (isRoot && this.#choices.tasks && draw.chance(0.5)) on['xstate.error.actor.spawned'] = [this.#transition('step')]
    return on
  }

  #transition(place: Place): TransitionSpec {
    const draw = this.#draw
    const mayMove = place !== 'r2' && place !== 'r3'
    const target = mayMove && draw.chance(0.6) ? draw.pick(this.#targets) : undefined
    return {
      ...(target === undefined ? {} : { target }),
      ...(target !== undefined && draw.chance(0.25) ? { reenter: true } : {}),
      ...(draw.chance(0.35) ? { guard: this.#guard(1) } : {}),
      actions: this.#actions(place, 3),
    }
  }

  #always(): TransitionSpec {
    const guards: readonly GuardSpec[] = this.#draw.chance(0.5) ? [{ kind: 'fuel' }] : [{ kind: 'fuel' }, this.#guard(1)]
    return { target: this.#draw.pick(this.#plainTargets), guard: { kind: 'and', guards }, actions: [{ kind: 'burn' }, ...this.#actions('always', 1)] }
  }

  #guard(depth: number): GuardSpec {
    const draw = this.#draw
    const kinds: readonly GuardSpec['kind'][] = depth > 0 ? ['over', 'over', 'odd', 'thrower', 'not', 'and'] : ['over', 'odd', 'thrower']
    const drawn = draw.pick(kinds)
    // Where XState may leave a broken configuration, the oracle cannot tell whether a later guard of the same step would still have thrown.
    const kind = drawn === 'thrower' && this.#hasParallel ? 'odd' : drawn
    if (kind === 'not') return { kind, guard: this.#guard(depth - 1) }
    if (kind === 'and') return { kind, guards: draw.list(2, 2, () => this.#guard(depth - 1)) }
    if (kind === 'odd' || kind === 'thrower') return { kind }
    return { kind: 'over', value: this.#value(), bound: draw.between(0, 5) }
  }

  #value(): ValueSpec {
    return { from: this.#draw.pick(['amount', 'amount', 'n', 'sum', 'last', 'time']), times: this.#draw.between(1, 9), mod: this.#draw.between(7, 1000) }
  }

  #delay(): DelaySpec {
    return this.#draw.pick<DelaySpec>([1, 3, 7, 30, 'growing', 'inline'].map((delay) => (typeof delay === 'number' ? delay * this.#choices.unitMs : (delay as DelaySpec))))
  }

  #work(): WorkSpec {
    const draw = this.#draw
    return { delayMs: draw.pick([200, 200, 1500, 6000]), fails: draw.pick([0, 0, 0, 1, 2, 4]), value: this.#value() }
  }

  #invoke(): InvokeSpec {
    this.#invokes += 1
    const draw = this.#draw
    return {
      id: `work${this.#invokes}`, isInline: draw.chance(0.3), work: this.#work(),
      onDone: draw.chance(0.9) ? this.#transition('step') : undefined,
      onError: draw.chance(0.8) ? this.#transition('step') : undefined,
    }
  }

  #actions(place: Place, most: number): readonly ActionSpec[] {
    return this.#draw.list(place === 'outside' ? 1 : 0, most, () => this.#action(place, false))
  }

  #count(place: Place): ActionSpec {
    this.#tags += 1
    return { kind: 'count', tag: this.#tags.toString(36), form: this.#draw.chance(0.5) ? 'object' : 'function', refuels: place === 'outside' }
  }

  #action(place: Place, isInner: boolean): ActionSpec {
    const draw = this.#draw
    const makers: (() => ActionSpec)[] = [
      () => this.#count(place), () => this.#count(place),
      () => ({ kind: 'emit', type: draw.pick(['out', 'alarm']), value: this.#value() }),
      () => ({ kind: 'emit', type: draw.pick(['out', 'alarm']), value: this.#value() }),
      () => ({ kind: 'tell', value: this.#value(), isNamed: draw.chance(0.3) }),
      () => ({ kind: 'log', value: this.#value() }),
      () => ({ kind: 'reply', value: this.#value() }),
      () => ({ kind: 'cancel', id: draw.pick(['t1', 't2', 'raise.e1', 'raise.r1']) }),
      () => ({ kind: 'later', type: draw.pick(['e1', 'r1', 's1']), delay: this.#delay(), ...(draw.chance(0.6) ? { id: draw.pick(['t1', 't2']) } : {}), self: draw.chance(0.3) }),
    ]
    const raises = RAISES[place]
    if (raises.length > 0) makers.push(() => ({ kind: 'raise', type: draw.pick(raises) }))
    if (place === 'outside') makers.push(() => ({ kind: 'self', type: 's1' }), () => ({ kind: 'mutate' }))
    if (place === 'outside' || place === 'step') makers.push(() => ({ kind: 'infer', value: this.#value() }), () => ({ kind: 'find', value: this.#value() }))
    if (this.#choices.tasks && (place === 'outside' || place === 'step')) {
      makers.push(() => ({ kind: 'spawn', id: 'spawned', work: this.#work() }), () => ({ kind: 'stop', id: 'spawned' }))
    }
    if (!isInner) makers.push(() => ({ kind: 'many', actions: draw.list(1, 3, () => this.#action(place, true)), ...(draw.chance(0.5) ? { check: { kind: 'odd' } as const } : {}) }))
    return draw.pick(makers)()
  }
}

/** The type that is told: counts, emits, and answers once per entity and event time, so that answers never chase each other. */
export function peerMachine(answers: boolean, unitMs: number): MachineSpec {
  const count: ActionSpec = { kind: 'count', tag: 'p', form: 'object', refuels: true }
  const seen: ActionSpec = { kind: 'emit', type: 'out', value: { from: 'amount', times: 1, mod: 1000 } }
  const bare = { entry: [], exit: [], always: [], after: [], invoke: undefined, onDone: undefined }
  const open: NodeSpec = { ...bare, id: 'open', kind: 'atomic', children: [], on: {} }
  const fresh: TransitionSpec = { guard: { kind: 'newer' }, actions: [{ kind: 'tell-back' }, count, seen] }
  return { unitMs, root: { ...bare, id: 'root', kind: 'compound', children: [open], on: { seen: answers ? [fresh, { actions: [count, seen] }] : [{ actions: [count, seen] }] } } }
}
