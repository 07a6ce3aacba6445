// Random guards: inline, named, with params, combined, and about the states that are active.
import { and, not, or, stateIn } from 'xstate'
import { marking } from './meter.ts'
import { amountOf } from './words.ts'
import type { Args, Draw, Shape } from './words.ts'

export const GUARDS = {
  isEven: marking('guard named', ({ context }: Args) => context.n % 2 === 0),
  isLarge: marking('guard named', ({ event }: Args) => amountOf(event) > 4),
  isUnder: marking('guard params', ({ context }: Args, params: unknown) => context.n % 7 < (params as { readonly end: number }).end),
  isBoth: and(['isEven', 'isLarge']),
  isFragile: ({ context }: Args) => {
    if (context.n % 11 === 7) throw new RangeError(`fragile at ${context.n}`)
    return context.n % 2 === 1
  },
}

/** A guard as it stands in a transition. */
export function randomGuard(draw: Draw, depth = 0): unknown {
  const { chance } = draw
  switch (chance.below(depth < 2 ? 12 : 6)) {
    case 0: {
      const [divisor, rest] = [2 + chance.below(3), chance.below(2)]
      return marking('guard function', ({ context }: Args) => context.n % divisor !== rest)
    }
    case 1:
      return chance.pick(['isEven', 'isLarge'])
    case 2:
      return { type: 'isUnder', params: { end: 2 + chance.below(5) } }
    case 3:
      return { type: 'isUnder', params: marking('params function', ({ event }: Args) => ({ end: 2 + amountOf(event) })) }
    case 4:
      return stateIn(chance.is(50) ? `#${chance.pick(draw.shapes).id}` : (valueOf(chance.pick(draw.shapes)) as never))
    case 5:
      return chance.is(20) ? 'isFragile' : 'isBoth'
    case 6:
    case 7:
      return and([randomGuard(draw, depth + 1), randomGuard(draw, depth + 1)] as never)
    case 8:
    case 9:
      return or([randomGuard(draw, depth + 1), randomGuard(draw, depth + 1)] as never)
    default:
      return not(randomGuard(draw, depth + 1) as never)
  }
}

/** The state value that has just this state in it. */
function valueOf({ key, parent }: Shape, below?: unknown): unknown {
  if (parent === undefined) return below ?? {}
  return valueOf(parent, below === undefined ? key : { [key]: below })
}
