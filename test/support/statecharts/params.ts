// Params of named actions and guards, in each of the ways in which they are written.
import { frail } from './frail.ts'
import { amountOf } from './words.ts'
import type { Draw, Params } from './words.ts'

/** The name alone, or with a constant, a function, or a method that looks at what it stands in. */
export function randomParams(draw: Draw, type: string): unknown {
  const { chance } = draw
  const by = 1 + chance.below(6)
  switch (chance.below(8)) {
    case 0:
      return type
    case 1:
    case 2:
      return { type, params: { by, how: 'constant' } satisfies Params }
    case 3:
    case 4:
    case 5:
      return { type, mine: by, params(this: { readonly mine: number }): Params { return { by: this.mine, how: 'method' } } }
    default:
      return { type, params: frail(draw, 'params', 'params', ({ context, event }): Params => ({ by: (context.m + amountOf(event)) % 6, how: 'function' })) }
  }
}
