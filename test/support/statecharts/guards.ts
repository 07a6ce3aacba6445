// Random guards: inline, named, with params, combined, and about the states that are active.
import { and, not, or, stateIn } from 'xstate'
import { frail } from './frail.ts'
import { mark, marking } from './meter.ts'
import { randomParams } from './params.ts'
import { amountOf, idOf } from './words.ts'
import type { Args, Draw, Params, Shape } from './words.ts'

export const GUARDS = {
  isEven: marking('guard named', ({ context }: Args) => context.n % 2 === 0),
  isLarge: marking('guard named', ({ event }: Args) => amountOf(event) > 4),
  isUnder: marking('guard params', ({ context }: Args, params: Params | undefined) => {
    if (params !== undefined) mark(`guard params ${params.how}`)
    return context.n % 7 < (params?.by ?? 3) + 2
  }),
  isBoth: and(['isEven', 'isLarge']),
  isNeither: not(or(['isEven', { type: 'isUnder', params: { by: 1, how: 'constant' } } as never])),
  isFragile: marking('guard named', ({ context }: Args) => {
    if (context.n % 11 === 7) throw new RangeError(`fragile at ${context.n}`)
    return context.n % 2 === 1
  }),
}

const COMBINED_MAX = 3

/** A guard as it stands in a transition. */
export function randomGuard(draw: Draw, depth = 0): unknown {
  const { chance } = draw
  const several = (): readonly unknown[] => Array.from({ length: 1 + chance.below(COMBINED_MAX) }, () => randomGuard(draw, depth + 1))
  switch (chance.below(depth < 2 ? 15 : 8)) {
    case 0:
    case 1: {
      const [divisor, rest] = [2 + chance.below(3), chance.below(2)]
      return frail(draw, 'guard', 'guard function', ({ context }) => context.n % divisor !== rest)
    }
    case 2:
      return chance.pick(['isEven', 'isLarge', 'isUnder'])
    case 3:
    case 4:
      return randomParams(draw, 'isUnder')
    case 5:
      return stateIn(randomState(draw) as never)
    case 6:
      return stateIn(idOf(chance.pick(draw.shapes)) as never)
    case 7:
      return chance.is(20) ? 'isFragile' : chance.is(30) ? { type: 'isBoth', params: marking('params unused', () => 1) } : chance.pick(['isBoth', 'isNeither'])
    case 8:
    case 9:
      return and(several() as never)
    case 10:
    case 11:
    case 12:
      return or(several() as never)
    default:
      return not(randomGuard(draw, depth + 1) as never)
  }
}

/** The state value that has just this state in it, or its path. */
function randomState({ chance, shapes }: Draw): unknown {
  const shape = chance.pick(shapes)
  if (chance.is(12)) return valueOf(shape, {})
  return chance.is(60) || shape.parent === undefined ? valueOf(shape) : shape.id.split('.').slice(1).join('.')
}

function valueOf({ key, parent }: Shape, below?: unknown): unknown {
  if (parent === undefined) return below ?? {}
  return valueOf(parent, below === undefined ? key : { [key]: below })
}
