// Random `enqueueActions`: what is enqueued, checked and decided inside a step.
import { assign, emit, enqueueActions } from 'xstate'
import { tell } from '../../../system/authoring/effects.ts'
import { frail } from './frail.ts'
import { randomGuard } from './guards.ts'
import { mark, marking } from './meter.ts'
import { amountOf, DEPTH_MAX, depthOf } from './words.ts'
import type { Args, Draw, Params } from './words.ts'

interface Enqueue {
  (action: unknown): void
  assign(assignment: unknown): void
  raise(event: unknown, options?: object): void
  emit(event: unknown): void
  cancel(timer: unknown): void
  sendTo(to: unknown, event: unknown, options?: object): void
  spawnChild(src: unknown, options: object): void
  stopChild(task: unknown): void
}

interface Collects extends Args {
  readonly enqueue: Enqueue
  readonly self: unknown
  readonly check: (guard: unknown) => boolean
}

type Collect = (args: Args, params: unknown) => void

const collecting = (collect: (args: Collects, params: Params | undefined) => void): unknown => enqueueActions(collect as never)

export const ENQUEUED = {
  decide: collecting(({ context, enqueue, check }, params) => {
    mark('enqueue with params')
    if (params !== undefined) mark(`action params ${params.how}`)
    enqueue({ type: 'add', params: { by: params?.by ?? 1, how: 'constant' } })
    if (check({ type: 'isUnder', params: { by: params?.by ?? 2, how: 'constant' } })) enqueue.emit({ type: 'under', m: context.m })
  }),
}

export function randomEnqueue(draw: Draw): unknown {
  const { chance } = draw
  const guard = randomGuard(draw, 1)
  const parts: readonly Collect[] = [assigning(draw), timing(draw), asking(draw), sending(draw)]
  const [first, second] = [chance.pick(parts), chance.pick(parts)]
  const collect = frail(draw, 'action', 'enqueue', (args, params) => {
    const { enqueue, check } = args as Collects
    mark('check')
    if (check(guard)) first(args, params)
    else second(args, params)
    enqueue('count')
  })
  return enqueueActions(collect as never)
}

/** What follows sees what was assigned; what checks does not. */
function assigning({ chance }: Draw): Collect {
  const by = chance.below(9)
  return (args) => {
    const { enqueue, check } = args as Collects
    enqueue.assign({ n: ({ context }: Args) => context.n + 1, m: ({ context }: Args) => (context.m + by) % 89 })
    if (check('isEven')) enqueue(tell('other', 'two', (({ context }: Args) => ({ type: 'late', m: context.m })) as never))
    else enqueue.emit(({ context }: Args) => ({ type: 'odd', m: context.m, n: context.n }))
    if (by < 3) enqueue.assign(({ context }: Args) => ({ m: check(({ context: checked }: Args) => checked.n % 2 === 0) ? context.m : context.m + 1 }))
    else if (by < 5) enqueue.assign(() => void enqueue('told'))
    else enqueue({ type: 'add', params: ({ context }: Args): Params => ({ by: context.n, how: 'function' }) })
  }
}

function timing({ chance }: Draw): Collect {
  const by = chance.below(9)
  return ({ context, ...rest }) => {
    const { enqueue } = rest as Collects
    if (context.n % 3 === 0) enqueue.raise({ type: 'd', amount: by }, { delay: by < 5 ? by : 'growing', id: 'queued' })
    if (context.n % 3 === 1) enqueue.cancel(({ context: now }: Args) => (now.m % 2 === 0 ? 'queued' : 'later'))
    if (context.n % 5 === 1) enqueue.spawnChild('work', { id: 'spawned0', input: by })
    if (context.n % 5 === 2) enqueue.stopChild('spawned0')
  }
}

/** One enqueued inside another, actions by name and as they are. */
function asking({ chance }: Draw): Collect {
  const by = chance.below(9)
  const inner = collecting(({ context, enqueue, check }) => {
    mark('enqueue nested')
    enqueue(check('isLarge') ? 'announce' : emit({ type: 'inner', n: context.n } as never))
    if (context.n % 7 === by) enqueue('told')
  })
  return (args) => {
    const { enqueue } = args as Collects
    enqueue(assign({ m: by } as never))
    enqueue(inner)
    enqueue({ type: 'later', params: { by, how: 'constant' } })
  }
}

/** Events that the machine takes within the step, right after it, or later. */
function sending({ chance }: Draw): Collect {
  const [type, other] = [chance.pick(['a', 'b', 'x.y']), chance.pick(['c', 'x', 'd'])]
  const isRaised = chance.is(50)
  return (args) => {
    const { event, enqueue, self } = args as Collects
    if (depthOf(event) >= DEPTH_MAX) return
    const next = { type, depth: depthOf(event) + 1, amount: amountOf(event) }
    if (isRaised) enqueue.raise(marking('raise', () => next))
    else enqueue.sendTo(self, marking('send', () => next))
    if (amountOf(event) % 3 === 0) enqueue.sendTo(() => self, { ...next, type: other }, { delay: 5, id: 'sent' })
    else if (amountOf(event) % 3 === 1) enqueue.raise({ ...next, type: other })
  }
}
