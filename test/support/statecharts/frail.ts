// Frail functions: those of a random machine, some of which throw for some contexts and events, and things that are no errors too.
import { StepRefused } from '../../../system/engine/failure.ts'
import { mark, marking } from './meter.ts'
import { amountOf } from './words.ts'
import type { Args, Draw } from './words.ts'

type Place = 'guard' | 'params' | 'assign' | 'action' | 'output'

/** How many of a hundred functions throw at all: places that are met seldom have more of them. */
const PERCENT: Readonly<Record<Place, number>> = { guard: 54, params: 72, assign: 57, action: 17, output: 11 }
const EVERY = 4

const THROWN: readonly ((n: number) => unknown)[] = [
  (n) => new RangeError(`broken at ${n}`),
  (n) => new RangeError(`broken at ${n}`),
  (n) => `a text at ${n}`,
  () => undefined,
  (n) => Object.assign(new TypeError(`a model at ${n}`), { class: 'model' }),
  (n) => Object.assign(new TypeError(`a class that there is not at ${n}`), { class: 'other' }),
  (n) => new StepRefused(`refused at ${n}`),
  (n) => ({ class: 'feature', message: `no error at ${n}` }),
]

/** `run`, which marks `feature`, and in some machines throws in some steps. */
export function frail<Result>({ chance }: Draw, place: Place, feature: string, run: (args: Args, params: unknown) => Result): (args: Args, params?: unknown) => Result {
  const marked = marking(feature, run)
  if (!chance.is(PERCENT[place])) return marked
  const [rest, thrown] = [chance.below(EVERY), chance.pick(THROWN)]
  return (args, params) => {
    const { context, event } = args
    // Machines that cannot begin are met seldom.
    if ((context.n + amountOf(event)) % EVERY !== rest || (event.type === 'xstate.init' && rest > 0)) return marked(args, params)
    mark(`thrown in ${place}`)
    throw thrown(context.n)
  }
}
