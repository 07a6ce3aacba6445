// Flat: a context between turns, as two lists of leaves that live as long as their entity.
//
// A context that each event makes anew and that lives until its entity's next one is what a generational collector is worst at: it is copied twice, then
// collected with all the rest. Laid flat it is written over the one before, and made again when its entity is stepped.
//
// Owns: the shapes of one machine's contexts, and what was last laid while it is not taken.
//
// F1. What is read is deeply equal to what was laid, the order of keys included. Objects and lists are others, of which nobody else knows.
//     A context in which one object stands twice is not laid: whether it does would be lost.
// F2. Only small contexts are laid (FLAT_NUMBERS_MAX, FLAT_OTHERS_MAX), and only as long as most of them have a shape that was met before: at most SHAPES_MAX.
// F3. What cannot be read (a field that throws, a list that holds itself) is not laid, and throws nothing: whoever stores it says what is wrong.
import { FLAT_NUMBERS_MAX, SHAPES_MAX } from '../protocol/limits.ts'
import { Leaves, OTHER, shapeOf, Tray } from './shapes.ts'
import type { Shape } from './shapes.ts'

export interface Flat {
  shape: Shape
  numbers: number[]
  others: readonly unknown[]
}

export const NO_NUMBERS: number[] = Object.freeze([]) as unknown as number[]
export const NO_OTHERS: readonly unknown[] = Object.freeze([])

/** Characters: names of fields may be long. */
const NAME_MAX = 4096

/** After so many contexts it is seen whether most of them had the shape of one before. */
const LOOKED_AT = 256
const STRANGE_MAX = 32
/** Contexts that are not tried then. */
const REST = 16 * LOOKED_AT

export class Flats {
  readonly #shapes = new Map<string, Shape>()
  readonly #tray = new Tray()
  readonly #leaves = new Leaves()
  #last: Shape = OTHER
  #looked = 0
  #strange = 0

  /** Lays a context out, for `take`; its shape is likely this one. Undefined: not this one. */
  lay(context: unknown, likely: Shape = this.#last): Shape | undefined {
    if (this.#looked < 0) {
      this.#looked += 1
      return undefined
    }
    let shape: Shape | undefined
    try {
      shape = this.#laid(context, likely)
    } catch {
      // F3.
    }
    if (this.#looked === LOOKED_AT) this.#judge()
    if (shape !== undefined) this.#last = shape
    return shape
  }

  /** What was laid last replaces what `flat` held. What was read from that stays as it is. */
  take(flat: Flat, shape: Shape): void {
    flat.shape = shape
    flat.numbers = this.#numbers(flat.numbers)
    flat.others = this.#others(flat.others)
  }

  read(flat: Flat): unknown {
    this.#leaves.begin(flat)
    return flat.shape.read(this.#leaves)
  }

  /** The shape in which the context lies on the tray. */
  #laid(context: unknown, likely: Shape): Shape | undefined {
    this.#looked += 1
    if (this.#fits(context, likely)) return likely
    if (likely !== this.#last && this.#fits(context, this.#last)) return this.#last
    this.#strange += 1
    const shape = this.#met(shapeOf(context, { left: FLAT_NUMBERS_MAX }))
    return shape !== undefined && this.#fits(context, shape) ? shape : undefined
  }

  #fits(context: unknown, shape: Shape): boolean {
    this.#tray.begin()
    return shape.lay(context, this.#tray)
  }

  #met(shape: Shape | undefined): Shape | undefined {
    if (shape === undefined || shape.name.length > NAME_MAX) return undefined
    const known = this.#shapes.get(shape.name)
    if (known !== undefined) return known
    if (this.#shapes.size >= SHAPES_MAX) return undefined
    this.#shapes.set(shape.name, shape)
    return shape
  }

  #judge(): void {
    this.#looked = this.#strange > STRANGE_MAX ? -REST : 0
    this.#strange = 0
  }

  /** Written over where as many are there: they have lived long. */
  #numbers(old: number[]): number[] {
    const { numbers, numberCount } = this.#tray
    if (old.length !== numberCount) return numbers.slice(0, numberCount)
    for (let at = 0; at < numberCount; at += 1) old[at] = numbers[at] as number
    return old
  }

  #others(old: readonly unknown[]): readonly unknown[] {
    const { others } = this.#tray
    if (others.length === 0) return NO_OTHERS
    if (old.length !== others.length) return others.slice()
    const list = old as unknown[]
    for (let at = 0; at < others.length; at += 1) if (list[at] !== others[at]) list[at] = others[at]
    return old
  }
}
